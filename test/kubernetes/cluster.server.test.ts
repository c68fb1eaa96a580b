import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  createCluster,
  loadConnection,
  refs,
  reviews,
  rootCertificates,
  proveCertificate,
  type Cluster,
  type Connection,
  type KubernetesObject,
  type ObjectRef,
} from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'
import { servers } from '../servers/index.js'
import { createRoot } from './certificates.js'

const suffix = randomBytes(4).toString('hex')
const namespace = `kubernetes-${suffix}`
const signal = new AbortController().signal
const made: Cluster[] = []
/** What is in no namespace and goes at the end. */
const clusterWide: ObjectRef[] = []
let admin: Connection
let cluster: Cluster

beforeAll(async () => {
  admin = await loadConnection({ kubeconfig: servers().kubeconfig, context: servers().context })
  cluster = await open(admin)
  await cluster.apply(refs.namespace(namespace), manifest(refs.namespace(namespace)))
})
afterAll(async () => {
  await Promise.all([refs.namespace(namespace), ...clusterWide].map((ref) => cluster.delete(ref)))
  await Promise.all(made.map((each) => each.close()))
})

async function open(
  connection: Connection,
  more: { fieldManager?: string; timeoutMs?: number } = {},
): Promise<Cluster> {
  const opened = await createCluster({
    name: 'demo',
    connection,
    signal,
    timeoutMs: 10_000,
    fieldManager: 'icebreaker',
    ...more,
  })
  made.push(opened)
  return opened
}

function manifest(
  { apiVersion, kind, name, namespace }: ObjectRef,
  more: { labels?: object; [key: string]: unknown } = {},
) {
  const { labels = {}, ...members } = more
  return { apiVersion, kind, metadata: { name, namespace, labels }, ...members }
}

async function applyClusterWide(ref: ObjectRef, members: object): Promise<void> {
  clusterWide.push(ref)
  await cluster.apply(ref, manifest(ref, { ...members }))
}

const versionOf = (object: KubernetesObject | undefined) => object?.metadata.resourceVersion
const account = (name: string) => refs.serviceAccount(namespace, name)

/** The cluster as a service account sees it. */
async function as(name: string, timeoutMs = 2_000): Promise<Cluster> {
  await cluster.apply(account(name), manifest(account(name)))
  const { token } = await cluster.requestToken({
    namespace,
    serviceAccount: name,
    audiences: [],
    expirationSeconds: 600,
  })
  return open(withToken(Secret.reveal(token)), { timeoutMs })
}

function withToken(token: string | undefined): Connection {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  return { ...admin, authenticate: async () => ({ headers, tls: { ca: admin.certificateAuthority! } }) }
}

/** Some of the API server's rules take effect only after a moment. */
async function eventually(check: () => Promise<void>, seconds = 20): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

test('version and the server’s clock', async () => {
  const { version, date } = await cluster.version()
  expect(version).toMatch(/^v1\.\d+\.\d+/)
  expect(Math.abs(Date.now() - date!.getTime())).toBeLessThan(5_000)
})

test('apply creates, does nothing the second time, and changes what differs', async () => {
  const ref = account('applied')
  const first = await cluster.apply(ref, manifest(ref, { labels: { a: '1' } }))
  expect(first.metadata.managedFields).toMatchObject([{ manager: 'icebreaker', operation: 'Apply' }])
  const second = await cluster.apply(ref, manifest(ref, { labels: { a: '1' } }))
  expect(versionOf(second)).toBe(versionOf(first))
  const third = await cluster.apply(ref, manifest(ref, { labels: { a: '2' } }))
  expect(third.metadata).toMatchObject({ uid: first.metadata.uid, labels: { a: '2' } })
  expect(await cluster.get(ref)).toMatchObject({ kind: 'ServiceAccount', metadata: { labels: { a: '2' } } })
})

test('fields of another manager are not taken over: the error names both', async () => {
  const ref = account('contested')
  const other = await open(admin, { fieldManager: 'somebody-else' })
  await other.apply(ref, manifest(ref, { labels: { a: 'theirs' } }))
  await expect(cluster.apply(ref, manifest(ref, { labels: { a: 'ours' } }))).rejects.toMatchObject({
    code: 'ICE3302',
    exitCode: 8,
    message: `Cannot patch serviceaccounts ${namespace}/contested in cluster demo: other managers own .metadata.labels.a (somebody-else).`,
    details: { evidence: { status: 409 } },
  })
  expect(await cluster.get(ref)).toMatchObject({ metadata: { labels: { a: 'theirs' } } })
})

test('create refuses what is there; get of what is not there is undefined', async () => {
  const ref = refs.configMap(namespace, 'created')
  expect(await cluster.get(ref)).toBeUndefined()
  await cluster.create(ref, manifest(ref))
  await expect(cluster.create(ref, manifest(ref))).rejects.toMatchObject({ code: 'ICE3301', exitCode: 8 })
})

test('replace fails where somebody was faster', async () => {
  const ref = refs.configMap(namespace, 'replaced')
  const first = await cluster.create(ref, manifest(ref, { data: { n: '1' } }))
  const second = await cluster.replace(ref, { ...first, data: { n: '2' } })
  await expect(cluster.replace(ref, { ...first, data: { n: '3' } })).rejects.toMatchObject({
    code: 'ICE3303',
    exitCode: 8,
  })
  expect(versionOf(await cluster.get(ref))).toBe(versionOf(second))
  await cluster.delete(ref)
  await expect(cluster.replace(ref, { ...second, data: { n: '4' } })).rejects.toMatchObject({ code: 'ICE3304' })
})

test('delete keeps to its preconditions, and what is not there is no error', async () => {
  const ref = refs.configMap(namespace, 'deleted')
  const { metadata } = await cluster.create(ref, manifest(ref))
  await expect(cluster.delete(ref, { uid: 'another' })).rejects.toMatchObject({ code: 'ICE3303', exitCode: 8 })
  await expect(cluster.delete(ref, { resourceVersion: '1' })).rejects.toMatchObject({ code: 'ICE3303' })
  await cluster.delete(ref, { uid: metadata.uid! })
  expect(await cluster.get(ref)).toBeUndefined()
  await cluster.delete(ref)
})

test('a list goes through all pages', async () => {
  const kind = refs.configMap(namespace, '-')
  const names = Array.from({ length: 520 }, (_, index) => `paged-${index}`)
  await Promise.all(
    names.map((name) => cluster.create(kind, manifest(refs.configMap(namespace, name), { labels: { paged: 'yes' } }))),
  )
  const listed = await cluster.list(kind, 'paged=yes')
  expect(new Set(listed.map(({ metadata }) => metadata.name))).toEqual(new Set(names))
  expect(listed[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' })
  expect(await cluster.list(kind, 'paged=no')).toEqual([])
})

test('the values of a Secret are opened for the wire only and come back sealed', async () => {
  const ref = refs.secret(namespace, 'sealed')
  const value = `canary-${suffix}`
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': value, other: 'kept' }
  const object = { ...manifest(ref), metadata: { name: 'sealed', annotations }, stringData: { key: new Secret(value) } }
  const answers = [await cluster.create(ref, object), await cluster.get(ref), ...(await cluster.list(ref))]
  expect(JSON.stringify(answers)).not.toContain(value)
  expect(JSON.stringify(answers)).not.toContain(Buffer.from(value).toString('base64'))
  expect(answers[0]!.metadata.annotations).toEqual({ other: 'kept' })
  expect(Secret.reveal((await cluster.readSecret(namespace, 'sealed', 'key'))!)).toBe(value)
  expect(await cluster.readSecret(namespace, 'sealed', 'nope')).toBeUndefined()
  expect(await cluster.readSecret(namespace, 'nope', 'key')).toBeUndefined()
})

interface Review {
  readonly status: { readonly authenticated?: boolean; readonly user?: { readonly username: string } }
}

async function review(token: Secret, audiences: string[] = []): Promise<Review['status']> {
  const { apiVersion, kind } = reviews.token
  const object = { apiVersion, kind, spec: { token, audiences } }
  const answer = await cluster.create(reviews.token, object)
  expect(JSON.stringify(answer)).not.toContain(Secret.reveal(token))
  return (answer as unknown as Review).status
}

test('a requested token is for its audience, says when it expires, and ends with the Secret it is bound to', async () => {
  await cluster.apply(account('workload'), manifest(account('workload')))
  const marker = refs.secret(namespace, 'marker')
  const { metadata } = await cluster.create(marker, manifest(marker))
  const { token, expiresAt } = await cluster.requestToken({
    namespace,
    serviceAccount: 'workload',
    audiences: ['vault'],
    expirationSeconds: 600,
    boundTo: { kind: 'Secret', apiVersion: 'v1', name: 'marker', uid: metadata.uid! },
  })
  expect(Math.abs(expiresAt.getTime() - Date.now() - 600_000)).toBeLessThan(5_000)
  expect(await review(token, ['vault'])).toMatchObject({
    authenticated: true,
    user: { username: `system:serviceaccount:${namespace}:workload` },
  })
  expect((await review(token)).authenticated).not.toBe(true)
  await cluster.delete(marker)
  // The API server goes on accepting a good token for about 10 seconds.
  await eventually(async () => expect((await review(token, ['vault'])).authenticated).not.toBe(true), 30)
})

test('a token request for less than the minimum, or for no account, is refused by name', async () => {
  await cluster.apply(account('short'), manifest(account('short')))
  const request = { namespace, serviceAccount: 'short', audiences: [], expirationSeconds: 60 }
  await expect(cluster.requestToken(request)).rejects.toMatchObject({
    code: 'ICE3307',
    message: expect.stringContaining('may not specify a duration less than 10 minutes'),
  })
  await expect(cluster.requestToken({ ...request, serviceAccount: 'nobody' })).rejects.toMatchObject({
    code: 'ICE3304',
    exitCode: 1,
    message: expect.stringContaining(`create serviceaccounts/token ${namespace}/nobody in cluster demo`),
  })
})

test('a user without rights is told which one lacks and how it is granted', async () => {
  const limited = await as('limited')
  const user = `system:serviceaccount:${namespace}:limited`
  await expect(limited.get(refs.secret(namespace, 'creds'))).rejects.toMatchObject({
    code: 'ICE3202',
    exitCode: 5,
    message: `${user} may not get secrets ${namespace}/creds in cluster demo.`,
    next: [
      `kubectl create role icebreaker-get-secrets --namespace=${namespace} --verb=get --resource=secrets --resource-name=creds`,
      `kubectl create rolebinding icebreaker-get-secrets --namespace=${namespace} --role=icebreaker-get-secrets --serviceaccount=${namespace}:limited`,
    ],
  })
  const request = { namespace, serviceAccount: 'limited', audiences: [], expirationSeconds: 600 }
  await expect(limited.requestToken(request)).rejects.toMatchObject({
    next: [
      expect.stringContaining('--verb=create --resource=serviceaccounts/token --resource-name=limited'),
      expect.anything(),
    ],
  })
  await expect(limited.list(refs.lease(namespace, '-'))).rejects.toMatchObject({
    next: [expect.stringContaining('--verb=list --resource=leases.coordination.k8s.io'), expect.anything()],
  })
})

test('can answers in the order of the questions', async () => {
  const secrets = { group: '', resource: 'secrets', namespace }
  const queries = [
    { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews' },
    { verb: 'get', ...secrets },
    { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token', namespace, name: 'x' },
  ]
  expect(await cluster.can(queries)).toEqual([true, true, true])
  expect(await (await as('asking')).can(queries)).toEqual([true, false, false])
})

test('who gives away rights that it lacks is told to get the verb bind', async () => {
  const name = `escalating-${suffix}`
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', resource: 'clusterroles', name }
  const bind = (roleName: string) => ({
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
    subjects: [{ kind: 'ServiceAccount', namespace, name: 'escalating' }],
  })
  const rules = [{ apiGroups: [role.apiVersion.slice(0, -3)], resources: ['clusterrolebindings'], verbs: ['*'] }]
  await applyClusterWide(role, { rules })
  const binding = refs.clusterRoleBinding(name)
  await applyClusterWide(binding, bind(name))
  const escalating = await as('escalating')
  const delegator = refs.clusterRoleBinding(`${name}-delegator`)
  await eventually(async () => {
    await expect(
      escalating.create(delegator, manifest(delegator, bind('system:auth-delegator'))),
    ).rejects.toMatchObject({
      code: 'ICE3203',
      exitCode: 5,
      next: [
        expect.stringContaining('--verb=bind --resource=clusterroles.rbac.authorization.k8s.io'),
        expect.anything(),
      ],
    })
  })

  await expect(cluster.apply(binding, manifest(binding, bind('view')))).rejects.toMatchObject({
    code: 'ICE3307',
    exitCode: 1,
    message: expect.stringContaining('cannot change roleRef'),
  })
})

test('no and foreign credentials are named for what they are', async () => {
  for (const token of [undefined, 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln']) {
    const failure = (await open(withToken(token))).get(refs.namespace(namespace))
    await expect(failure).rejects.toMatchObject({
      code: 'ICE3201',
      exitCode: 5,
      message: expect.stringContaining(admin.login),
    })
  }
})

test('a wrong CA, a wrong name and a closed port are told apart, with the certificate as evidence', async () => {
  const { certificate: ca } = await createRoot('somebody else')
  const changed = (tls: object): Connection => ({
    ...admin,
    certificateAuthority: ca,
    authenticate: async () => ({ headers: {}, tls: { ca: admin.certificateAuthority!, ...tls } }),
  })
  const attempt = async (connection: Connection) => (await open(connection, { timeoutMs: 3_000 })).version()
  await expect(attempt(changed({ ca }))).rejects.toMatchObject({
    code: 'ICE3103',
    exitCode: 6,
    details: {
      evidence: { issuer: expect.stringMatching(/^CN=/), 'SHA-256': expect.stringMatching(/^[0-9A-F:]{95}$/) },
    },
  })
  await expect(attempt(changed({ servername: 'vault.example.com' }))).rejects.toMatchObject({
    code: 'ICE3104',
    exitCode: 6,
    details: { evidence: { names: expect.stringContaining('127.0.0.1') } },
  })
  await expect(attempt({ ...admin, server: 'https://127.0.0.1:1' })).rejects.toMatchObject({
    code: 'ICE3101',
    exitCode: 6,
  })
})

test('the CA that pods are given proves the API server', async () => {
  let ca: string | undefined
  await eventually(async () => {
    ca = await rootCertificates(cluster, namespace)
    expect(ca).toBeDefined()
  })
  expect(await proveCertificate(cluster.server, ca!, { timeoutMs: 5_000, signal })).toMatchObject({ verdict: 'proven' })
})

test('a namespace that is missing and one that is being deleted are told apart', async () => {
  const name = `terminating-${suffix}`
  await expect(
    cluster.apply(refs.serviceAccount(name, 'x'), manifest(refs.serviceAccount(name, 'x'))),
  ).rejects.toMatchObject({
    code: 'ICE3305',
    exitCode: 1,
    message: expect.stringContaining(`there is no namespace ${name}`),
  })
  await cluster.apply(refs.namespace(name), manifest(refs.namespace(name)))
  const held = refs.configMap(name, 'held')
  const finalizers = ['icebreaker.test/hold']
  await cluster.create(held, { ...manifest(held), metadata: { name: 'held', finalizers } })
  await cluster.delete(refs.namespace(name))
  await eventually(async () => {
    await expect(
      cluster.apply(refs.serviceAccount(name, 'x'), manifest(refs.serviceAccount(name, 'x'))),
    ).rejects.toMatchObject({
      code: 'ICE3306',
      exitCode: 1,
    })
  })
  const { metadata, ...rest } = (await cluster.get(held))!
  await cluster.replace(held, { ...rest, metadata: { ...metadata, finalizers: [] } })
})

test('a kind that the cluster does not serve is no missing object', async () => {
  for (const apiVersion of ['v1', 'icebreaker.invalid/v1']) {
    const ref = { apiVersion, kind: 'Thing', resource: 'things', name: 'x' }
    await expect(cluster.get(ref)).rejects.toMatchObject({ code: 'ICE3310', exitCode: 1 })
  }
})

const matchNamespace = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }
const admission = (kind: string, resource: string): ObjectRef => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind,
  resource,
  name: `icebreaker-${suffix}`,
})

test('what an admission policy denies is told with its message', async () => {
  const policy = admission('ValidatingAdmissionPolicy', 'validatingadmissionpolicies')
  const binding = admission('ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings')
  const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }]
  const validations = [{ expression: `object.metadata.name != 'denied'`, message: 'not in this house' }]
  await applyClusterWide(policy, { spec: { matchConstraints: { resourceRules }, validations } })
  const spec = { policyName: policy.name, validationActions: ['Deny'], matchResources: matchNamespace }
  await applyClusterWide(binding, { spec })
  const denied = refs.secret(namespace, 'denied')
  await eventually(async () => {
    await cluster.delete(denied)
    await expect(cluster.create(denied, manifest(denied))).rejects.toMatchObject({
      code: 'ICE3308',
      exitCode: 1,
      message: expect.stringContaining('not in this house'),
    })
  })
})

test('a webhook that cannot be called is named, after some attempts', async () => {
  const hook = admission('ValidatingWebhookConfiguration', 'validatingwebhookconfigurations')
  const webhook = {
    ...matchNamespace,
    name: 'down.icebreaker.test',
    clientConfig: { url: 'https://127.0.0.1:1/' },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['limitranges'] }],
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  }
  await applyClusterWide(hook, { webhooks: [webhook] })
  const range: ObjectRef = { apiVersion: 'v1', kind: 'LimitRange', resource: 'limitranges', namespace, name: 'x' }
  const hasty = await open(admin, { timeoutMs: 1_500 })
  await eventually(async () => {
    await cluster.delete(range)
    await expect(hasty.apply(range, manifest(range))).rejects.toMatchObject({
      code: 'ICE3309',
      exitCode: 1,
      message: expect.stringContaining('down.icebreaker.test'),
    })
  })
})

test('a server that holds us back is waited for, and named when it goes on', async () => {
  const flow = (kind: string, resource: string): ObjectRef => ({
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind,
    resource,
    name: `icebreaker-${suffix}`,
  })
  const level = flow('PriorityLevelConfiguration', 'prioritylevelconfigurations')
  const schema = flow('FlowSchema', 'flowschemas')
  const limited = {
    nominalConcurrencyShares: 0,
    lendablePercent: 0,
    borrowingLimitPercent: 0,
    limitResponse: { type: 'Reject' },
  }
  await applyClusterWide(level, { spec: { type: 'Limited', limited } })
  const subjects = [{ kind: 'ServiceAccount', serviceAccount: { namespace, name: 'throttled' } }]
  const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }
  const rules = [{ subjects, resourceRules: [all] }]
  const spec = { matchingPrecedence: 2, priorityLevelConfiguration: { name: level.name }, rules }
  await applyClusterWide(schema, { spec })
  // One request at a time gets through.
  const ask = (of: Cluster) => of.get(account('throttled')).catch((error: unknown) => (error as { code: string }).code)
  const codes = (of: Cluster) => Promise.all(Array.from({ length: 40 }, () => ask(of)))
  await eventually(async () => expect(await codes(await as('throttled', 900))).toContain('ICE3108'))
  // It has no rights, which it is told once its requests are let in.
  expect(new Set(await codes(await as('throttled', 20_000)))).toEqual(new Set(['ICE3202']))
})
