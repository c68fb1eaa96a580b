import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { refs } from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { expectSoon } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { writeConfig } from './front.js'
import { codes, errors, findingOf, openPatient, type Patient } from './patient.js'

const RBAC = 'rbac.authorization.k8s.io'
const DELEGATOR = { apiGroup: RBAC, kind: 'ClusterRole', name: 'system:auth-delegator' }

let patient: Patient
beforeAll(async () => {
  patient = await openPatient()
})
afterAll(() => patient.close())
// So that one that fails does not take the next with it.
afterEach(() => patient.apply({ adopt: 'all' }))

const names = () => ({
  namespace: `${patient.id}-auth`,
  account: refs.serviceAccount(`${patient.id}-auth`, 'reviewer'),
  secret: refs.secret(`${patient.id}-auth`, 'reviewer-token'),
  binding: refs.clusterRoleBinding(`icebreaker:${patient.id}-auth:reviewer`),
})

/** This is exactly one error; what it prints as its remedy mends it. */
async function exactly(code: string) {
  const result = await patient.examine()
  expect(errors(result)).toEqual([code])
  const finding = findingOf(result, code)
  await patient.follow(finding)
  await expectSoon(async () => expect(codes(await patient.examine())).toEqual([]), 12)
  return finding
}

/** The same of a stored token; rotating takes too long for each (reviewer.full.test.ts). */
async function rejected(code: string) {
  const result = await patient.examine()
  expect(errors(result)).toEqual([code])
  expect(findingOf(result, code)).toMatchObject({
    message: expect.stringContaining(`${patient.id}-auth/reviewer`),
    remedy: { commands: [`icebreaker reviewer rotate --file ${patient.file}`] },
  })
  await writeConfig(patient, {})
  expect(codes(await patient.examine())).toEqual([])
}

/** A token as the cluster itself signs it. */
async function signed(claims: object): Promise<Secret> {
  const token = await patient.cluster.readSecret(names().namespace, 'reviewer-token', 'token')
  const [header = '', payload = ''] = Secret.reveal(token!).split('.')
  const own = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const body = `${header}.${Buffer.from(JSON.stringify({ ...own, ...claims })).toString('base64url')}`
  const key = createPrivateKey(readFileSync(servers().signingKey))
  return new Secret(`${body}.${sign('RSA-SHA256', Buffer.from(body), key).toString('base64url')}`)
}

test('a healthy trust, with and without leave to probe, with a file and without', async () => {
  expect(codes(await patient.examine())).toEqual([])
  expect(codes(await patient.examine({}, { probe: false }))).toEqual([])
  expect(codes(await patient.examineUnwritten())).toEqual([])
})

test('ICE9201: the config was written without a token', async () => {
  const { data } = (await patient.vault.read(path`auth/${patient.id}/config`))!
  const { token_reviewer_jwt_set: _set, ...config } = data as Record<string, string>
  await patient.vault.write(path`auth/${patient.id}/config`, config)
  expect(errors(await patient.examine({}, { probe: false }))).toEqual(['ICE9201'])
  await exactly('ICE9201')
})

describe('ICE9205: the account', () => {
  test('was deleted', async () => {
    await patient.cluster.delete(names().account)
    expect(errors(await patient.examine({}, { probe: false }))).toEqual(['ICE9205'])
    await exactly('ICE9205')
  })
  test('was deleted and made anew', async () => {
    const { account, secret } = names()
    // Times are told in whole seconds.
    await patient.setInventory({
      ...(await patient.inventory()),
      appliedAt: new Date(Date.now() - 60_000).toISOString(),
    })
    await patient.cluster.delete(account)
    // Its Secret goes with it.
    await expectSoon(async () => expect(await patient.cluster.get(secret)).toBeUndefined())
    const { name, namespace = '' } = account
    await patient.cluster.create(account, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })
    await exactly('ICE9205')
  })
})

describe('ICE9206: the Secret', () => {
  test('was deleted', async () => {
    await patient.cluster.delete(names().secret)
    await exactly('ICE9206')
  })
  test('is of another type', async () => {
    const { secret } = names()
    await patient.cluster.delete(secret)
    const { name, namespace = '' } = secret
    await patient.cluster.create(secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: { name, namespace },
    })
    await exactly('ICE9206')
  })
})

test('ICE9208: Kubernetes has ended the token as unused', async () => {
  const { secret } = names()
  await patient.cluster.apply(secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secret.name,
      namespace: secret.namespace,
      labels: { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' },
    },
  })
  await exactly('ICE9208')
})

test('ICE9210: no binding', async () => {
  await patient.cluster.delete(names().binding)
  expect(errors(await patient.examine({}, { probe: false }))).toEqual(['ICE9210'])
  await exactly('ICE9210')
})

test('ICE9211: a RoleBinding in place of a ClusterRoleBinding', async () => {
  const { binding, namespace } = names()
  await patient.cluster.delete(binding)
  const local = { apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', resource: 'rolebindings', namespace }
  await patient.cluster.create(local, {
    apiVersion: local.apiVersion,
    kind: local.kind,
    metadata: { name: 'reviewer', namespace },
    roleRef: DELEGATOR,
    subjects: [{ kind: 'ServiceAccount', name: 'reviewer', namespace }],
  })
  await exactly('ICE9211')
  await patient.cluster.delete({ ...local, name: 'reviewer' })
})

test('ICE9212: a binding for the account of the same name in another namespace', async () => {
  const { binding } = names()
  const found = (await patient.cluster.get(binding))!
  await patient.cluster.replace(binding, {
    ...found,
    subjects: [{ kind: 'ServiceAccount', name: 'reviewer', namespace: 'default' }],
  })
  const { evidence } = await exactly('ICE9212')
  expect(evidence['subjects']).toBe('ServiceAccount default/reviewer')
})

test('ICE9213: the reviewer is an administrator', async () => {
  const { namespace } = names()
  const all = refs.clusterRoleBinding(`${patient.id}-admin`)
  await patient.cluster.create(all, {
    apiVersion: all.apiVersion,
    kind: all.kind,
    metadata: { name: all.name },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'reviewer', namespace }],
  })
  const result = await patient.examine()
  expect(codes(result)).toEqual(['ICE9213'])
  await patient.follow(findingOf(result, 'ICE9213'))
  expect(await patient.cluster.get(all)).toBeUndefined()
  expect(codes(await patient.examine())).toEqual([])
})

describe('ICE9214: a role selects namespaces by their labels', () => {
  const selecting = () => path`auth/${patient.id}/role/selecting`
  afterAll(async () => {
    await patient.vault.delete(selecting())
    for (const kind of ['ClusterRole', 'ClusterRoleBinding'])
      await patient.cluster.delete({
        apiVersion: `${RBAC}/v1`,
        kind,
        resource: `${kind.toLowerCase()}s`,
        name: `vault-reviewer-reads-namespaces:${patient.id}-auth:reviewer`,
      })
  })
  test('and the reviewer may not read them', async () => {
    await patient.vault.write(selecting(), {
      bound_service_account_names: ['app'],
      bound_service_account_namespace_selector: '{"matchLabels":{"team":"a"}}',
      audience: 'vault',
      token_policies: [`${patient.id}-read`],
    })
    const { evidence } = await exactly('ICE9214')
    expect(evidence['roles']).toBe('selecting')
  })
})

test('ICE9217: a token that the API server does not know', async () => {
  await writeConfig(patient, { token_reviewer_jwt: 'not.a.token' })
  await rejected('ICE9217')
})

test('ICE9217: an expired token of which nobody recorded when it ends', async () => {
  const exp = Math.floor(Date.now() / 1000) - 60
  const aud = ['https://kubernetes.default.svc.cluster.local']
  await writeConfig(patient, { token_reviewer_jwt: await signed({ exp, iat: exp - 600, nbf: exp - 600, aud }) })
  await rejected('ICE9217')
})

test('ICE9204: a token of a pod that is gone, where it is handed in', async () => {
  const { namespace } = names()
  const exp = Math.floor(Date.now() / 1000) + 3600
  const held = await signed({
    exp,
    iat: exp - 7200,
    aud: ['https://kubernetes.default.svc.cluster.local'],
    'kubernetes.io': {
      namespace,
      pod: { name: 'vault-0', uid: '00000000-0000-4000-8000-000000000000' },
      serviceaccount: { name: 'reviewer', uid: (await patient.cluster.get(names().account))!.metadata.uid },
    },
  })
  await writeConfig(patient, { token_reviewer_jwt: held })
  expect(errors(await patient.examine())).toEqual(['ICE9217'])
  const result = await patient.examine({}, { tokens: { reviewer: held } })
  expect(errors(result)).toEqual(['ICE9204'])
  expect(findingOf(result, 'ICE9204').evidence['bound to']).toMatch(/pod vault-0/i)
  await writeConfig(patient, {})
  expect(codes(await patient.examine())).toEqual([])
})

test('ICE9218: others can read the Secret with the token', async () => {
  const { namespace } = names()
  const inNamespace = (kind: string) => ({
    apiVersion: `${RBAC}/v1`,
    kind,
    resource: `${kind.toLowerCase()}s`,
    namespace,
    name: 'readers',
  })
  const [role, binding] = [inNamespace('Role'), inNamespace('RoleBinding')]
  const metadata = { name: 'readers', namespace }
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }]
  await patient.cluster.create(role, { apiVersion: role.apiVersion, kind: role.kind, metadata, rules })
  await patient.cluster.create(binding, {
    apiVersion: binding.apiVersion,
    kind: binding.kind,
    metadata,
    roleRef: { apiGroup: RBAC, kind: 'Role', name: 'readers' },
    subjects: [{ kind: 'Group', name: 'developers', apiGroup: RBAC }],
  })
  const result = await patient.examine()
  expect(codes(result)).toEqual(['ICE9218'])
  expect(findingOf(result, 'ICE9218').message).toContain('Group developers')
  await patient.cluster.delete(binding)
  expect(codes(await patient.examine())).toEqual([])
})

test('no binding and a Secret that is gone: both are named', async () => {
  await patient.cluster.delete(names().binding)
  await patient.cluster.delete(names().secret)
  expect(errors(await patient.examine())).toEqual(['ICE9206', 'ICE9210'])
  await patient.apply()
  expect(codes(await patient.examine())).toEqual([])
})
