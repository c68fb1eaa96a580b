import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { isIceError } from '../../src/catalogue/index.js'
import { createResolver, Secret, type SecretSource } from '../../src/secrets/index.js'
import type { ResolverOptions } from '../../src/secrets/resolve.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-secrets-'))
  writeFileSync(join(folder, 'password'), ' hunter2 \n\n')
  writeFileSync(join(folder, 'windows'), 'hunter2\r\n')
  writeFileSync(join(folder, 'blank'), '\n')
  mkdirSync(join(folder, 'folder'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function resolver(options: Partial<ResolverOptions> = {}) {
  return createResolver({
    env: { PGPASSWORD: 'from-env', EMPTY: '' },
    baseDir: folder,
    readKubernetesSecret: async () => undefined,
    ...options,
  })
}

async function reveal(source: SecretSource, options?: Partial<ResolverOptions>): Promise<string> {
  const value = await resolver(options).resolve(source)
  if (typeof value === 'string') throw new Error('it came in the open')
  return Secret.reveal(value)
}

test('each source gives its value', async () => {
  expect(await reveal({ env: 'PGPASSWORD' })).toBe('from-env')
  expect(await reveal({ file: 'password' })).toBe(' hunter2 \n')
  expect(await reveal({ file: join(folder, 'windows') })).toBe('hunter2')
  expect(await reveal({ prompt: 'Password?' }, { prompt: async (question) => `answer to ${question}` })).toBe(
    'answer to Password?',
  )
  expect(await resolver().resolve({ literal: 'app' })).toBe('app')
})

test('a Kubernetes Secret is read by namespace, name and key', async () => {
  const asked: unknown[] = []
  const readKubernetesSecret: ResolverOptions['readKubernetesSecret'] = async (...question) => {
    asked.push(question)
    return new Secret('from-cluster')
  }
  const source = { kubernetes: { secret: 'app/db', key: 'password', cluster: 'demo' } }
  expect(await reveal(source, { readKubernetesSecret })).toBe('from-cluster')
  expect(asked).toEqual([['demo', 'app', 'db', 'password']])
})

test('generated values have the length asked for, of letters and digits, and are new at every call', async () => {
  const generate = resolver()
  const values = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const value = await generate.resolve({ generate: { length: 40 } })
      return Secret.reveal(value as Secret)
    }),
  )
  expect(new Set(values).size).toBe(50)
  for (const value of values) expect(value).toMatch(/^[A-Za-z0-9]{40}$/)
  // 2,000 draws of 62: that one is missing has the chance of 62 × (61/62)^2000, below one in 10^12
  expect(new Set(values.join('')).size).toBe(62)
})

test.each<[string, SecretSource, string, string, number]>([
  ['unset', { env: 'NONE' }, 'ICE1020', 'The environment variable NONE is not set.', 2],
  ['empty', { env: 'EMPTY' }, 'ICE1020', 'The environment variable EMPTY is empty.', 2],
  ['inherited', { env: 'toString' }, 'ICE1020', 'The environment variable toString is not set.', 2],
  ['no file', { file: 'none' }, 'ICE1021', 'The secret file FOLDER/none does not exist.', 2],
  ['a folder', { file: 'folder' }, 'ICE1021', 'The secret file FOLDER/folder is a directory.', 2],
  ['an empty file', { file: 'blank' }, 'ICE1021', 'The secret file FOLDER/blank is empty.', 2],
  ['no terminal', { prompt: 'Who?' }, 'ICE1022', 'The file asks for "Who?", but there is no terminal to ask at.', 2],
  [
    'no Secret',
    { kubernetes: { secret: 'app/db', key: 'pw', cluster: 'demo' } },
    'ICE1023',
    'There is no key "pw" in the Secret app/db of cluster demo.',
    1,
  ],
])('%s', async (_name, source, code, message, exit) => {
  const error: unknown = await resolver()
    .resolve(source)
    .catch((thrown: unknown) => thrown)
  if (!isIceError(error)) throw new Error('it was not refused')
  expect([error.code, error.message.replace(folder, 'FOLDER'), error.exitCode]).toEqual([code, message, exit])
})

test('off a terminal it says what to use instead', async () => {
  const error: unknown = await resolver()
    .resolve({ prompt: 'Who?' })
    .catch((thrown: unknown) => thrown)
  expect(isIceError(error) && error.next.join()).toMatch(/`env` or `file` instead of `prompt`/)
})

test('an empty answer is refused', async () => {
  await expect(reveal({ prompt: 'Who?' }, { prompt: async () => '' })).rejects.toThrow(
    'The answer to "Who?" was empty.',
  )
})

test('the same source is asked for once, also side by side; questions come one at a time', async () => {
  let open = 0
  const asked: string[] = []
  const prompt = async (question: string) => {
    expect(++open).toBe(1)
    asked.push(question)
    await new Promise((resolve) => setTimeout(resolve, 5))
    open--
    return `${question}!`
  }
  const one = resolver({ prompt })
  const values = await Promise.all(['a', 'b', 'a'].map((question) => one.resolve({ prompt: question })))
  expect(values[0]).toBe(values[2])
  expect(asked).toEqual(['a', 'b'])
})

test('a question that fails does not keep the next from being asked', async () => {
  const one = resolver({
    prompt: async (question) => {
      if (question === 'a') throw new Error('interrupted')
      return 'x'
    },
  })
  const [a, b] = await Promise.allSettled([one.resolve({ prompt: 'a' }), one.resolve({ prompt: 'b' })])
  expect([a.status, b.status]).toEqual(['rejected', 'fulfilled'])
})
