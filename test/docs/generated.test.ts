import { readFile, readdir } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { generatedDocs } from '../../bin/generated-docs.js'

const docs = new URL('../../docs/', import.meta.url)
const written = (name: string): Promise<string> => readFile(new URL(name, docs), 'utf8').catch(() => '')

test('what is generated is what the sources say (node bin/docs.js writes it)', async () => {
  const generated = await generatedDocs()
  const stale: string[] = []
  for (const [name, text] of generated) if ((await written(name)) !== text) stale.push(name)
  const gone = (await readdir(new URL('codes/', docs))).filter((name) => !generated.has(`codes/${name}`))
  expect({ stale, gone }).toEqual({ stale: [], gone: [] })
})
