import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { FILE } from '../../src/catalogue/index.js'
import { KINDS } from '../../src/kinds/index.js'
import { stepWanted, type StepWanted } from '../../src/operations/step-file.js'
import { authConfig, authMount } from '../../src/operations/steps/auth.js'
import { lookOf, stepOf, type Section, type StepAt, type StepObject } from '../../src/operations/steps/object.js'
import { reviewer } from '../../src/operations/steps/reviewer.js'
import { role } from '../../src/operations/steps/role.js'
import { buildGraph } from '../../src/reconcile/graph.js'
import { refused } from './steps.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-step-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** @param content of icebreaker.yaml; undefined: there is none */
function wanted(
  content: object | undefined,
  object: StepObject,
  name: string,
  section: Section,
  at: StepAt = {},
): Promise<StepWanted> {
  const file = join(folder, content === undefined ? 'nosuch.yaml' : 'icebreaker.yaml')
  if (content !== undefined) writeFileSync(file, JSON.stringify(content))
  const nobody = { emit: () => undefined, stop: new AbortController().signal }
  return stepWanted(stepOf(object, name, section, at), { file, ...nobody })
}

const facts = { apiServer: 'https://a', ca: '', caFrom: 'kubeconfig', proof: { by: 'operator' } } as const

/** The addresses that are meant, and which of them are only made where they are missing. */
function meant({ file, includes, ensures }: StepWanted): Record<string, boolean> {
  const clusters = Object.fromEntries(Object.keys(file.clusters).map((name) => [name, facts]))
  const graph = buildGraph(KINDS, file, { clusters, texts: {} }, includes)
  return Object.fromEntries([...graph.values()].map((resource) => [resource.address, ensures?.(resource) ?? false]))
}

const app = { serviceAccounts: ['app'], namespaces: ['app'], audience: 'vault' }
const two = {
  version: 1,
  name: 'demo',
  vault: { address: 'https://vault.example.com' },
  clusters: {
    one: { context: 'c1', auth: { path: 'p1', reviewer: { namespace: 'r1', serviceAccount: 's1' } } },
    two: { context: 'c2', auth: { path: 'p2', reviewer: { namespace: 'r2', serviceAccount: 's2' }, issuer: 'x' } },
  },
  engines: { kv: { type: 'kv', version: 1, secrets: { a: { b: { literal: 'c' } } } } },
  roles: { other: app },
}

test('without a file: one cluster, its usual mount, and a name of its own', async () => {
  const { file, place } = await wanted(undefined, role, 'app', app)
  expect(place).toEqual({ cluster: 'default', mount: 'kubernetes', engines: {} })
  expect([file.name, Object.keys(file.clusters), file.inventory]).toEqual([
    'steps',
    ['default'],
    { cluster: 'default', namespace: 'vault-auth' },
  ])
})

test('what is meant is the object, and the namespace of the record where it is missing', async () => {
  expect(meant(await wanted(undefined, role, 'app', app))).toEqual({
    'k8s:default:Namespace/vault-auth': true,
    'vault:auth/kubernetes/role/app': false,
  })
  expect(meant(await wanted(undefined, authMount, '', {}, { path: 'x' }))).toEqual({
    'k8s:default:Namespace/vault-auth': true,
    'vault:sys/auth/x': false,
  })
})

test('a reviewer elsewhere does not move the record', async () => {
  const infra = await wanted(undefined, reviewer, '', { namespace: 'infra' })
  expect(infra.file.inventory.namespace).toBe('vault-auth')
  expect(infra.speaksToVault).toBe(false)
  expect(meant(infra)).toEqual({
    'k8s:default:Namespace/vault-auth': true,
    'k8s:default:Namespace/infra': true,
    'k8s:default:ServiceAccount/infra/vault-reviewer': false,
    'k8s:default:ClusterRoleBinding/icebreaker:infra:vault-reviewer': false,
    'k8s:default:Secret/infra/vault-reviewer-token': false,
  })
})

test('with a file: its servers, names and clusters, and nothing else of it', async () => {
  const asked = await wanted(two, role, 'app', app, { cluster: 'two' })
  expect(asked.file).toMatchObject({ name: 'demo', vault: two.vault, inventory: { cluster: 'one', namespace: 'r1' } })
  expect(asked.place).toEqual({
    cluster: 'two',
    mount: 'p2',
    engines: { kv: { existing: true, type: 'kv', version: 1 } },
  })
  expect(meant(asked)).toEqual({ 'k8s:one:Namespace/r1': true, 'vault:auth/p2/role/app': false })
})

test('on another cluster the record’s namespace is not made', async () => {
  expect(Object.keys(meant(await wanted(two, reviewer, '', {}, { cluster: 'two' })))).toEqual([
    'k8s:one:Namespace/r1',
    'k8s:two:Namespace/r2',
    'k8s:two:ServiceAccount/r2/s2',
    'k8s:two:Secret/r2/s2-token',
    'k8s:two:ClusterRoleBinding/icebreaker:r2:s2',
  ])
})

test('one member of a reviewer can be said alone, and what the file says of a config stays', async () => {
  const { file } = await wanted(two, authConfig, '', { token: 'bound' }, { cluster: 'two' })
  expect(file.clusters['two']?.auth).toMatchObject({
    issuer: 'x',
    reviewer: { namespace: 'r2', serviceAccount: 's2', token: 'bound' },
  })
})

test('which cluster is meant must be clear', async () => {
  expect((await refused(wanted(two, role, 'app', app))).message).toContain(
    '--cluster says which one is meant: one, two',
  )
  expect((await refused(wanted(two, role, 'app', app, { cluster: 'ones' }))).next).toEqual(['Did you mean one?'])
})

test('a file that was named must be there', async () => {
  const nobody = { emit: () => undefined, stop: new AbortController().signal }
  const file = join(folder, 'nosuch.yaml')
  const told = await refused(stepWanted(lookOf(), { file, fileMustExist: true, ...nobody }))
  expect(told).toMatchObject({ code: FILE.unreadable.code, exit: 2 })
})
