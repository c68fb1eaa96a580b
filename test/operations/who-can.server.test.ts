import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { FileInput } from '../../src/config/schema.js'
import type { Io } from '../../src/kinds/contract.js'
import { refs } from '../../src/kubernetes/objects.js'
import { graph, type GraphResult } from '../../src/operations/graph.js'
import { whoCan, type WhoCanOptions, type WhoCanResult } from '../../src/operations/who-can.js'
import { capabilitiesSelf, path } from '../../src/vault/index.js'
import { borrow, type Borrowed } from '../../src/verify/borrow.js'
import { openScenario, type Scenario } from './scenario.js'

let scenario: Scenario
let borrowed: Borrowed

/** Roles of every sort: by name, by glob, by labels, several policies, deny, without default. */
const file = ({ id, base }: Scenario): FileInput => ({
  ...base(),
  namespaces: { [`${id}-app`]: {}, [`${id}-blue`]: { labels: { [id]: 'blue' } }, [`${id}-none`]: {} },
  serviceAccounts: [`${id}-app/app`, `${id}-app/worker`, `${id}-blue/app`, `${id}-none/app`],
  engines: {
    [`${id}-kv`]: { type: 'kv', secrets: { 'app/creds': { key: { generate: {} } } } },
    [`${id}-v1`]: { type: 'kv', version: 1 },
    [`${id}-transit`]: { type: 'transit', keys: { key: {} } },
    [`${id}-db`]: { type: 'database' },
  },
  policies: {
    [`${id}-reader`]: { grants: [`read kv ${id}-kv/app/creds`, `list kv ${id}-kv/app`, `read kv ${id}-v1/app`] },
    [`${id}-all`]: { grants: [`read kv ${id}-kv/*`, `read database ${id}-db/*`] },
    [`${id}-key`]: { grants: [`encrypt transit ${id}-transit/key`, `sign transit ${id}-transit/key`] },
    [`${id}-hand`]: { file: 'hand.hcl' },
    [`${id}-spare`]: { grants: [`read kv ${id}-kv/app/creds`] },
  },
  roles: {
    app: role(['app'], [`${id}-app`], [`${id}-reader`]),
    two: role(['worker'], [`${id}-app`], [`${id}-all`, `${id}-key`]),
    shut: role(['worker'], [`${id}-app`], [`${id}-all`, `${id}-hand`]),
    glob: { ...role(['*'], [`${id}-b*`], [`${id}-key`]), accept: ['wildcard'] },
    labels: {
      ...role(['app'], [], [`${id}-hand`]),
      namespaces: [],
      namespaceSelector: { matchLabels: { [id]: 'blue' } },
    },
    bare: { ...role(['app'], [`${id}-none`], [`${id}-reader`]), tokenNoDefaultPolicy: true },
    nobody: role(['gone'], [`${id}-app`], [`${id}-reader`]),
  },
})

const role = (serviceAccounts: string[], namespaces: string[], policies: string[]) => ({
  serviceAccounts,
  namespaces,
  policies,
  audience: 'vault',
})

/** Valid HCL that is not as icebreaker writes it. */
const hand = (id: string): string => `// by hand
path "${id}-kv/data/app/*" { policy = "deny" }
"path" "${id}-transit/encrypt/+" {
  capabilities = ["update",]
}
`

/** A selector needs a reviewer that may read namespaces. */
const reader = (id: string) => ({
  role: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: `icebreaker:${id}:namespaces` },
    rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get'] }],
  },
  binding: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `icebreaker:${id}:namespaces` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `icebreaker:${id}:namespaces` },
    subjects: [{ kind: 'ServiceAccount', namespace: `${id}-auth`, name: 'reviewer' }],
  },
})
const clusterRole = (name: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  name,
})

beforeAll(async () => {
  scenario = await openScenario()
  writeFileSync(join(scenario.folder, 'hand.hcl'), hand(scenario.id))
  scenario.write(file(scenario))
  await scenario.apply()
  const { id, cluster, vault } = scenario
  const { role: allowed, binding } = reader(id)
  await cluster.create(clusterRole(''), allowed)
  await cluster.create(refs.clusterRoleBinding(''), binding)
  borrowed = borrow({ vault, cluster: () => cluster } as unknown as Io, id)
})

afterAll(async () => {
  expect(await borrowed.giveBack()).toEqual([])
  const { cluster, id } = scenario
  await cluster.delete(clusterRole(`icebreaker:${id}:namespaces`))
  await scenario.close()
})

const common = () => ({ file: scenario.file, emit: () => undefined, stop: new AbortController().signal })

const ask = (verb: string, target: string, more: Partial<WhoCanOptions> = {}): Promise<WhoCanResult> =>
  whoCan({ ...common(), verb, path: target, raw: false, live: false, ...more })

/** `account role`, with the verdict where it is not yes, and whether the account is there where it is not. */
const said = ({ answers }: WhoCanResult): string[] =>
  answers
    .filter(({ mount }) => mount === scenario.id)
    .map(({ account, role: name, verdict, there }) => {
      const words = [account.replace(`${scenario.id}-`, ''), name, ...(verdict === 'yes' ? [] : [verdict])].join(' ')
      return there === 'yes' ? words : `${words}, ${there}`
    })

describe('the file and the live Vault give the same answer', () => {
  test.each<[question: string, answer: string[]]>([
    ['read kv/app/creds', ['app/app app', 'app/gone nobody, no', 'app/worker two', 'none/app bare']],
    ['read kv/other', ['app/worker shut', 'app/worker two']],
    ['list kv/app', ['app/app app', 'app/gone nobody, no', 'none/app bare']],
    [
      'read kv/*',
      [
        'app/app app partly',
        'app/gone nobody partly, no',
        'app/worker shut partly',
        'app/worker two',
        'none/app bare partly',
      ],
    ],
    ['read v1/app', ['app/app app', 'app/gone nobody, no', 'none/app bare']],
    [
      'encrypt transit/key',
      ['app/worker shut', 'app/worker two', 'blue/app glob', 'blue/app labels', 'blue/default glob'],
    ],
    ['sign transit/key', ['app/worker two', 'blue/app glob', 'blue/default glob']],
    ['read db/any', ['app/worker shut', 'app/worker two']],
    ['delete kv/app/creds', []],
  ])('%s', async (question, answer) => {
    const [verb = '', target = ''] = question.split(' ')
    for (const live of [false, true]) {
      const result = await ask(verb, `${scenario.id}-${target}`, { live })
      expect(said(result)).toEqual(answer)
      expect(result.gaps.filter(({ what }) => what.includes(scenario.id))).toEqual([])
    }
  })
})

test('tells where it is written: the grant in the file, the line of a policy in Vault', async () => {
  const { id } = scenario
  const [asFile, live] = await Promise.all([
    ask('read', `${id}-kv/app/creds`),
    ask('read', `${id}-kv/app/creds`, { live: true }),
  ])
  const of = (result: WhoCanResult) =>
    result.answers.find(({ mount, role: name }) => mount === id && name === 'app')?.by
  expect(of(asFile)).toEqual([
    {
      policy: `${id}-reader`,
      path: `${id}-kv/data/app/creds`,
      capabilities: ['read'],
      sources: [{ text: `read kv ${id}-kv/app/creds`, file: scenario.file, line: expect.any(Number) }],
    },
  ])
  expect(of(live)?.[0]?.sources).toEqual([{ text: `path "${id}-kv/data/app/creds"`, line: 1 }])
  const key = await ask('encrypt', `${id}-transit/key`)
  expect(key.answers.find(({ role: name }) => name === 'labels')?.by[0]?.sources).toEqual([
    { text: `path "${id}-transit/encrypt/+"`, file: 'hand.hcl', line: 3 },
  ])
})

test('what is remarkable has its code', async () => {
  const { id } = scenario
  const { findings } = await ask('read', `${id}-kv/app/creds`)
  expect(findings.map(({ code, address }) => [code, address.replaceAll(id, '')])).toEqual([
    ['ICE7102', 'vault:auth//role/nobody'],
    ['ICE7103', 'vault:sys/policies/acl/-spare'],
  ])
  const { findings: more } = await ask('encrypt', `${id}-transit/key`, { live: true })
  const own = more.filter(({ address }) => address.includes(id))
  expect(own.map(({ code, address }) => [code, address.replaceAll(id, '')])).toEqual([
    ['ICE7101', 'vault:auth//role/glob'],
  ])
})

/** Every account that is there, with every role, at paths of every engine: what Vault says itself, after a real login. */
test('who can is who really can', async () => {
  const { id, vault } = scenario
  const accounts = ['app/app', 'app/worker', 'app/default', 'blue/app', 'blue/default', 'none/app'].map(
    (each) => `${id}-${each}`,
  )
  const asked = [
    ['read', `${id}-kv/data/app/creds`],
    ['read', `${id}-kv/data/other`],
    ['list', `${id}-kv/metadata/app`],
    ['read', `${id}-v1/app`],
    ['update', `${id}-transit/encrypt/key`],
    ['update', `${id}-transit/sign/key/sha2-256`],
    ['read', `${id}-db/creds/any`],
    ['update', 'sys/tools/hash'],
    ['read', 'sys/mounts'],
  ] as const
  const roles = Object.keys(file(scenario).roles ?? {})
  const real = new Map<string, boolean>()
  for (const account of accounts) {
    for (const name of roles) {
      const granted = await capabilitiesOf(
        account,
        name,
        asked.map(([, target]) => target),
      )
      for (const [capability, target] of asked) {
        real.set(`${account} ${name} ${capability} ${target}`, granted?.get(target)?.includes(capability) ?? false)
      }
    }
  }
  expect([...real.values()].filter(Boolean).length).toBeGreaterThan(20)
  for (const live of [false, true]) {
    const told = new Set<string>()
    for (const [verb, target] of asked) {
      const { answers } = await ask(verb, target, { raw: true, live })
      for (const { account, mount, role: name, verdict } of answers) {
        if (mount !== id || name === 'nobody') continue
        expect([account, name, verdict]).toEqual([account, name, 'yes'])
        told.add(`${account} ${name} ${verb} ${target}`)
      }
    }
    const able = [...real].filter(([, can]) => can).map(([key]) => key)
    expect([...told].sort()).toEqual(able.sort())
  }

  /** Undefined: the role lets the account not in. */
  async function capabilitiesOf(account: string, name: string, paths: readonly string[]) {
    const jwt = await borrowed.serviceAccountToken('demo', account, ['vault'])
    try {
      const { vault: asWorkload, login } = await borrowed.login({ mount: id, role: name, uses: 0 }, jwt)
      if (name !== 'bare') return await capabilitiesSelf(asWorkload, paths)
      // Without the policy default it may not ask: the operator does.
      const { data } = await vault.write<Record<string, string[]>>(
        path`sys/capabilities-accessor`,
        { accessor: login.accessor, paths: [...paths] },
        { repeatable: true },
      )
      return new Map(Object.entries(data))
    } catch (error) {
      expect(String(error)).toMatch(/not authorized|not let|refus/i)
      return undefined
    }
  }
})

describe('identities of a live Vault', () => {
  test('a policy of an entity or of its group counts for its account', async () => {
    const { id, vault, cluster } = scenario
    const uid = (await cluster.get(refs.serviceAccount(`${id}-app`, 'app')))?.metadata.uid ?? ''
    const { data: mounts } = (await vault.read<Record<string, { accessor: string }>>(path`sys/auth`))!
    const accessor = mounts[`${id}/`]?.accessor ?? ''
    const found = await vault.write<{ id: string }>(path`identity/lookup/entity`, {
      alias_name: uid,
      alias_mount_accessor: accessor,
    })
    const { data: group } = await vault.write<{ id: string }>(path`identity/group`, {
      name: id,
      policies: [`${id}-key`],
      member_entity_ids: [found.data.id],
    })
    try {
      const before = await ask('encrypt', `${id}-transit/key`)
      const after = await ask('encrypt', `${id}-transit/key`, { live: true })
      const more = said(after).filter((line) => !said(before).includes(line))
      expect(more).toEqual(['app/app app'])
    } finally {
      await vault.delete(path`identity/group/id/${group.id}`)
    }
  })
})

test('the drawing of both is the same, but for what only one of them knows', async () => {
  const draw = (live: boolean): Promise<GraphResult> =>
    graph({ ...common(), live, format: 'mermaid', force: false, draw: () => '' })
  const chains = ({ nodes, edges }: GraphResult): string[] => {
    const words = new Map(nodes.map(({ id, column, name, of }) => [id, `${column} ${of ?? ''} ${name}`]))
    const lines = edges.map(({ from, to, label }) => `${words.get(from)} > ${words.get(to)} ${label ?? ''}`)
    return lines.filter((line) => line.includes(scenario.id)).sort()
  }
  const [asFile, live] = [await draw(false), await draw(true)]
  expect(chains(asFile).length).toBeGreaterThan(20)
  expect(chains(asFile).filter((line) => !line.includes('-spare'))).toEqual(
    chains(live).filter((line) => !line.includes('-spare')),
  )
})
