import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { DoctorResult } from '../../src/operations/doctor/types.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { container, csiPod, injectedPod, install, object, objectsOn } from '../doctor/consumer-objects.js'
import { errors, findingOf, openPatient, type Patient } from '../doctor/patient.js'
import { servers } from '../servers/index.js'
import { emptyHome, icebreaker, operatorEnv, type Ran } from './process.js'

const home = emptyHome()
let patient: Patient
let made: ReturnType<typeof objectsOn>
let ns: string
beforeAll(async () => {
  patient = await openPatient()
  ns = `${patient.id}-app`
  made = objectsOn(patient.cluster)
  await install(patient.cluster)
})
afterEach(() => made.clear())
afterAll(() => patient.close())

const run = (...args: string[]): Promise<Ran> => icebreaker(['doctor', 'pod', ...args], operatorEnv(home))
const doctorPod = (name: string, ...args: string[]): Promise<Ran> =>
  run(`${ns}/${name}`, '--file', patient.file, '--probe', '--json', ...args)
const resultOf = ({ stdout }: Ran): DoctorResult => JSON.parse(stdout) as DoctorResult
const codesOf = (ran: Ran): string[] => resultOf(ran).findings.map(({ code }) => code)

const injected = (name: string, more: Partial<Parameters<typeof injectedPod>[1]> = {}) =>
  injectedPod(`${ns}/${name}`, {
    mountPath: `auth/${patient.id}`,
    role: 'app',
    address: servers().vaultAddress,
    audience: 'vault',
    ...more,
  })
const plain = (name: string, serviceAccountName: string, spec: object = {}) =>
  object('Pod', `${ns}/${name}`, { serviceAccountName, containers: [container('app', spec)] })

test('a pod that can get its secrets: its login is done, and nothing is found', async () => {
  await made.make(injected('pod'))
  const ran = await doctorPod('pod')
  const { operation, findings, checks, left } = resultOf(ran)
  expect({ exitCode: ran.exitCode, operation, findings, left }).toEqual({
    exitCode: 0,
    operation: 'doctor pod',
    findings: [],
    left: [],
  })
  const subjects = new Set(checks.map(({ subject }) => subject))
  for (const subject of [
    `k8s:demo:Pod/${ns}/pod`,
    `vault:auth/${patient.id}`,
    `vault:auth/${patient.id}/role/app`,
    `vault:auth/${patient.id}/role/app as ${ns}/app`,
    `vault:sys/policies/acl/${patient.id}-read`,
  ])
    expect(subjects).toContain(subject)
  expect(checks).toContainEqual(expect.objectContaining({ codes: ['ICE9609'], state: 'ok' }))
})

test('what the pod itself says wrong', async () => {
  await made.make(injected('pod', { role: 'nobody' }), injected('bare', { mountPath: patient.id }))
  const role = await doctorPod('pod')
  expect([role.exitCode, codesOf(role)]).toEqual([3, ['ICE9602']])
  expect(codesOf(await doctorPod('bare'))).toEqual(['ICE9601'])
  const { stdout, exitCode } = await run(`${ns}/pod`, '--file', patient.file)
  expect(exitCode).toBe(3)
  expect(stdout).toContain(`k8s:demo:Pod/${ns}/pod`)
  expect(stdout).toContain('the annotation vault.hashicorp.com/role')
})

test('what is wrong behind it: the role of the file, and the way to the API server', async () => {
  await made.make(injected('pod'))
  await patient.vault.delete(path`auth/${patient.id}/role/app`)
  expect(errors(resultOf(await doctorPod('pod')))).toEqual(['ICE9301'])
  await patient.apply()
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    resource: 'clusterrolebindings',
  }
  const [own] = (await patient.cluster.list(binding)).filter((one) =>
    JSON.stringify(one['subjects'] ?? []).includes(`${patient.id}-auth`),
  )
  await patient.cluster.delete({ ...binding, name: own?.metadata.name ?? '' })
  const broken = resultOf(await doctorPod('pod'))
  expect(errors(broken)).toEqual(['ICE9210'])
  expect(findingOf(broken, 'ICE9210').consequences).toContain('ICE9609')
  await patient.apply()
})

test('a Secret that an operator should fill leads to its object', async () => {
  await made.make(
    plain('pod', 'app', { envFrom: [{ secretRef: { name: 'filled' } }] }),
    object('VaultStaticSecret', `${ns}/creds`, { vaultAuthRef: 'gone', destination: { name: 'filled' } }),
    object('VaultStaticSecret', `${ns}/another`, { vaultAuthRef: 'gone', destination: { name: 'else' } }),
  )
  const { findings } = resultOf(await doctorPod('pod'))
  expect(findings.map(({ code, subject }) => [code, subject])).toEqual([
    ['ICE9608', `k8s:demo:VaultStaticSecret/${ns}/creds`],
  ])
})

describe('a pod that asks by no way', () => {
  test('the logins that its account may do are examined', async () => {
    await made.make(plain('pod', 'app'))
    const ran = await doctorPod('pod')
    expect([ran.exitCode, codesOf(ran)]).toEqual([0, ['ICE9612']])
    const { findings, checks } = resultOf(ran)
    expect(findings[0]?.evidence).toEqual({ 'let in by': `auth/${patient.id}/role/app` })
    expect(checks.map(({ subject }) => subject)).toContain(`vault:auth/${patient.id}/role/app as ${ns}/app`)
  })

  test('nobody lets it in', async () => {
    await made.make(plain('pod', 'default'))
    const ran = await doctorPod('pod')
    expect([ran.exitCode, codesOf(ran)]).toEqual([3, ['ICE9613']])
  })
})

test('a pod that is not there, and what is no pod', async () => {
  const ran = await doctorPod('gone')
  expect([ran.exitCode, codesOf(ran)]).toEqual([3, ['ICE9611']])
  await patient.follow(findingOf(resultOf(ran), 'ICE9611'))
  for (const wrong of [['pod'], ['a/b/c'], [`${ns}/pod`, '--cluster', 'dem']]) {
    const { exitCode, stderr } = await run(...wrong, '--file', patient.file)
    expect([wrong, exitCode]).toEqual([wrong, 2])
    expect(stderr).toMatch(/NAMESPACE\/NAME|Did you mean demo/)
  }
})

test('what the cluster says of the pod stands beside the cause, without secrets', async () => {
  const pod = csiPod(`${ns}/pod`, 'gone')
  await made.make(pod)
  const { metadata } =
    (await patient.cluster.get({ apiVersion: 'v1', kind: 'Pod', resource: 'pods', namespace: ns, name: 'pod' })) ?? {}
  const event = { apiVersion: 'v1', kind: 'Event', resource: 'events', namespace: ns }
  await patient.cluster.create(event, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'pod.mount', namespace: ns },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: ns, name: 'pod', uid: metadata?.uid },
    type: 'Warning',
    reason: 'FailedMount',
    message: `MountVolume.SetUp failed:\nsecretproviderclass "gone" not found, token ${servers().token}`,
  })
  const ran = await doctorPod('pod')
  expect(codesOf(ran)).toEqual(['ICE9608', 'ICE9614'])
  expect(findingOf(resultOf(ran), 'ICE9614').evidence).toEqual({
    'event FailedMount': expect.stringContaining('MountVolume.SetUp failed: secretproviderclass "gone" not found'),
  })
  expect(ran.stdout).not.toContain(servers().token)
  await patient.cluster.delete({ ...event, name: 'pod.mount' })
})

test('without a file, by what Vault has', async () => {
  await made.make(injected('pod', { role: 'nobody' }))
  const { kubeconfig, caFile, context } = servers()
  const env = { ...operatorEnv(home), KUBECONFIG: kubeconfig, VAULT_CACERT: caFile }
  const at = (name: string) =>
    icebreaker(['doctor', 'pod', `${ns}/${name}`, '--context', context, '--probe', '--json'], env)
  const ran = await at('pod')
  expect([ran.exitCode, errors(resultOf(ran))]).toEqual([3, ['ICE9602']])
  // What Vault has for others is not examined where nothing leads there.
  expect(errors(resultOf(await at('gone')))).toEqual(['ICE9611'])
})

describe('an operator who may look at one namespace only', () => {
  /** A kubeconfig of an account that may do this in the namespace of the pod, and nothing elsewhere. */
  async function limitedTo(rules: readonly object[]): Promise<string> {
    const rbac = 'rbac.authorization.k8s.io/v1'
    const name = `operator-${rules.length}`
    const metadata = { name, namespace: ns }
    const create = (apiVersion: string, kind: string, resource: string, more: object) =>
      patient.cluster.create({ apiVersion, kind, resource, namespace: ns }, { apiVersion, kind, metadata, ...more })
    await create('v1', 'ServiceAccount', 'serviceaccounts', {})
    await create(rbac, 'Role', 'roles', { rules })
    await create(rbac, 'RoleBinding', 'rolebindings', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: ns }],
    })
    const request = { namespace: ns, serviceAccount: name, audiences: [], expirationSeconds: 600 }
    const { token } = await patient.cluster.requestToken(request)
    const { kubeconfig, context } = servers()
    const config = parse(readFileSync(kubeconfig, 'utf8')) as { users: { user: object }[] }
    const users = config.users.map((user) => ({ ...user, user: { token: Secret.reveal(token) } }))
    const file = join(home, `${name}.kubeconfig`)
    writeFileSync(file, JSON.stringify({ ...config, users, 'current-context': context }), { mode: 0o600 })
    return file
  }

  async function seenBy(kubeconfig: string): Promise<DoctorResult> {
    const file = join(home, 'limited.json')
    const demo = { ...patient.healthy.clusters['demo'], kubeconfig }
    writeFileSync(file, JSON.stringify({ ...patient.healthy, clusters: { demo } }))
    return resultOf(await run(`${ns}/pod`, '--file', file, '--probe', '--json'))
  }

  test('finds the cause there, and says what it could not see', async () => {
    const verbs = ['get', 'list']
    const kubeconfig = await limitedTo([
      { apiGroups: [''], resources: ['pods', 'serviceaccounts', 'events'], verbs },
      { apiGroups: ['secrets-store.csi.x-k8s.io'], resources: ['secretproviderclasses'], verbs },
    ])
    await made.make(injected('pod', { role: 'nobody' }))
    const result = await seenBy(kubeconfig)
    expect(errors(result)).toEqual(['ICE9602'])
    const unseen = result.checks.filter(({ state, why }) => state === 'unknown' && why?.includes('could be listed'))
    expect(unseen).toEqual([expect.objectContaining({ subject: 'k8s:demo' })])
    expect(unseen[0]?.why).toContain('MutatingWebhookConfiguration')
  })

  test('a pod whose kind may not be listed is not said to ask for nothing', async () => {
    const kubeconfig = await limitedTo([{ apiGroups: [''], resources: ['pods', 'serviceaccounts'], verbs: ['get'] }])
    await made.make(injected('pod', { role: 'nobody' }))
    const result = await seenBy(kubeconfig)
    expect(errors(result)).toEqual([])
    const open = result.checks.find(({ codes: [code] }) => code === 'ICE9612')
    expect(open).toMatchObject({ state: 'unknown', why: expect.stringContaining('Pod') })
  })
})
