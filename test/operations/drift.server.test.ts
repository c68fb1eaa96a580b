import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { driftExit } from '../../src/commands/base/exit-code.js'
import { drift } from '../../src/operations/drift.js'
import { refs } from '../../src/kubernetes/objects.js'
import { path } from '../../src/vault/index.js'
import { openScenario, pending, type Scenario } from './scenario.js'

let one: Scenario
beforeAll(async () => {
  one = await openScenario()
  one.write({
    ...one.base(),
    namespaces: { [`${one.id}-app`]: {} },
    serviceAccounts: [`${one.id}-app/app`],
    roles: { app: { serviceAccounts: ['app'], namespaces: [`${one.id}-app`], audience: 'vault' } },
  })
  await one.apply()
})
afterAll(() => one.close())

const look = (prove = true) =>
  drift({ file: one.file, emit: () => undefined, stop: new AbortController().signal, prove })
const failed = ({ verify }: Awaited<ReturnType<typeof look>>) =>
  verify?.probes.filter(({ verdict }) => verdict === 'failed').map(({ name }) => name)

test('right after an apply nothing has drifted', async () => {
  const result = await look()
  expect([pending(result), failed(result), driftExit(result, true)]).toEqual([{}, [], 0])
})

test('what was changed by hand is found, and only looked at', async () => {
  const role = path`auth/${one.id}/role/app`
  await one.vault.write(role, { token_ttl: 77 })
  const result = await look(false)
  expect(pending(result)).toEqual({ [`vault:auth/${one.id}/role/app`]: 'update' })
  expect([driftExit(result, true), driftExit(result, false)]).toEqual([3, 0])
  expect((await one.vault.read(role))?.data['token_ttl']).toBe(77)
  await one.apply()
})

test('a binding that somebody removed is missed, and the login that fails without it, too', async () => {
  const binding = refs.clusterRoleBinding(`icebreaker:${one.id}-auth:reviewer`)
  await one.cluster.delete(binding)
  const result = await look()
  expect(Object.keys(pending(result))).toEqual([`k8s:demo:ClusterRoleBinding/${binding.name}`])
  expect(failed(result)?.some((name) => name.endsWith('logs in'))).toBe(true)
  expect(driftExit(result, true)).toBe(3)
  await one.apply()
  expect(driftExit(await look(), true)).toBe(0)
})

test('a reviewer token that somebody replaced in Vault shows by use alone', async () => {
  const config = path`auth/${one.id}/config`
  const data: Readonly<Record<string, unknown>> = (await one.vault.read(config))?.data ?? {}
  const kept = Object.fromEntries(
    ['kubernetes_host', 'kubernetes_ca_cert', 'disable_local_ca_jwt'].map((name) => [name, data[name] as string]),
  )
  const { token } = await one.cluster.requestToken({
    namespace: `${one.id}-app`,
    serviceAccount: 'app',
    audiences: [],
    expirationSeconds: 600,
  })
  await one.vault.write(config, { ...kept, token_reviewer_jwt: token })
  const result = await look()
  expect(pending(result)).toEqual({})
  expect(failed(result)?.some((name) => name.endsWith('logs in'))).toBe(true)
  expect(driftExit(result, true)).toBe(3)
})
