#!/usr/bin/env node
// Writes what is generated in docs/: a page for each code, their index, and the JSON Schema of the file.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import '../test/servers/typescript.js'

const { generatedDocs } = await import('./generated-docs.ts')
const docs = fileURLToPath(new URL('../docs/', import.meta.url))
const files = await generatedDocs()

mkdirSync(`${docs}codes`, { recursive: true })
for (const [name, text] of files) writeFileSync(docs + name, text)
for (const name of readdirSync(`${docs}codes`)) if (!files.has(`codes/${name}`)) rmSync(`${docs}codes/${name}`)
