import { readFile, readdir } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { GENERATED_FOLDERS, generatedDocs } from '../../bin/generated-docs.js'

const docs = new URL('../../docs/', import.meta.url)
const written = (name: string): Promise<string> => readFile(new URL(name, docs), 'utf8').catch(() => '')

test('what is generated is what the sources say (node bin/docs.js writes it)', async () => {
  const generated = await generatedDocs()
  const stale: string[] = []
  for (const [name, text] of generated) if ((await written(name)) !== text) stale.push(name)
  const there = await Promise.all(
    GENERATED_FOLDERS.map(async (folder) => {
      const names = await readdir(new URL(`${folder}/`, docs))
      return names.map((name) => `${folder}/${name}`)
    }),
  )
  const gone = there.flat().filter((name) => !generated.has(name))
  expect({ stale, gone }).toEqual({ stale: [], gone: [] })
  // TypeScript reads all sources for it.
}, 180_000)
