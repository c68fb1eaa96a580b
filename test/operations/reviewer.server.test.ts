import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Json } from '../../src/kinds/contract.js'
import { refs } from '../../src/kubernetes/index.js'
import { path } from '../../src/vault/index.js'
import { openScenario, pending, states, type Scenario } from './scenario.js'

let scenario: Scenario

beforeEach(async () => {
  scenario = await openScenario()
})
afterEach(() => scenario.close())

type Auth = Parameters<Scenario['base']>[0]

/** A login takes the reviewer's token: without it Vault would ask as the workload, which may not. */
function file({ id, base }: Scenario, auth?: Auth) {
  return {
    ...base(auth),
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    roles: { app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault', tokenTTL: '1m' } },
  }
}

async function logsIn({ verify, id }: Scenario): Promise<boolean> {
  const { probes } = (await verify({ positiveOnly: true })).verify
  const login = probes.find(({ name }) => name === `demo: ${id}-app/app as app: logs in`)
  return login?.verdict === 'passed'
}

const reviewer = (id: string, token: 'secret' | 'bound', expiration?: string) => ({
  namespace: `${id}-auth`,
  serviceAccount: 'reviewer',
  token,
  ...(expiration !== undefined && { expiration }),
})

const markers = async ({ cluster, id }: Scenario): Promise<string[]> => {
  const all = await cluster.list(refs.secret(`${id}-auth`, ''))
  return all.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('reviewer-bound'))
}

async function setMark(to: Scenario, change: Record<string, string>): Promise<void> {
  const { objects, ...rest } = await to.inventory()
  const address = `vault:auth/${to.id}/config` as const
  const mark = { ...(objects[address]?.mark as Record<string, string>), ...change } as Json
  await to.setInventory({ ...rest, objects: { ...objects, [address]: { kind: 'AuthConfig', mark } } })
}

test('changing one field of the config keeps the reviewer’s token: the login works before and after', async () => {
  scenario.write(file(scenario))
  await scenario.apply({ verify: 'changed' })
  expect(await logsIn(scenario)).toBe(true)

  scenario.write(file(scenario, { issuer: 'https://elsewhere.example.com' }))
  expect(states(await scenario.apply())).toEqual({ [`vault:auth/${scenario.id}/config`]: 'done' })
  expect(await logsIn(scenario)).toBe(true)
})

test('a role that is changed in one field keeps its selector', async () => {
  const { id, vault } = scenario
  const namespaceSelector = { matchLabels: { team: 'a' } }
  const plain = file(scenario)
  scenario.write({ ...plain, roles: { app: { ...plain.roles.app, namespaceSelector } } })
  await scenario.apply()
  scenario.write({ ...plain, roles: { app: { ...plain.roles.app, namespaceSelector, tokenTTL: '2m' } } })
  await scenario.apply()
  expect((await vault.read(path`auth/${id}/role/app`))?.data).toMatchObject({
    bound_service_account_namespace_selector: '{"matchLabels":{"team":"a"}}',
    token_ttl: 120,
  })
})

test('a token that Vault lost, or whose Secret was made anew, is written again', async () => {
  const { id, vault, cluster } = scenario
  scenario.write(file(scenario))
  await scenario.apply()
  const { data } = (await vault.read(path`auth/${id}/config`))!
  const { kubernetes_host, kubernetes_ca_cert, disable_local_ca_jwt } = data
  await vault.write(path`auth/${id}/config`, {
    kubernetes_host: String(kubernetes_host),
    kubernetes_ca_cert: String(kubernetes_ca_cert),
    disable_local_ca_jwt: disable_local_ca_jwt === true,
  })
  expect(await logsIn(scenario)).toBe(false)
  expect(await whyToken()).toBe('Vault holds no reviewer token')
  await scenario.apply()
  expect(await logsIn(scenario)).toBe(true)

  await cluster.delete(refs.secret(`${id}-auth`, 'reviewer-token'))
  expect(pending(await scenario.plan())).toEqual({
    [`k8s:demo:Secret/${id}-auth/reviewer-token`]: 'create',
    [`vault:auth/${id}/config`]: 'update',
  })
  expect(await whyToken()).toBe('its Secret was made anew')
  await scenario.apply()
  expect(pending(await scenario.plan())).toEqual({})
  expect(await logsIn(scenario)).toBe(true)
})

async function whyToken(): Promise<string | undefined> {
  const { objects } = (await scenario.plan()).plan
  const config = objects.find(({ kind }) => kind === 'AuthConfig')
  return config?.changes.find(({ field }) => field === 'tokenReviewerJWT')?.why
}

test('a bound token is tied to a Secret, says when it ends, and is renewed when a third of its life is left', async () => {
  const { id } = scenario
  scenario.write(file(scenario, { reviewer: reviewer(id, 'bound', '1h') }))
  await scenario.apply()
  expect(await logsIn(scenario)).toBe(true)
  const [first, ...others] = await markers(scenario)
  expect(others).toEqual([])
  const notes = scenario.events.filter((event) => event.type === 'note')
  expect(notes).toEqual([
    expect.objectContaining({
      level: 'warning',
      address: `vault:auth/${id}/config`,
      text: expect.stringMatching(/^The reviewer's token expires at 20..-.*\. Run apply again before then/),
    }),
  ])
  expect(pending(await scenario.plan())).toEqual({})

  const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString()
  await setMark(scenario, { issuedAt: at(-39), expiresAt: at(21) })
  expect(pending(await scenario.plan())).toEqual({})
  // Nothing is fake but the times of the record.
  await setMark(scenario, { issuedAt: at(-41), expiresAt: at(19) })
  expect(await whyToken()).toMatch(/^it expires at /)
  await scenario.apply()
  expect(pending(await scenario.plan())).toEqual({})
  const now = await markers(scenario)
  expect(now).toHaveLength(1)
  expect(now).not.toContain(first)
  expect(await logsIn(scenario)).toBe(true)
})

test('from one mode to the other and back: the token is written, and bound tokens that are not used any more end', async () => {
  const { id } = scenario
  for (const token of ['secret', 'bound', 'secret'] as const) {
    scenario.write(file(scenario, { reviewer: reviewer(id, token) }))
    await scenario.apply()
    expect(pending(await scenario.plan())).toEqual({})
    expect(await markers(scenario)).toHaveLength(token === 'bound' ? 1 : 0)
    expect(await logsIn(scenario)).toBe(true)
  }
})
