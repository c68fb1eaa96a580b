#!/usr/bin/env node
// Writes what is generated in docs/: a page for each code, the reference, the tables of variables, and the JSON Schema of the file.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import '../test/servers/typescript.js'

const { generatedDocs, GENERATED_FOLDERS } = await import('./generated-docs.ts')
const docs = fileURLToPath(new URL('../docs/', import.meta.url))
const files = await generatedDocs()

for (const folder of GENERATED_FOLDERS) mkdirSync(docs + folder, { recursive: true })
for (const [name, text] of files) writeFileSync(docs + name, text)
for (const folder of GENERATED_FOLDERS) {
  for (const name of readdirSync(docs + folder)) if (!files.has(`${folder}/${name}`)) rmSync(`${docs}${folder}/${name}`)
}
