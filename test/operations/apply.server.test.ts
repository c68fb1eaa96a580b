import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { applyExit } from '../../src/commands/base/exit-code.js'
import { refs } from '../../src/kubernetes/index.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { beforeKubernetes, beforeVault, type Recorded, type Recorder } from './recorder.js'
import { openScenario, pending, refusal, states, type Scenario } from './scenario.js'

let scenario: Scenario
let inner: Scenario
let vault: Recorder
let kubernetes: Recorder

/** The scenario goes through recorders; `inner` is the same without them. */
beforeEach(async () => {
  inner = await openScenario()
  vault = await beforeVault(inner.folder)
  const cluster = await beforeKubernetes(inner.folder)
  kubernetes = cluster
  scenario = await openScenario({
    id: inner.id,
    vaultAddress: vault.address,
    vaultCaFile: vault.caFile,
    kubeconfig: cluster.kubeconfig,
  })
})

afterEach(async () => {
  delete process.env['VAULT_MAX_RETRIES']
  await Promise.all([vault.close(), kubernetes.close()])
  await scenario.closeClients()
  await inner.close()
})

interface Grants {
  readonly [policy: string]: readonly string[]
}

function file({ id, base }: Scenario, policies: Grants = { a: ['a'] }, role: object = {}) {
  const plain = base()
  return {
    ...plain,
    clusters: {
      demo: {
        ...plain.clusters['demo']!,
        apiServer: servers().apiServer,
        apiServerCA: { file: servers().apiServerCA },
      },
    },
    namespaces: { [`${id}-app`]: {} },
    engines: {
      [`${id}-kv`]: { type: 'kv' as const, secrets: { app: { key: { generate: {} } } } },
      [`${id}-v1`]: { type: 'kv' as const, version: 1 as const, secrets: { app: { key: { generate: {} } } } },
    },
    policies: Object.fromEntries(
      Object.entries(policies).map(([name, paths]) => [
        `${id}-${name}`,
        { grants: paths.map((each) => `read kv ${id}-kv/${each}`) },
      ]),
    ),
    roles: {
      app: {
        serviceAccounts: ['app'],
        namespaces: [`${id}-app`],
        audience: 'vault',
        policies: Object.keys(policies).map((name) => `${id}-${name}`),
        ...role,
      },
    },
  }
}

const isLease = ({ path: at }: Recorded): boolean => at.includes('/leases')
const shown = ({ method, path: at }: Recorded): string => `${method} ${at.replace(/\?.*/, '')}`

test('a plan, a dry run and an apply of what is so already write nothing, not even a lease', async () => {
  scenario.write(file(scenario))
  await scenario.plan()
  expect((await scenario.apply({ dryRun: true })).outcomes).toEqual([])
  expect([...vault.writes(), ...kubernetes.writes()]).toEqual([])
  await scenario.apply()
  vault.requests.length = 0
  kubernetes.requests.length = 0
  await scenario.apply()
  await scenario.plan()
  expect([...vault.writes(), ...kubernetes.writes()].map(shown)).toEqual([])
})

test('nothing is asked for twice, and nothing is written twice', async () => {
  scenario.write(file(scenario))
  await scenario.apply()
  const twice = (recorder: Recorder, is: (request: Recorded) => boolean) => {
    const seen = recorder.requests.filter(is).map(shown)
    return seen.filter((one, index) => seen.indexOf(one) !== index)
  }
  // The mount's accessor is read back, and a KV engine of version 2 is asked until it is ready.
  const known = /GET \/v1\/sys\/(auth|mounts)$|-kv\/config$/
  expect(twice(vault, ({ method }) => method === 'GET').filter((each) => !known.test(each))).toEqual([])
  expect(twice(vault, ({ method }) => method !== 'GET')).toEqual([])
  // Intents and marks.
  expect(twice(kubernetes, ({ method }) => method !== 'GET').filter((each) => !/reviews$/.test(each))).toEqual([])
})

const VAULT_ORDER = /sys\/policies\/acl\/|\/role\//

test('what narrows is written first, then what changes, then what widens', async () => {
  const { id } = scenario
  scenario.write(file(scenario, { less: ['a', 'b'], mixed: ['a', 'b'], more: ['a'] }, { namespaces: ['x', 'y'] }))
  await scenario.apply()
  vault.requests.length = 0
  scenario.write(
    file(
      scenario,
      { less: ['a'], mixed: ['b', 'c'], more: ['a', 'b'], fresh: ['a'] },
      { namespaces: ['y', 'z'], tokenTTL: '5m' },
    ),
  )
  await scenario.apply()
  const writes = vault.writes().filter(({ path: at }) => VAULT_ORDER.test(at))
  const told = writes.map(({ path: at, body }) => [at.replace(/^.*\//, '').replace(`${id}-`, ''), essence(body)])
  const both = ['less', 'mixed', 'more'].map((name) => `${id}-${name}`)
  expect(told.slice(0, 1)).toEqual([['app', { namespaces: ['y'], policies: both, ttl: 0 }]])
  expect(told.slice(1, 3).sort()).toEqual([
    ['less', { a: true, b: [] }],
    ['mixed', { a: [], b: true, c: [] }],
  ])
  expect(told.slice(3, 4)).toEqual([['app', { namespaces: ['y'], policies: both, ttl: 300 }]])
  // The stanza that held a right back while others could have uncovered it goes last.
  expect(told.slice(4, 8).sort()).toEqual([
    ['fresh', { a: true }],
    ['less', { a: true }],
    ['mixed', { b: true, c: true }],
    ['more', { a: true, b: true }],
  ])
  expect(told.slice(8)).toEqual([['app', { namespaces: ['y', 'z'], policies: [...both, `${id}-fresh`], ttl: 300 }]])
  expect(pending(await scenario.plan())).toEqual({})
})

/** Of a role its lists, of a policy what it lets be read. */
function essence(body: unknown): unknown {
  const {
    policy,
    bound_service_account_namespaces: namespaces,
    token_policies: policies,
    token_ttl: ttl,
  } = body as Record<string, unknown>
  if (policy === undefined) return { namespaces, policies, ttl }
  const stanzas = String(policy).matchAll(/data\/(\w)" \{\n {2}capabilities = \[(.*)\]/g)
  return Object.fromEntries([...stanzas].map(([, at, capabilities]) => [at, capabilities === '"read"' || []]))
}

test('where something cannot be narrowed nothing is widened, and the next run finishes the work', async () => {
  const { id } = scenario
  scenario.write(file(scenario, { less: ['a', 'b'], more: ['a'] }))
  await scenario.apply()
  scenario.write(file(scenario, { less: ['a'], more: ['a', 'b'] }))
  vault.meddle = ({ method, path: at }) => (method === 'POST' && at.endsWith('-less') ? 400 : undefined)
  const result = await scenario.apply()
  expect(result.outcomes.map(({ address, state, reason }) => [address, state, reason])).toEqual([
    [`vault:sys/policies/acl/${id}-less`, 'failed', undefined],
    [`vault:sys/policies/acl/${id}-more`, 'skipped', 'something else could not be narrowed first'],
  ])
  expect(applyExit(result)).toBe(1)
  vault.meddle = () => undefined
  expect(new Set(Object.values(states(await scenario.apply())))).toEqual(new Set(['done']))
})

test('stopped in the middle: what runs is finished, the rest is told, and the next run finishes it', async () => {
  const { id } = scenario
  scenario.write(file(scenario))
  const controller = new AbortController()
  vault.meddle = ({ path: at }, step) => {
    if (at === `/v1/auth/${id}/config` && step === 'before') controller.abort()
  }
  const result = await scenario.apply({ stop: controller.signal })
  expect(result.interrupted).toBe(true)
  expect(states(result)).toMatchObject({
    [`vault:auth/${id}/config`]: 'done',
    [`vault:auth/${id}/role/app`]: 'skipped',
  })
  expect(result.outcomes.find(({ state }) => state === 'skipped')?.reason).toBe('the run was stopped')
  expect(result.outcomes).toHaveLength(result.plan.objects.filter(({ action }) => action !== 'none').length)
  const rest = states(await scenario.apply())
  expect(rest).toHaveProperty([`vault:auth/${id}/role/app`], 'done')
  expect(rest).not.toHaveProperty([`vault:auth/${id}/config`])
  expect(pending(await scenario.plan())).toEqual({})
})

test('when the time is over it ends like that too, with the exit code of a time-out', async () => {
  const { id } = scenario
  scenario.write(file(scenario))
  vault.meddle = ({ path: at }, step) =>
    at === `/v1/auth/${id}/config` && step === 'before' ? sleep(5_500, undefined) : undefined
  const result = await scenario.apply({ timeout: 5_000 })
  expect(states(result)).toMatchObject({
    [`vault:auth/${id}/config`]: 'done',
    [`vault:auth/${id}/role/app`]: 'skipped',
  })
  expect(result.outcomes.find(({ state }) => state === 'skipped')?.reason).toBe('The time limit of 5 seconds is over.')
  expect(applyExit(result)).toBe(6)
  expect(pending(await scenario.plan())).toEqual({
    [`vault:auth/${id}/role/app`]: 'create',
    [`vault:sys/policies/acl/${id}-a`]: 'create',
  })
})

test('an answer that is lost after the server acted: what stands there is looked at, and recorded as ours', async () => {
  const { id } = scenario
  scenario.write(file(scenario))
  const cut = new Set<string>()
  vault.meddle = (request, step) => {
    const at = shown(request)
    if (step !== 'after' || request.method === 'GET' || cut.has(at)) return
    cut.add(at)
    return Promise.reject(new Error('cut'))
  }
  const { outcomes } = await scenario.apply()
  expect(outcomes.filter(({ state }) => state !== 'done')).toEqual([])
  expect([...cut]).toEqual(
    expect.arrayContaining([`POST /v1/sys/auth/${id}`, `POST /v1/sys/mounts/${id}-kv`, `POST /v1/${id}-kv/data/app`]),
  )
  expect(pending(await scenario.plan())).toEqual({})
  expect((await scenario.inventory()).objects[`vault:sys/auth/${id}`]?.mark).toHaveProperty('accessor')
})

test('a Vault that is gone in the middle: nothing new is begun, the exit code says so, and the next run finishes it', async () => {
  const { id } = scenario
  scenario.write(file(scenario))
  let gone = false
  process.env['VAULT_MAX_RETRIES'] = '1'
  vault.meddle = ({ path: at }) => {
    gone ||= at.startsWith(`/v1/auth/${id}/config`)
    return gone ? Promise.reject(new Error('gone')) : undefined
  }
  const result = await scenario.apply()
  // 1: the outcome of a write is unknown; 6 beside it where another write was not even sent.
  expect([1, 6]).toContain(applyExit(result))
  expect(states(result)).toMatchObject({
    [`vault:auth/${id}/config`]: 'unknown',
    [`vault:auth/${id}/role/app`]: 'skipped',
  })
  vault.meddle = () => undefined
  await scenario.apply()
  expect(pending(await scenario.plan())).toEqual({})
})

test('of two runs at once the second is told who holds the file since when', async () => {
  const { id, cluster } = scenario
  scenario.write(file(scenario))
  let second: Promise<unknown> | undefined
  vault.meddle = async ({ path: at }, step) => {
    if (at !== `/v1/auth/${id}/config` || step !== 'before') return
    inner.write(file(inner))
    second = refusal(inner.apply())
    await second
  }
  expect(new Set(Object.values(states(await scenario.apply())))).toEqual(new Set(['done']))
  expect(await second).toMatchObject({
    code: 'ICE4004',
    exitCode: 8,
    message: expect.stringMatching(new RegExp(`^Another run holds ${id} since 20.*: \\S+@\\S+ \\(\\w{8}\\)\\.$`)),
  })
  expect(await cluster.get(refs.lease(`${id}-auth`, `icebreaker-${id}`))).toBeUndefined()
})

test('the lease of a run that died is taken over when it has expired', async () => {
  const { id, cluster } = scenario
  scenario.write(file(scenario))
  await scenario.apply()
  const lease = (renewed: number) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: `icebreaker-${id}`, namespace: `${id}-auth` },
    spec: {
      holderIdentity: 'somebody@elsewhere (1234abcd)',
      leaseDurationSeconds: 30,
      renewTime: new Date(renewed).toISOString().replace('Z', '000Z'),
    },
  })
  const ref = refs.lease(`${id}-auth`, `icebreaker-${id}`)
  scenario.write(file(scenario, { a: ['a', 'b'] }))
  await cluster.create(ref, lease(Date.now() - 20_000))
  expect((await refusal(scenario.apply())).message).toContain('somebody@elsewhere (1234abcd)')
  await cluster.delete(ref)
  await cluster.create(ref, lease(Date.now() - 40_000))
  expect(states(await scenario.apply())).toEqual({ [`vault:sys/policies/acl/${id}-a`]: 'done' })
  expect(await cluster.get(ref)).toBeUndefined()
})

test('--only writes an object with what it needs, and nothing else', async () => {
  const { id } = scenario
  scenario.write(file(scenario, { a: ['a'], b: ['b'] }, { policies: [`${id}-a`] }))
  const role = `vault:auth/${id}/role/app`
  const result = await scenario.apply({ only: [role], verify: 'changed' })
  expect(Object.keys(states(result)).sort()).toEqual(
    [
      `k8s:demo:ClusterRoleBinding/icebreaker:${id}-auth:reviewer`,
      `k8s:demo:Namespace/${id}-auth`,
      `k8s:demo:Secret/${id}-auth/reviewer-token`,
      `k8s:demo:ServiceAccount/${id}-auth/reviewer`,
      `vault:auth/${id}/config`,
      role,
      `vault:sys/auth/${id}`,
      `vault:sys/policies/acl/${id}-a`,
    ].sort(),
  )
  // The rest of the file is not there yet, so its verification would prove nothing.
  expect(result.verify).toBeUndefined()
  expect(await refusal(scenario.apply({ only: [`vault:auth/${id}/role/ap`] }))).toMatchObject({
    code: 'ICE4014',
    exitCode: 2,
    next: [`Did you mean ${role}?`],
  })
})

test('--only of something that needs no namespace still has a place for its record', async () => {
  const { id } = scenario
  scenario.write(file(scenario))
  const only = [`vault:sys/policies/acl/${id}-a`]
  expect(states(await scenario.apply({ only }))).toEqual({
    [`k8s:demo:Namespace/${id}-auth`]: 'done',
    [only[0] ?? '']: 'done',
  })
  expect(Object.keys((await scenario.inventory()).objects).sort()).toEqual(
    [...only, `k8s:demo:Namespace/${scenario.id}-auth`].sort(),
  )
})

test('what was shown is compared again when somebody thought about it for long', async () => {
  const { id } = scenario
  scenario.write(file(scenario))
  const confirm = async () => {
    await inner.vault.write(path`sys/policies/acl/${`${id}-a`}`, { policy: '# somebody else’s' })
    await sleep(2_100)
    return true
  }
  expect(await refusal(scenario.apply({ confirm }))).toMatchObject({ code: 'ICE4009', exitCode: 8 })
  expect((await inner.vault.read(path`sys/policies/acl/${`${id}-a`}`))?.data['policy']).toBe('# somebody else’s')
})

test('no means that nothing is written', async () => {
  scenario.write(file(scenario))
  expect(await refusal(scenario.apply({ confirm: () => Promise.resolve(false) }))).toMatchObject({ exitCode: 7 })
  expect([...vault.writes(), ...kubernetes.writes()].filter((request) => !isLease(request))).toEqual([])
})
