import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { APPLY } from '../../src/catalogue/index.js'
import type { FileInput } from '../../src/config/schema.js'
import { refs } from '../../src/kubernetes/index.js'
import { destroy } from '../../src/operations/destroy.js'
import { prune } from '../../src/operations/prune.js'
import { path } from '../../src/vault/index.js'
import { dump } from './dump.js'
import { expectSoon, openScenario, pending, refusal, states, type Scenario } from './scenario.js'

let scenario: Scenario

beforeEach(async () => {
  scenario = await openScenario()
})
afterEach(() => scenario.close())

type Auth = Extract<FileInput['clusters'][string]['auth'], { method?: 'kubernetes' | undefined }>

/** A workload, and the record beside it: not every mode has a namespace of the reviewer's. */
function file({ id, base }: Scenario, reviewer: Auth['reviewer'], audience: string, auth: object = {}): FileInput {
  const plain = base()
  const demo = plain.clusters['demo']!
  return {
    ...plain,
    inventory: { namespace: `${id}-auth` },
    clusters: { demo: { ...demo, auth: { ...demo.auth, reviewer, ...auth } } },
    namespaces: { [`${id}-auth`]: {}, [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    roles: { app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience, tokenTTL: '1m' } },
  }
}

const named = (id: string, token: 'secret' | 'bound' | 'pod') =>
  ({ namespace: `${id}-auth`, serviceAccount: 'reviewer', token }) as const

async function ownAudience({ cluster }: Scenario): Promise<string> {
  return (await cluster.tokenIssuer())!.issuer
}

async function verdicts({ verify, id }: Scenario): Promise<Record<string, string>> {
  const { probes } = (await verify()).verify
  const prefix = `demo: ${id}-app/app as app: `
  return Object.fromEntries(probes.map(({ name, verdict }) => [name.replace(prefix, ''), verdict]))
}

const warnings = ({ events }: Scenario): string[] =>
  events.flatMap((event) => (event.type === 'note' && event.level === 'warning' ? [event.text] : []))

test('client: each workload asks for itself, which apply prepares, says and checks, and verify proves', async () => {
  const audience = await ownAudience(scenario)
  scenario.write(file(scenario, { token: 'client' }, audience))
  const result = await scenario.apply({ verify: 'changed' })
  expect(Object.values(states(result)).every((state) => state === 'done')).toBe(true)
  expect(result.verify?.probes.filter(({ verdict }) => verdict === 'failed')).toEqual([])
  expect(await verdicts(scenario)).toMatchObject({
    'may ask about its own token': 'passed',
    'logs in': 'passed',
    'another service account is refused': 'passed',
    'another namespace is refused': 'passed',
    'another audience is refused': 'passed',
  })
  expect(warnings(scenario)).toContainEqual(expect.stringContaining('whoever gets hold of a token'))
  expect(pending(await scenario.plan())).toEqual({})

  const { id, vault, cluster } = scenario
  expect((await vault.read(path`auth/${id}/config`))?.data).toMatchObject({
    token_reviewer_jwt_set: false,
    disable_local_ca_jwt: true,
  })
  const binding = await cluster.get(refs.clusterRoleBinding(`icebreaker:${id}:demo:clients`))
  expect(binding?.['subjects']).toEqual([{ kind: 'ServiceAccount', name: 'app', namespace: `${id}-app` }])
})

test('client: an audience that the API server does not accept is refused before the config is written', async () => {
  scenario.write(file(scenario, { token: 'client' }, 'vault'))
  const { outcomes } = await scenario.apply()
  const config = outcomes.find(({ kind }) => kind === 'AuthConfig')
  expect(config).toMatchObject({ state: 'failed', error: { record: { code: APPLY.audienceRefused.code } } })
  expect(config?.error?.details.evidence).toEqual({ accepted: await ownAudience(scenario) })
  expect(await scenario.vault.read(path`auth/${scenario.id}/config`)).toBeUndefined()
  // What was borrowed to try it is gone.
  const secrets = await scenario.cluster.list(refs.secret(`${scenario.id}-app`, ''))
  expect(secrets.map(({ metadata }) => metadata.name)).toEqual([])
})

test('client: verify says what lacks, the right or the audience', async () => {
  const { id, cluster } = scenario
  const binding = refs.clusterRoleBinding(`icebreaker:${id}:demo:clients`)
  scenario.write(file(scenario, { token: 'client' }, await ownAudience(scenario)))
  await scenario.apply({ verify: 'changed' })

  await cluster.delete(binding)
  const unbound = async () => {
    const { probes } = (await scenario.verify({ positiveOnly: true })).verify
    return probes.find(({ name }) => name.endsWith('may ask about its own token'))
  }
  await expectSoon(async () => expect((await unbound())?.detail).toBe('it lacks system:auth-delegator'))

  // The config is as it was, so nothing tries the audience before the role is written.
  scenario.write(file(scenario, { token: 'client' }, 'vault'))
  await scenario.apply()
  expect((await unbound())?.detail).toContain('the audience "vault" is not one of its own')
})

test('pod: the config lets Vault use its own token, the account is not made, and what cannot be seen is said', async () => {
  const { id, vault, cluster } = scenario
  // The default address is the one that pods use; from here, and from this Vault, it leads nowhere.
  const apiServer = cluster.server
  const inPod = file(scenario, named(id, 'pod'), 'vault')
  scenario.write({ ...inPod, clusters: { demo: { ...inPod.clusters['demo']!, apiServer } } })
  const result = await scenario.apply()
  expect(Object.values(states(result)).every((state) => state === 'done')).toBe(true)
  expect((await vault.read(path`auth/${id}/config`))?.data).toMatchObject({
    token_reviewer_jwt_set: false,
    disable_local_ca_jwt: false,
  })
  expect(await cluster.get(refs.serviceAccount(`${id}-auth`, 'reviewer'))).toBeUndefined()
  expect(await cluster.get(refs.clusterRoleBinding(`icebreaker:${id}-auth:reviewer`))).toMatchObject({
    subjects: [{ kind: 'ServiceAccount', name: 'reviewer', namespace: `${id}-auth` }],
  })
  expect(warnings(scenario)).toContainEqual(expect.stringContaining('the token of the pod it runs in'))
  expect(pending(await scenario.plan())).toEqual({})
})

test('pod: with the address that pods use Vault’s side is asked, and a Vault outside a pod is told so', async () => {
  const { id } = scenario
  const inPod = file(scenario, named(id, 'pod'), 'vault')
  // Vault's own account, which its chart makes.
  scenario.write({ ...inPod, serviceAccounts: [...inPod.serviceAccounts!, `${id}-auth/reviewer`] })
  const { outcomes } = await scenario.apply()
  const config = outcomes.find(({ kind }) => kind === 'AuthConfig')
  expect(config).toMatchObject({ state: 'failed', error: { record: { code: APPLY.unprovenFromVault.code } } })
  expect(config?.error?.message).toContain('https://kubernetes.default.svc')
})

test('from one mode to the next, each a plan like any other', async () => {
  const { id, vault, cluster } = scenario
  const audience = await ownAudience(scenario)
  const modes = [named(id, 'secret'), { token: 'client' }, named(id, 'bound'), { token: 'client' }, named(id, 'secret')]
  for (const reviewer of modes as Auth['reviewer'][]) {
    scenario.write(file(scenario, reviewer, audience))
    const planned = pending(await scenario.plan())
    if (reviewer !== modes[0]) expect(planned).toMatchObject({ [`vault:auth/${id}/config`]: 'update' })
    await scenario.apply()
    expect(pending(await scenario.plan())).toEqual({})
    const { data } = (await vault.read(path`auth/${id}/config`))!
    expect(data['token_reviewer_jwt_set']).toBe(reviewer.token !== 'client')
    const markers = (await cluster.list(refs.secret(`${id}-auth`, ''))).filter(({ metadata }) =>
      metadata.name.startsWith('reviewer-bound'),
    )
    expect(markers).toHaveLength(reviewer.token === 'bound' ? 1 : 0)
    await expectSoon(async () => expect((await verdicts(scenario))['logs in']).toBe('passed'))
  }
})

test('to the method jwt on the same path: a mount cannot change its type, and that is said before anything is written', async () => {
  const { id } = scenario
  scenario.write(file(scenario, named(id, 'secret'), 'vault'))
  await scenario.apply()
  const keys = file(scenario, named(id, 'secret'), 'vault')
  scenario.write({
    ...keys,
    clusters: { demo: { ...keys.clusters['demo']!, auth: { method: 'jwt', path: id, keys: 'pinned' } } },
  })
  const refused = await refusal(scenario.apply())
  expect(JSON.stringify('details' in refused && refused.details.evidence)).toContain('type cannot be changed in place')
})

test('what a mode does not need any more goes with prune, and destroy leaves nothing of any', async () => {
  const { id, fileOptions } = scenario
  const removal = { dryRun: false, withData: true, changedToo: false, confirm: () => Promise.resolve(true) }
  const audience = await ownAudience(scenario)
  const keys = file(scenario, { token: 'client' }, 'vault')
  const before = await dump(scenario)
  const files: readonly FileInput[] = [
    file(scenario, named(id, 'secret'), audience),
    file(scenario, { token: 'client' }, audience),
    file(scenario, named(id, 'bound'), audience),
    {
      ...keys,
      clusters: { demo: { ...keys.clusters['demo']!, auth: { method: 'jwt', path: `${id}-keys`, keys: 'pinned' } } },
    },
  ]
  for (const each of files) {
    scenario.write(each)
    await scenario.apply()
    const pruned = await prune({ ...fileOptions(), ...removal })
    expect(pruned.outcomes.filter(({ state }) => state !== 'done')).toEqual([])
  }
  const { objects } = await scenario.inventory()
  expect(Object.keys(objects).filter((address) => /reviewer|clients|Secret/.test(address))).toEqual([])
  const gone = await destroy({ ...fileOptions(), ...removal })
  expect(gone.outcomes.filter(({ state }) => state !== 'done')).toEqual([])
  expect(await dump(scenario)).toEqual(before)
})
