import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { FileInput } from '../../src/config/schema.js'
import type { KubernetesObject } from '../../src/kubernetes/index.js'
import { refs } from '../../src/kubernetes/objects.js'
import type { DoctorResult } from '../../src/operations/doctor/types.js'
import type { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import type { Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { container, csiPod, injectedPod, install, object, objectsOn } from './consumer-objects.js'
import { codes, errors, findingOf, openPatient, smallTrust, type Patient } from './patient.js'

/** A second account that the role lets in: what is wrong with it alone no other login shows. */
function trust(scenario: Scenario): FileInput {
  const small = smallTrust(scenario)
  const accounts = ['app', 'other']
  return {
    ...small,
    serviceAccounts: accounts.map((name) => `${scenario.id}-app/${name}`),
    roles: { app: { ...small.roles?.['app'], serviceAccounts: accounts } },
  }
}

let patient: Patient
let made: ReturnType<typeof objectsOn>
let id: string
let ns: string
let address: string
beforeAll(async () => {
  patient = await openPatient(trust)
  ;({ id } = patient)
  ns = `${id}-app`
  address = servers().vaultAddress
  made = objectsOn(patient.cluster)
  await install(patient.cluster)
})
afterEach(() => made.clear())
afterAll(() => patient.close())

/** What doctor finds while these are there; nothing that it could not judge is passed over. */
async function examine(objects: readonly KubernetesObject[]): Promise<DoctorResult> {
  await made.make(...objects)
  return patient.examine()
}
const unjudged = ({ checks }: DoctorResult) => checks.filter(({ state }) => state === 'unknown')

const injected = (name: string, more: Partial<Parameters<typeof injectedPod>[1]> = {}) =>
  injectedPod(`${ns}/${name}`, { mountPath: `auth/${id}`, role: 'app', address, audience: 'vault', ...more })
const classOf = (parameters: object = {}) =>
  object('SecretProviderClass', `${ns}/vault`, {
    provider: 'vault',
    parameters: { roleName: 'app', vaultAddress: address, vaultAuthMountPath: id, audience: 'vault', ...parameters },
  })
const vso = (kubernetes: object = {}) => [
  object('VaultConnection', `${ns}/vault`, { address }),
  object('VaultAuth', `${ns}/auth`, {
    method: 'kubernetes',
    mount: id,
    vaultConnectionRef: 'vault',
    kubernetes: { role: 'app', serviceAccount: 'app', audiences: ['vault'], ...kubernetes },
  }),
  object('VaultStaticSecret', `${ns}/creds`, { vaultAuthRef: 'auth', destination: { name: 'filled' } }),
]
const store = (kubernetes: object = {}, place = `${ns}/vault`, kind = 'SecretStore') =>
  object(kind, place, {
    provider: {
      vault: {
        server: address,
        auth: {
          kubernetes: {
            mountPath: id,
            role: 'app',
            serviceAccountRef: { name: 'app', namespace: ns, audiences: ['vault'] },
            ...kubernetes,
          },
        },
      },
    },
  })
const external = (name: string, kind = 'SecretStore') =>
  object('ExternalSecret', `${ns}/creds`, { secretStoreRef: { kind, name } })
const issuer = (audiences: readonly string[], more: object = {}) =>
  object('Issuer', `${ns}/ca`, {
    vault: {
      server: address,
      auth: {
        kubernetes: {
          mountPath: `/v1/auth/${id}`,
          role: 'app',
          serviceAccountRef: { name: 'app', audiences },
          ...more,
        },
      },
    },
  })

test('every way that works yields nothing, and all of it is judged', async () => {
  const result = await examine([
    injected('injected'),
    classOf(),
    csiPod(`${ns}/mounted`, 'vault'),
    ...vso(),
    store(),
    external('vault'),
    store({}, id, 'ClusterSecretStore'),
    issuer(['vault']),
  ])
  expect(codes(result)).toEqual([])
  expect(unjudged(result)).toEqual([])
  const consumers = result.checks.filter(({ subject }) => subject.startsWith('k8s:demo:'))
  expect(
    [
      ...new Set(consumers.map(({ subject }) => subject.replace('k8s:demo:', '').replace(ns, 'NS').replace(id, 'ID'))),
    ].sort(),
  ).toEqual([
    'ClusterSecretStore/ID',
    'Issuer/NS/ca',
    'Pod/NS/injected',
    'Pod/NS/mounted',
    'SecretStore/NS/vault',
    'VaultStaticSecret/NS/creds',
  ])
})

test('what is somebody else’s yields nothing, and is not even looked at', async () => {
  const stranger = `${id}-stranger`
  const result = await examine([
    object('Namespace', stranger, {}),
    object('ServiceAccount', `${stranger}/app`, {}),
    object('SecretStore', `${stranger}/vault`, {
      provider: { vault: { server: address, auth: { kubernetes: { mountPath: 'nowhere', role: 'x' } } } },
    }),
    object('ExternalSecret', `${stranger}/creds`, { secretStoreRef: { name: 'gone' } }),
    object(
      'Pod',
      `${stranger}/asks`,
      { serviceAccountName: 'app', containers: [container('app')] },
      {
        annotations: { 'vault.hashicorp.com/agent-inject': 'true', 'vault.hashicorp.com/role': 'x' },
      },
    ),
  ])
  expect(codes(result)).toEqual([])
  expect(result.checks.filter(({ subject }) => subject.includes(stranger))).toEqual([])
})

test('twenty pods that log in alike make one login', async () => {
  const one = await examine([injected('pod')])
  await made.make(...Array.from({ length: 20 }, (_, index) => injected(`pod-${index}`)))
  const many = await patient.examine()
  expect(codes(many)).toEqual([])
  expect(many.checks.length).toBeGreaterThan(one.checks.length + 20)
  expect(many.effort.calls).toBe(one.effort.calls)
})

/** Each fault, really made, and the one code that it yields. */
const FAULTS: readonly (readonly [code: string, what: string, objects: () => readonly KubernetesObject[]])[] = [
  ['ICE9601', 'a path without auth/', () => [injected('pod', { mountPath: id })]],
  [
    'ICE9601',
    'a path with auth/ that is put behind it',
    () => [classOf({ vaultAuthMountPath: `auth/${id}` }), csiPod(`${ns}/pod`, 'vault')],
  ],
  ['ICE9601', 'a path without /v1', () => [issuer(['vault'], { mountPath: `auth/${id}` })]],
  ['ICE9601', 'a mount that is not there', () => [store({ mountPath: `${id}-gone` })]],
  ['ICE9601', 'a mount of another type', () => [store({ mountPath: 'token' })]],
  ['ICE9602', 'a role that is not there', () => vso({ role: 'nobody' })],
  ['ICE9603', 'an account that is not there', () => vso({ serviceAccount: 'nobody' })],
  ['ICE9604', 'an account that is not bound', () => [injected('pod', { account: 'default' })]],
  ['ICE9605', 'an audience of its own only', () => [issuer([])]],
  ['ICE9605', 'the token for the API server', () => [store({ serviceAccountRef: { name: 'app' } })]],
  ['ICE9608', 'a class that is not there', () => [csiPod(`${ns}/pod`, 'gone')]],
  ['ICE9608', 'a VaultAuth that is not there', () => vso().slice(2)],
  ['ICE9608', 'a store that is not there', () => [external('gone')]],
  [
    'ICE9606',
    'a pod without a token',
    () => [
      object(
        'Pod',
        `${ns}/pod`,
        {
          serviceAccountName: 'app',
          automountServiceAccountToken: false,
          containers: [container('vault-agent')],
        },
        {
          annotations: { 'vault.hashicorp.com/agent-inject': 'true', 'vault.hashicorp.com/agent-configmap': 'mine' },
        },
      ),
    ],
  ],
  [
    'ICE9607',
    'a webhook that does not select the namespace',
    () => [
      // It points nowhere, and no namespace has the label: nobody else's pods are touched.
      object(
        'MutatingWebhookConfiguration',
        `${id}-injector`,
        {},
        {
          webhooks: [
            {
              name: 'vault.hashicorp.com',
              admissionReviewVersions: ['v1'],
              sideEffects: 'None',
              failurePolicy: 'Ignore',
              timeoutSeconds: 1,
              clientConfig: { url: 'https://127.0.0.1:1/mutate' },
              namespaceSelector: { matchLabels: { [`${id}/inject`]: 'yes' } },
              rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
            },
          ],
        },
      ),
      object(
        'Pod',
        `${ns}/pod`,
        { serviceAccountName: 'app', containers: [container('app')] },
        {
          annotations: {
            'vault.hashicorp.com/agent-inject': 'true',
            'vault.hashicorp.com/role': 'app',
            'vault.hashicorp.com/auth-path': `auth/${id}`,
            'vault.hashicorp.com/agent-service-account-token-volume-name': 'none',
          },
        },
      ),
    ],
  ],
  [
    'ICE9610',
    'a CSI provider that may not ask for tokens',
    () => [
      object('ServiceAccount', `${ns}/provider`, {}),
      object('DaemonSet', `${ns}/vault-csi-provider`, {
        selector: { matchLabels: { app: 'vault-csi-provider' } },
        template: {
          metadata: { labels: { app: 'vault-csi-provider' } },
          spec: { serviceAccountName: 'provider', containers: [container('provider')] },
        },
      }),
      classOf(),
      csiPod(`${ns}/pod`, 'vault'),
    ],
  ],
]

test.each(FAULTS)('%s: %s', async (code, _what, objects) => {
  const result = await examine(objects())
  expect(errors(result)).toEqual([code])
  expect(codes(result)).toEqual([code])
  await made.clear()
  expect(codes(await patient.examine())).toEqual([])
})

test('the evidence says what is meant, and what leaves a pod out', async () => {
  const result = await examine([
    store({ mountPath: `auth/${id}` }),
    ...(FAULTS.find(([code]) => code === 'ICE9607')?.[2]() ?? []),
  ])
  expect(findingOf(result, 'ICE9601').evidence).toMatchObject({ way: 'eso', nearest: `auth/${id}` })
  expect(findingOf(result, 'ICE9607').evidence).toMatchObject({
    'namespace is not selected': JSON.stringify({ matchLabels: { [`${id}/inject`]: 'yes' } }),
  })
})

test('without leave to log in, what needs a login stays open, and nothing else', async () => {
  await made.make(injected('pod'), store({ serviceAccountRef: { name: 'app' } }))
  const result = await patient.examine({}, { probe: false })
  expect(codes(result)).toEqual([])
  const open = unjudged(result).filter(({ subject }) => subject.startsWith('k8s:demo:'))
  expect(open.map(({ codes: [code], subject }) => `${code} ${subject.replace(ns, 'NS')}`).sort()).toEqual([
    'ICE9605 k8s:demo:SecretStore/NS/vault',
    'ICE9609 k8s:demo:Pod/NS/pod',
    'ICE9609 k8s:demo:SecretStore/NS/vault',
  ])
  expect(open.every(({ writes }) => writes !== undefined)).toBe(true)
})

test('a Vault that is another is not judged, and a service name behind a tunnel is this one', async () => {
  const far = await examine([injected('pod', { address: 'https://vault.example.com:8200', role: 'nobody' })])
  expect(codes(far)).toEqual([])
  expect(unjudged(far).map(({ why }) => why)).toEqual([expect.stringContaining('https://vault.example.com:8200')])
  await made.clear()
  const near = await examine([injected('pod', { address: 'http://vault.vault.svc:8200', role: 'nobody' })])
  expect(errors(near)).toEqual(['ICE9602'])
  expect(findingOf(near, 'ICE9602').evidence).toMatchObject({ 'speaks to': 'http://vault.vault.svc:8200' })
})

describe('ICE9609', () => {
  test('a login that is refused although all that can be read fits', async () => {
    await made.make(injected('pod', { account: 'other' }))
    expect(codes(await patient.examine())).toEqual([])
    const entity = await entityOf('other')
    await patient.vault.write(path`identity/entity/id/${entity}`, { disabled: true })
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9609'])
    expect(findingOf(result, 'ICE9609').remedy.text).toContain(`--as ${ns}/other`)
    await patient.vault.write(path`identity/entity/id/${entity}`, { disabled: false })
    expect(codes(await patient.examine())).toEqual([])
  })

  async function entityOf(name: string): Promise<string> {
    const { metadata } = (await patient.cluster.get(refs.serviceAccount(ns, name))) ?? {}
    const { accessor = '' } = (await patient.vault.read<{ accessor?: string }>(path`sys/mounts/auth/${id}`))?.data ?? {}
    const found = await patient.vault.write(path`identity/lookup/entity`, {
      alias_name: metadata?.uid,
      alias_mount_accessor: accessor,
    })
    return String((found as { data?: { id?: string } } | undefined)?.data?.id)
  }
})

describe('one fault is told once, as its cause', () => {
  const all = () => [injected('pod'), ...vso(), store(), external('vault'), issuer(['vault'])]

  test('a role that was deleted', async () => {
    await patient.vault.delete(path`auth/${id}/role/app`)
    const result = await examine(all())
    expect(errors(result)).toEqual(['ICE9301'])
    expect(findingOf(result, 'ICE9301').consequences).toContain('ICE9602')
    await patient.apply()
    expect(codes(await patient.examine())).toEqual([])
  })

  test('a mount that was deleted', async () => {
    await patient.vault.delete(path`sys/auth/${id}`)
    const result = await examine(all())
    expect(errors(result)).toEqual(['ICE9101'])
    await patient.apply({ adopt: 'all' })
    expect(codes(await patient.examine())).toEqual([])
  })

  test('a role that asks for another audience', async () => {
    const role = (await patient.vault.read(path`auth/${id}/role/app`))?.data ?? {}
    await patient.vault.write(path`auth/${id}/role/app`, { ...role, audience: 'another' })
    expect(errors(await examine(all()))).toEqual(['ICE9305'])
    await patient.apply()
  })

  test('a way to the API server that is closed', async () => {
    const config = (await patient.vault.read(path`auth/${id}/config`))?.data ?? {}
    const secrets = { apiVersion: 'v1', kind: 'Secret', resource: 'secrets', namespace: `${id}-auth` }
    const [reviewer] = (await patient.cluster.list(secrets)).map(({ data }) => (data as { token?: Secret }).token)
    await patient.vault.write(path`auth/${id}/config`, {
      ...config,
      kubernetes_host: 'https://127.0.0.1:1',
      token_reviewer_jwt: reviewer,
    })
    expect(errors(await examine(all()))).toEqual(['ICE9107'])
    await patient.apply({ adopt: 'all' })
    expect(codes(await patient.examine())).toEqual([])
  })
})

test('a fault of an object beside one of the trust: both are named', async () => {
  await patient.vault.delete(path`sys/policies/acl/${id}-read`)
  const result = await examine([...vso({ role: 'nobody' }), external('gone')])
  expect(errors(result)).toEqual(expect.arrayContaining(['ICE9602', 'ICE9608']))
  expect(errors(result).length).toBe(3)
  await patient.apply()
})

test('without a file: those that log in at the mount that is asked about', async () => {
  const gone = `${id}-gone`
  await made.make(store({ role: 'nobody' }), store({ mountPath: gone }, `${ns}/far`))
  const found = await patient.examineUnwritten({ all: true })
  const own = found.findings.filter(({ subject }) => subject.startsWith('k8s:'))
  expect(own.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    expect.stringMatching(`^ICE9602 k8s:[^:]+:SecretStore/${ns}/vault$`),
  ])
})
