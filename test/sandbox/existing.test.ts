import { afterAll, expect, test } from '@jest/globals'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { env, up } from '../../src/sandbox/index.js'
import { listener, removeStateHome, silent, useOwnStateHome } from './state-home.js'

const home = useOwnStateHome()
afterAll(() => removeStateHome(home))
const signal = new AbortController().signal

const kubeconfig = join(home, 'kubeconfig')
const another = join(home, 'another')
const config = (name: string) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Config', contexts: [{ name, context: { cluster: 'c', user: 'u' } }] })
writeFileSync(kubeconfig, config('kind-one'))
writeFileSync(another, config('kind-two'))

test('a context that is not there is ICE6003, and nothing is made', async () => {
  const attempt = up({
    name: 'ctx',
    context: 'kind-three',
    kubeconfig: [kubeconfig, another].join(delimiter),
    emit: silent,
    signal,
  })
  await expect(attempt).rejects.toMatchObject({
    code: 'ICE6003',
    exitCode: 2,
    details: { evidence: { contexts: 'kind-one, kind-two' } },
  })
  expect(existsSync(join(home, 'icebreaker', 'sandbox', 'ctx'))).toBe(false)
})

test('an existing cluster is used as it is: only Vault and PostgreSQL are started', async () => {
  const { emit } = listener()
  const files = [kubeconfig, another].join(delimiter)
  const state = await up({ name: 'ctx', context: 'kind-two', kubeconfig: files, emit, signal })
  expect(state.started).toEqual(['vault', 'postgres'])
  expect(state.context).toBe('kind-two')
  expect(env({ name: 'ctx' })['KUBECONFIG']).toBe(files)
  expect(readFileSync(state.file, 'utf8')).toContain('context: "kind-two"')

  // The cluster is remembered, and another one is refused.
  expect((await up({ name: 'ctx', emit, signal })).context).toBe('kind-two')
  const other = up({ name: 'ctx', context: 'kind-one', kubeconfig: files, emit, signal })
  await expect(other).rejects.toMatchObject({ code: 'ICE6004', exitCode: 2 })
})
