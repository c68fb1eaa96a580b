import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { APPLY } from '../../src/catalogue/index.js'
import type { Json } from '../../src/kinds/contract.js'
import { refs } from '../../src/kubernetes/index.js'
import { reviewerState } from '../../src/operations/reviewer-state.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { startCluster } from '../servers/extra.js'
import { loginsWhile } from './logins.js'
import { configOf, markersOf, markOf, rotateNow, rotating } from './rotation.js'
import { expectSoon, openScenario, pending, type Scenario } from './scenario.js'

let scenario: Scenario

beforeEach(async () => {
  scenario = await openScenario()
})
afterEach(() => scenario.close())

const as = (id: string) => `system:serviceaccount:${id}-auth:reviewer`

describe('50 logins a second, and none of them is refused', () => {
  test('while a bound token is rotated', async () => {
    const { id } = scenario
    scenario.write(rotating(scenario, 'bound'))
    await scenario.apply({ verify: 'changed' })
    const [first] = await markersOf(scenario)
    const before = await configOf(scenario)

    const { value, logins } = await loginsWhile(scenario, { atLeast: 3, atMost: 30 }, () => rotateNow(scenario))
    expect(logins.refused).toEqual([])
    // A busy machine manages fewer than fifty a second.
    expect(logins.done).toBeGreaterThanOrEqual(25)

    expect(value).toMatchObject({
      operation: 'reviewer rotate',
      cluster: 'demo',
      mount: id,
      mode: 'bound',
      rotated: true,
      reason: 'it was asked for',
      asked: 86_400,
      ended: [`${id}-auth/${first!}`],
      left: [],
      interrupted: false,
    })
    expect(value.proofs).toEqual([
      'the API server lets its holder ask about tokens',
      `Vault asks as ${as(id)}, by way of a scratch mount`,
      'the rest of the config is as it was',
      `Vault asks as ${as(id)}, by way of auth/${id}`,
      `Vault asks as ${as(id)}, by way of auth/${id}, when nothing was remembered any more`,
      `Vault asks as ${as(id)}, by way of auth/${id}, without the old token`,
    ])
    const [second, ...others] = await markersOf(scenario)
    expect([others, second === first]).toEqual([[], false])
    expect(await markOf(scenario)).toMatchObject({
      boundTo: second,
      expiresAt: value.expiresAt,
      reviewer: `${id}-auth/reviewer`,
    })
    expect(await configOf(scenario)).toEqual(before)
    expect(pending(await scenario.plan())).toEqual({})
    await expectNoScratch()
  })

  test('while a long-lived token is rotated: another Secret has another token', async () => {
    const { id, cluster } = scenario
    scenario.write(rotating(scenario, 'secret'))
    await scenario.apply({ verify: 'changed' })
    const token = (name: string) => cluster.readSecret(`${id}-auth`, name, 'token')
    const old = Secret.reveal((await token('reviewer-token'))!)

    const { value, logins } = await loginsWhile(scenario, { atLeast: 3, atMost: 30 }, () => rotateNow(scenario))
    expect(logins.refused).toEqual([])
    // A busy machine manages fewer than fifty a second.
    expect(logins.done).toBeGreaterThanOrEqual(25)

    expect(value).toMatchObject({ mode: 'secret', rotated: true, ended: [`${id}-auth/reviewer-token`], left: [] })
    expect(value.expiresAt).toBeUndefined()
    const [name, ...others] = await tokenSecretsOf()
    expect([others, name]).toEqual([[], expect.stringMatching(/^reviewer-token-[0-9a-f]{8}$/)])
    expect(Secret.reveal((await token(name!))!)).not.toBe(old)
    expect(await markOf(scenario)).toMatchObject({ reviewerToken: 'secret', tokenSecret: name })
    // The old name would give the old token again: Kubernetes computes it.
    expect(pending(await scenario.plan())).toEqual({})
    await expectNoScratch()
  })
})

async function tokenSecretsOf(): Promise<string[]> {
  const all = await scenario.cluster.list(refs.secret(`${scenario.id}-auth`, ''))
  return all.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('reviewer-token'))
}

test('the name of the Secret that a rotation has chosen stays, whatever the mode is meanwhile', async () => {
  const { id } = scenario
  scenario.write(rotating(scenario, 'secret'))
  await scenario.apply()
  await rotateNow(scenario)
  const [name] = await tokenSecretsOf()
  for (const token of ['bound', 'secret'] as const) {
    scenario.write(rotating(scenario, token))
    await scenario.apply()
    expect(pending(await scenario.plan())).toEqual({})
  }
  expect(await tokenSecretsOf()).toEqual([name])
  await scenario.cluster.delete(refs.secret(`${id}-auth`, name!))
  expect(pending(await scenario.plan())).toMatchObject({ [`k8s:demo:Secret/${id}-auth/${name!}`]: 'create' })
  const state = await reviewerState(scenario.cluster, {
    namespace: `${id}-auth`,
    serviceAccount: 'reviewer',
    token: 'secret',
  })
  expect(state.missing).toEqual([expect.stringContaining('Secret')])
  await scenario.apply()
  expect(
    await reviewerState(scenario.cluster, { namespace: `${id}-auth`, serviceAccount: 'reviewer', token: 'secret' }),
  ).toMatchObject({
    missing: [],
    secret: { name },
  })
})

async function expectNoScratch(): Promise<void> {
  const { vault, id } = scenario
  const roles = await vault.list(path`auth/${id}/role`)
  expect(roles).toEqual(['app'])
}

describe('only when it is due', () => {
  const hours = (count: number): string => new Date(Date.now() + count * 3_600_000).toISOString()

  async function setExpiry(expiresAt: string | undefined): Promise<void> {
    const { objects, ...rest } = await scenario.inventory()
    const address = `vault:auth/${scenario.id}/config` as const
    const { expiresAt: _old, ...mark } = objects[address]?.mark as Record<string, string>
    const changed = { ...mark, ...(expiresAt !== undefined && { expiresAt }) } as Json
    await scenario.setInventory({
      ...rest,
      objects: { ...objects, [address]: { ...objects[address]!, mark: changed } },
    })
  }

  test('a bound token that expires later stays, and nothing at all is written; one that expires before goes', async () => {
    scenario.write(rotating(scenario, 'bound'))
    await scenario.apply()
    const [first] = await markersOf(scenario)
    const within = 6 * 3600
    // Nothing is fake but the time of the record.
    await setExpiry(hours(7))
    const version = async () =>
      (await scenario.cluster.get(refs.configMap(`${scenario.id}-auth`, `icebreaker-${scenario.id}`)))!
    const recorded = (await version()).metadata.resourceVersion
    const later = await rotateNow(scenario, { ifExpiresWithin: within })
    expect(later).toMatchObject({ rotated: false, isDue: false, proofs: [], ended: [] })
    expect(later.reason).toMatch(/^the token is good until /)
    expect(await markersOf(scenario)).toEqual([first])
    expect((await version()).metadata.resourceVersion).toBe(recorded)

    await setExpiry(hours(5))
    const dry = await rotateNow(scenario, { ifExpiresWithin: within, dryRun: true })
    expect(dry).toMatchObject({ rotated: false, isDue: true, dryRun: true, proofs: [] })
    expect(await markersOf(scenario)).toEqual([first])
    expect(await rotateNow(scenario, { ifExpiresWithin: within })).toMatchObject({ rotated: true, isDue: true })
    expect(await markersOf(scenario)).not.toContain(first)

    await setExpiry(undefined)
    expect(await rotateNow(scenario, { ifExpiresWithin: within, dryRun: true })).toMatchObject({
      isDue: true,
      reason: 'it is not recorded when the token expires',
    })
  })

  test('a long-lived token does not expire', async () => {
    scenario.write(rotating(scenario, 'secret'))
    await scenario.apply()
    expect(await rotateNow(scenario, { ifExpiresWithin: 3600 })).toMatchObject({
      rotated: false,
      reason: 'the token of a Secret does not expire',
    })
  })
})

test('what the cluster granted counts, not what was asked for', async () => {
  const capped = await startCluster({ args: ['--service-account-max-token-expiration=1h'] })
  try {
    const place = { kubeconfig: capped.kubeconfig, context: capped.context }
    scenario.write(rotating(scenario, 'bound', { place }))
    await scenario.apply()
    const result = await rotateNow(scenario)
    expect(result).toMatchObject({ rotated: true, asked: 86_400 })
    expect(result.granted).toBeGreaterThan(3500)
    expect(result.granted).toBeLessThanOrEqual(3600)
    expect(await rotateNow(scenario, { ifExpiresWithin: 3700, dryRun: true })).toMatchObject({ isDue: true })
    expect(await rotateNow(scenario, { ifExpiresWithin: 3000, dryRun: true })).toMatchObject({ isDue: false })
  } finally {
    await capped.stop()
  }
})

test('every field of the config stays as it is, also what the file does not say', async () => {
  const { id, vault } = scenario
  scenario.write(
    rotating(scenario, 'bound', {
      auth: { pemKeys: await scenario.cluster.tokenKeys(), issuer: 'https://a.example.com' },
    }),
  )
  await scenario.apply()
  const { token_reviewer_jwt_set: _set, ...whole } = (await configOf(scenario))! as Record<string, string>
  const { token } = await scenario.cluster.requestToken({
    ...{ namespace: `${id}-auth`, serviceAccount: 'reviewer', audiences: [], expirationSeconds: 600 },
  })
  const byHand = { ...whole, issuer: 'https://by-hand.example.com', token_reviewer_jwt: token }
  await vault.write(path`auth/${id}/config`, byHand)
  await rotateNow(scenario)
  expect(await configOf(scenario)).toEqual({
    ...whole,
    issuer: 'https://by-hand.example.com',
    token_reviewer_jwt_set: true,
  })
})

test('what does not prove good Vault does not get, and nothing is left of it', async () => {
  const { id, cluster } = scenario
  scenario.write(rotating(scenario, 'bound'))
  await scenario.apply()
  const [first] = await markersOf(scenario)
  const before = await markOf(scenario)
  await cluster.delete(refs.clusterRoleBinding(`icebreaker:${id}-auth:reviewer`))
  // The API server's own view of bindings follows a moment later.
  await expectSoon(async () =>
    expect(
      await rotateNow(scenario).then(
        () => undefined,
        (error: unknown) => error,
      ),
    ).toMatchObject({
      code: APPLY.tokenUnproven.code,
      message: expect.stringMatching(/system:auth-delegator\. Vault did not get it\.$/),
    }),
  )
  await scenario.apply()
  const markers = await markersOf(scenario)
  if (markers.length === 1 && markers[0] === first) expect(await markOf(scenario)).toEqual(before)
  expect(markers).toHaveLength(1)
})

test('an address that leads nowhere: a scratch mount tells, and the real one keeps its token', async () => {
  const { id, vault } = scenario
  scenario.write(rotating(scenario, 'bound'))
  await scenario.apply()
  const [first] = await markersOf(scenario)
  const { token_reviewer_jwt_set: _set, ...whole } = (await configOf(scenario))! as Record<string, string>
  await vault.write(path`auth/${id}/config`, {
    ...whole,
    kubernetes_host: 'https://127.0.0.1:1',
    token_reviewer_jwt: 'x',
  })
  await expect(rotateNow(scenario)).rejects.toMatchObject({
    code: APPLY.tokenUnproven.code,
    message: expect.stringMatching(/by way of a scratch mount: .*connection refused.*Vault did not get it\.$/),
  })
  expect(await configOf(scenario)).toMatchObject({ kubernetes_host: 'https://127.0.0.1:1' })
  expect(await markersOf(scenario)).toEqual([first])
})

test('stopped while it waits: Vault has the new token, the old one is good, and the next run ends both ways', async () => {
  scenario.write(rotating(scenario, 'bound'))
  await scenario.apply()
  const stopping = new AbortController()
  const stopped = await rotateNow(scenario, {
    cacheSeconds: 30,
    stop: stopping.signal,
    emit: (event) => {
      if (event.type === 'step' && event.title === 'Prove it' && event.state === 'started')
        setTimeout(() => stopping.abort(), 500)
    },
  })
  expect(stopped).toMatchObject({ rotated: true, interrupted: true, ended: [] })
  expect(stopped.left).toEqual(['the token that Vault had before'])
  const markers = await markersOf(scenario)
  expect(markers).toHaveLength(2)
  expect(markers).toContain((await markOf(scenario))['boundTo'])

  expect(await rotateNow(scenario)).toMatchObject({ rotated: true, left: [] })
  const [last, ...others] = await markersOf(scenario)
  expect([others, markers.includes(last!)]).toEqual([[], false])
})

test('a rotation of a long-lived token that was stopped is finished by the next', async () => {
  scenario.write(rotating(scenario, 'secret'))
  await scenario.apply()
  const stopping = new AbortController()
  const stopped = await rotateNow(scenario, {
    cacheSeconds: 30,
    stop: stopping.signal,
    emit: (event) => {
      if (event.type === 'step' && event.title === 'Prove it' && event.state === 'started')
        setTimeout(() => stopping.abort(), 500)
    },
  })
  expect(stopped).toMatchObject({ rotated: true, interrupted: true, ended: [] })
  expect(await tokenSecretsOf()).toHaveLength(2)
  expect(pending(await scenario.plan())).toEqual({})
  expect((await rotateNow(scenario)).ended).toHaveLength(2)
  expect(await tokenSecretsOf()).toEqual([(await markOf(scenario))['tokenSecret']])
})

describe('is refused', () => {
  const refused = (more = {}) =>
    rotateNow(scenario, more).then(
      () => undefined,
      (error: unknown) => error as { code: string; exitCode: number },
    )

  test('what is on no record, of this file or on this Vault', async () => {
    scenario.write(rotating(scenario, 'bound'))
    await scenario.apply()
    const { objects, ...rest } = await scenario.inventory()
    const others = Object.entries(objects).filter(([, { kind }]) => kind !== 'AuthConfig')
    await scenario.setInventory({ ...rest, objects: Object.fromEntries(others) })
    expect(await refused()).toMatchObject({ code: APPLY.notOurs.code, exitCode: 8 })

    const mount = `vault:sys/auth/${scenario.id}` as const
    const elsewhere = { ...rest, vault: 'https://elsewhere.example.com:8200' }
    await scenario.setInventory({ ...elsewhere, objects })
    expect(await refused({ dryRun: true })).toBeUndefined()
    const stranger = { ...objects[mount]!, mark: { accessor: 'another' } }
    await scenario.setInventory({ ...elsewhere, objects: { ...objects, [mount]: stranger } })
    expect(await refused()).toMatchObject({ code: APPLY.notOurs.code })
  })

  test('where Vault has no token of a reviewer', async () => {
    const { id, cluster } = scenario
    const plain = rotating(scenario, 'secret')
    const { demo } = plain.clusters
    const audience = (await cluster.tokenIssuer())!.issuer
    scenario.write({
      ...plain,
      inventory: { namespace: `${id}-auth` },
      namespaces: { ...plain.namespaces, [`${id}-auth`]: {} },
      clusters: { demo: { ...demo!, auth: { path: id, reviewer: { token: 'client' } } } },
      roles: { app: { ...plain.roles!['app']!, audience } },
    })
    await scenario.apply()
    expect(await refused()).toMatchObject({ code: APPLY.nothingToRotate.code, exitCode: 2 })
  })
})
