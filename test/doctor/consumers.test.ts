import { describe, expect, test } from '@jest/globals'
import { doctorCalls } from '../../src/doctor/calls.js'
import { concerns } from '../../src/doctor/consumers/concern.js'
import { consumersOf, oneOfEach, type World } from '../../src/doctor/consumers/index.js'
import { secretsOf } from '../../src/doctor/consumers/pods.js'
import { selects } from '../../src/doctor/consumers/selector.js'
import type { File } from '../../src/config/file.js'
import type { KubernetesObject } from '../../src/kubernetes/index.js'
import { agentConfig, container, csiPod, DEFINED, injectedPod, object } from './consumer-objects.js'

const ADDRESS = 'https://vault.example.com:8200'

/** All kinds that a test names are listed, the others are not. */
function worldOf(objects: readonly KubernetesObject[], ...empty: readonly string[]): World {
  const world = new Map<string, readonly KubernetesObject[]>(empty.map((kind) => [kind, []]))
  for (const [kind, those] of Map.groupBy(objects, ({ kind = '' }) => kind)) world.set(kind, those)
  return world
}
const read = (objects: readonly KubernetesObject[], ...empty: readonly string[]) =>
  consumersOf(worldOf(objects, ...empty))
const logins = (...objects: readonly KubernetesObject[]) => read(objects).flatMap(({ implied }) => implied)
const whats = (objects: readonly KubernetesObject[], ...empty: readonly string[]) =>
  read(objects, ...empty).flatMap(({ broken }) => broken.map(({ what }) => what))
const app = { namespace: 'app', name: 'app' }

const asked = (annotations: Record<string, string>, spec: object = { serviceAccountName: 'app' }) =>
  object('Pod', 'app/pod', spec, {
    annotations: Object.fromEntries(
      Object.entries({ 'agent-inject': 'true', ...annotations }).map(([name, value]) => [
        `vault.hashicorp.com/${name}`,
        value,
      ]),
    ),
  })

describe('the injector', () => {
  test('what it has put into the agent’s container is what happens', () => {
    const pod = injectedPod('app/pod', {
      mountPath: 'auth/demo',
      role: 'app',
      address: ADDRESS,
      audience: 'vault',
      annotations: { 'vault.hashicorp.com/auth-path': 'auth/other' },
    })
    expect(read([pod])).toMatchObject([
      {
        way: 'injector',
        implied: [{ mount: 'demo', role: 'app', account: app, audiences: ['vault'], address: ADDRESS }],
      },
    ])
    expect(whats([pod])).toEqual([])
  })

  test('the pod’s own token is for the API server; one that is not found is for nobody knows whom', () => {
    const volume = {
      name: 'kube-api-access-x',
      projected: { sources: [{ serviceAccountToken: { path: 'token' } }, { configMap: { name: 'kube-root-ca.crt' } }] },
    }
    const mounted = { name: volume.name, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }
    const env = [{ name: 'VAULT_CONFIG', value: agentConfig({ type: 'kubernetes', config: { role: 'app' } }, ADDRESS) }]
    const pod = (volumes: object[]) =>
      asked({}, { volumes, containers: [container('vault-agent', { env, volumeMounts: [mounted] })] })
    expect(logins(pod([volume]))).toMatchObject([{ mount: 'kubernetes', audiences: [] }])
    expect(logins(pod([]))[0]).not.toHaveProperty('audiences')
  })

  test('a path without auth/ is no mount: the agent takes it as it stands', () => {
    const at = (mountPath: string) => logins(injectedPod('app/pod', { mountPath, role: 'app', address: ADDRESS }))
    expect(at('demo')).toMatchObject([{ mount: 'demo', noPath: 'demo' }])
    expect(at('/auth/team/demo/')[0]).not.toHaveProperty('noPath')
    expect(at('/auth/team/demo/')).toMatchObject([{ mount: 'team/demo' }])
  })

  test('without an agent the annotations count, and what the injector was started with', () => {
    const env = [
      { name: 'AGENT_INJECT_VAULT_AUTH_PATH', value: 'auth/preset' },
      { name: 'AGENT_INJECT_VAULT_ADDR', value: ADDRESS },
    ]
    const own = object('Pod', 'vault/injector', { containers: [container('sidecar-injector', { env })] })
    expect(logins(asked({ role: 'app' }), own)).toMatchObject([{ mount: 'preset', role: 'app', address: ADDRESS }])
    expect(logins(asked({ role: 'app', 'auth-path': 'auth/said' }), own)).toMatchObject([{ mount: 'said' }])
    // Nothing is guessed.
    expect(logins(asked({ role: 'app' }))).toEqual([])
  })

  test('a projected token of the volume that the annotation names, and its first one', () => {
    const sources = ['vault', 'other'].map((audience) => ({ serviceAccountToken: { audience, path: audience } }))
    const pod = asked(
      { role: 'app', 'auth-path': 'auth/demo', 'agent-service-account-token-volume-name': 'mine' },
      { volumes: [{ name: 'mine', projected: { sources } }] },
    )
    expect(logins(pod)).toMatchObject([{ audiences: ['vault'], account: { name: 'default' } }])
  })

  test('truth values as Go reads them, and the prefix of OpenBao', () => {
    const bao = { 'openbao.openbao.org/agent-inject': 'true', 'openbao.openbao.org/role': 'app' }
    expect(read([object('Pod', 'app/pod', {}, { annotations: bao })])).toHaveLength(1)
    for (const [value, count] of [
      ['1', 1],
      ['TRUE', 1],
      ['false', 0],
      ['yes', 0],
    ] as const)
      expect([value, read([asked({ 'agent-inject': value })]).length]).toEqual([value, count])
  })

  test('other methods and configurations of one’s own are not guessed at, and that is said', () => {
    const status = { 'agent-inject-status': 'injected' }
    for (const more of [{ 'auth-type': 'approle' }, { 'agent-configmap': 'mine' }]) {
      const [found] = read([asked({ ...status, ...more })])
      expect(found).toMatchObject({ implied: [], broken: [] })
      expect(found?.unread).toHaveLength(1)
    }
  })

  test('a pod that has done its work, or is going, is no concern', () => {
    const pod = asked({})
    expect(read([{ ...pod, status: { phase: 'Succeeded' } }])).toEqual([])
    expect(read([{ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }])).toEqual([])
    expect(read([{ ...pod, status: { phase: 'Failed' } }])).toHaveLength(1)
  })

  describe('a pod without an agent', () => {
    const webhook = (more: object) =>
      object(
        'MutatingWebhookConfiguration',
        'injector',
        {},
        {
          webhooks: [{ name: 'vault.hashicorp.com', failurePolicy: 'Ignore', ...more }],
        },
      )
    const home = object('Namespace', 'app', {})
    const evidence = (...objects: KubernetesObject[]) =>
      read([asked({ role: 'app' }), home, ...objects], 'MutatingWebhookConfiguration').flatMap(({ broken }) =>
        broken.map((one) => one.evidence),
      )

    test('no webhook, one that selects others, one that could not be called', () => {
      expect(evidence()).toEqual([{ webhooks: 'none of the injector is registered' }])
      const expression = { matchExpressions: [{ key: 'vault', operator: 'In', values: ['yes'] }] }
      expect(evidence(webhook({ namespaceSelector: expression }))).toMatchObject([
        { webhooks: 'injector', 'namespace is not selected': JSON.stringify(expression) },
      ])
      expect(evidence(webhook({}))).toEqual([{ webhooks: 'injector', failurePolicy: 'Ignore' }])
    })

    test('webhooks that may not be listed are not missing', () => {
      const [found] = read([asked({ role: 'app' }), home])
      expect(found?.broken[0]?.evidence).toEqual({ webhooks: 'may not be listed' })
    })
  })

  test('a pod that gets no token', () => {
    const configMap = { 'agent-configmap': 'mine', 'agent-inject-status': 'injected' }
    const account = object('ServiceAccount', 'app/app', {}, { automountServiceAccountToken: false })
    const pod = (spec: object) => asked(configMap, { serviceAccountName: 'app', ...spec })
    expect(whats([pod({ automountServiceAccountToken: false })])).toEqual(['token'])
    expect(whats([pod({}), account])).toEqual(['token'])
    expect(whats([pod({ automountServiceAccountToken: true }), account])).toEqual([])
    expect(whats([pod({})])).toEqual([])
  })
})

describe('the CSI provider', () => {
  const classOf = (parameters: object) =>
    object('SecretProviderClass', 'app/vault', { provider: 'vault', parameters: { roleName: 'app', ...parameters } })
  const pod = csiPod('app/pod', 'vault')
  const driver = (...audiences: string[]) =>
    object('CSIDriver', 'secrets-store.csi.k8s.io', { tokenRequests: audiences.map((audience) => ({ audience })) })

  test('its path stands behind auth/, also where it says auth/ itself', () => {
    expect(logins(pod, classOf({}), driver())).toMatchObject([{ mount: 'kubernetes', account: app, audiences: [] }])
    expect(logins(pod, classOf({ vaultKubernetesMountPath: 'demo' }))).toMatchObject([{ mount: 'demo' }])
    expect(logins(pod, classOf({ vaultAuthMountPath: 'auth/demo' }))).toMatchObject([{ mount: 'auth/demo' }])
  })

  test('what the provider was started with is its default', () => {
    const spec = { containers: [{ name: 'provider', args: ['-vault-mount=preset', '--debug=false'] }] }
    const provider = object('DaemonSet', 'csi/vault-csi-provider', {
      selector: 'vault-csi-provider',
      template: { spec },
    })
    expect(logins(pod, classOf({}), provider)).toMatchObject([{ mount: 'preset' }])
  })

  test('the token that the driver hands over comes first', () => {
    expect(logins(pod, classOf({}), driver('vault'))).toMatchObject([{ audiences: ['vault'] }])
    expect(logins(pod, classOf({ audience: 'mine' }), driver('vault'))).toMatchObject([{ audiences: ['mine'] }])
    // Whether it hands one over could not be seen.
    expect(logins(pod, classOf({}))[0]).not.toHaveProperty('audiences')
  })

  test('a class that is not there, one of another provider, one without a role', () => {
    expect(whats([pod], 'SecretProviderClass')).toEqual(['reference'])
    expect(whats([pod])).toEqual([])
    const other = object('SecretProviderClass', 'app/vault', { provider: 'azure', parameters: {} })
    expect(read([pod, other])).toEqual([])
    expect(whats([pod, classOf({ roleName: '' })])).toEqual(['reference'])
  })
})

describe('the Vault Secrets Operator', () => {
  const KINDS = ['VaultAuth', 'VaultConnection', 'VaultAuthGlobal']
  const secret = (vaultAuthRef?: string) =>
    object('VaultStaticSecret', 'app/creds', { ...(vaultAuthRef && { vaultAuthRef }), destination: { name: 'filled' } })
  const auth = (place: string, spec: object = {}) =>
    object('VaultAuth', place, {
      method: 'kubernetes',
      mount: 'demo',
      vaultConnectionRef: 'vault',
      kubernetes: { role: 'app', serviceAccount: 'app', audiences: ['vault'] },
      ...spec,
    })
  const connection = (place: string) => object('VaultConnection', place, { address: ADDRESS })
  const operator = object('Pod', 'vso/operator', {
    containers: [container('manager', { image: 'hashicorp/vault-secrets-operator:1.0.0' })],
  })

  test('the account is that of the secret’s namespace', () => {
    const shared = [auth('infra/auth', { allowedNamespaces: ['app'] }), connection('infra/vault')]
    expect(read([secret('infra/auth'), ...shared])).toMatchObject([
      { implied: [{ mount: 'demo', account: app, audiences: ['vault'], address: ADDRESS }], fills: ['app/filled'] },
    ])
  })

  test('what is referred to and is not there, or lets the namespace not use it', () => {
    expect(whats([secret('auth')], ...KINDS)).toEqual(['reference'])
    expect(whats([secret('auth'), auth('app/auth')], ...KINDS)).toEqual(['reference'])
    expect(whats([secret('infra/auth'), auth('infra/auth'), connection('infra/vault')], ...KINDS)).toEqual([
      'reference',
    ])
    const all = auth('infra/auth', { allowedNamespaces: ['*'] })
    expect(whats([secret('infra/auth'), all, connection('infra/vault')], ...KINDS)).toEqual([])
    // What may not be listed is not missing.
    expect(whats([secret('auth')])).toEqual([])
  })

  test('who names nothing takes the operator’s default, where that can be seen', () => {
    const preset = [auth('vso/default', { vaultConnectionRef: undefined }), connection('vso/default')]
    expect(read([secret(), ...preset, operator])).toMatchObject([{ implied: [{ mount: 'demo', address: ADDRESS }] }])
    expect(read([secret(), ...preset])[0]).toMatchObject({ implied: [], broken: [] })
    expect(read([secret(), ...preset])[0]?.unread).toHaveLength(1)
  })

  test('a VaultAuthGlobal fills what the VaultAuth leaves open', () => {
    const global = object('VaultAuthGlobal', 'infra/global', {
      defaultMount: 'everywhere',
      kubernetes: { role: 'all', serviceAccount: 'app', audiences: ['vault'] },
    })
    const own = { mount: undefined, kubernetes: { role: 'mine' } }
    const ref = { vaultAuthGlobalRef: { name: 'global', namespace: 'infra' } }
    const objects = [secret('auth'), auth('app/auth', { ...own, ...ref }), connection('app/vault')]
    expect(read([...objects, global])).toMatchObject([
      { implied: [{ mount: 'everywhere', role: 'mine', account: app, audiences: ['vault'] }] },
    ])
    expect(whats(objects, ...KINDS)).toEqual(['reference'])
    const open = [secret('auth'), auth('app/auth', { vaultAuthGlobalRef: { allowDefault: true } })]
    expect(read(open)[0]?.unread).toHaveLength(1)
  })

  test('a method that takes no token of an account is not judged', () => {
    expect(read([secret('auth'), auth('app/auth', { method: 'appRole' })])[0]).toMatchObject({ implied: [] })
  })
})

describe('the External Secrets Operator', () => {
  const spec = (serviceAccountRef: object | undefined, more: object = {}) => ({
    provider: {
      vault: { server: ADDRESS, auth: { kubernetes: { mountPath: 'demo', role: 'app', serviceAccountRef } }, ...more },
    },
  })
  const secret = (kind: string, name = 'vault', place = 'app/creds') =>
    object('ExternalSecret', place, { secretStoreRef: { kind, name }, target: { name: 'filled' } })

  test('a SecretStore takes accounts of its own namespace', () => {
    const store = object('SecretStore', 'app/vault', spec({ name: 'app', namespace: 'other', audiences: ['vault'] }))
    expect(read([store, secret('SecretStore')])).toMatchObject([
      { implied: [{ mount: 'demo', account: app, audiences: ['vault'], address: ADDRESS }], fills: ['app/filled'] },
    ])
  })

  test('a ClusterSecretStore that names no namespace takes the account of each secret’s own', () => {
    const store = object('ClusterSecretStore', 'vault', spec({ name: 'app' }))
    expect(read([store])).toEqual([])
    const found = read([store, secret('ClusterSecretStore'), secret('ClusterSecretStore', 'vault', 'two/creds')])
    expect(found.flatMap(({ implied }) => implied.map(({ account }) => account?.namespace))).toEqual(['app', 'two'])
  })

  test('a store that is not there, for all of a secret or a part of it', () => {
    expect(whats([secret('SecretStore')], 'SecretStore')).toEqual(['reference'])
    expect(whats([secret('SecretStore')])).toEqual([])
    const part = { data: [{ sourceRef: { storeRef: { name: 'gone' } } }] }
    expect(whats([object('ExternalSecret', 'app/creds', part)], 'SecretStore')).toEqual(['reference'])
  })

  test('without a service account, or with another method', () => {
    const [controllers] = read([object('SecretStore', 'app/vault', spec(undefined))])
    expect(controllers).toMatchObject({ implied: [{ role: 'app' }] })
    expect(controllers?.implied[0]).not.toHaveProperty('account')
    expect(controllers?.unread).toHaveLength(1)
    const token = { auth: { tokenSecretRef: { name: 'x' }, kubernetes: { role: 'app' } } }
    expect(read([object('SecretStore', 'app/vault', spec(undefined, token))])).toEqual([])
  })
})

describe('cert-manager', () => {
  const spec = (kubernetes: object) => ({
    vault: { server: ADDRESS, auth: { kubernetes: { role: 'app', ...kubernetes } } },
  })
  const serviceAccountRef = { name: 'app', audiences: ['vault'] }

  test('it adds an audience of its own, and its path begins with /v1/auth/', () => {
    const at = (mountPath?: string) =>
      logins(object('Issuer', 'app/ca', spec({ serviceAccountRef, ...(mountPath && { mountPath }) })))
    expect(at()).toMatchObject([{ mount: 'kubernetes', account: app, audiences: ['vault://app/ca', 'vault'] }])
    expect(at('/v1/auth/demo')).toMatchObject([{ mount: 'demo' }])
    expect(at('auth/demo')).toMatchObject([{ noPath: 'auth/demo' }])
  })

  test('a ClusterIssuer’s account is where cert-manager looks for it', () => {
    const issuer = object('ClusterIssuer', 'ca', spec({ serviceAccountRef }))
    const controller = (...args: string[]) =>
      object('Pod', 'certs/cert-manager', { containers: [container('cert-manager-controller', { args })] })
    const namespaceOf = (...args: string[]) => logins(issuer, controller(...args))[0]?.account?.namespace
    expect(namespaceOf()).toBe('certs')
    expect(namespaceOf('--v=2', '--cluster-resource-namespace=$(POD_NAMESPACE)')).toBe('certs')
    expect(namespaceOf('--cluster-resource-namespace=elsewhere')).toBe('elsewhere')
    expect(logins(issuer)).toMatchObject([{ audiences: ['vault://ca', 'vault'] }])
    expect(logins(issuer)[0]).not.toHaveProperty('account')
  })

  test('a token in a Secret comes before an account', () => {
    const [login] = logins(object('Issuer', 'app/ca', spec({ serviceAccountRef, secretRef: { name: 'token' } })))
    expect(login).not.toHaveProperty('account')
    expect(login).not.toHaveProperty('audiences')
  })
})

describe('whose objects a file is about', () => {
  const file = {
    namespaces: { app: {} },
    serviceAccounts: ['jobs/runner'],
    roles: { a: { namespaces: ['web', 'team-*'] }, b: { namespaces: ['far'], clusters: ['other'] } },
    clusters: { demo: { auth: { path: 'demo' } } },
  } as unknown as File
  const at = (namespace: string | undefined, mount: string, isElsewhere = false) => {
    const place = namespace === undefined ? 'x' : `${namespace}/x`
    const [one] = read([
      object(namespace === undefined ? 'ClusterSecretStore' : 'SecretStore', place, {
        provider: {
          vault: {
            auth: {
              kubernetes: { mountPath: mount, role: 'app', serviceAccountRef: { name: 'app', namespace: 'app' } },
            },
          },
        },
      }),
    ])
    if (one === undefined) throw new Error('no consumer')
    return concerns(one, 'demo', file, () => isElsewhere)
  }

  test('those in the namespaces that it names, wherever they log in', () => {
    for (const namespace of ['app', 'jobs', 'web'])
      expect([namespace, at(namespace, 'other')]).toEqual([namespace, true])
    expect(at('app', 'other', true)).toBe(true)
  })

  test('those that log in at its mount, or as an account of its namespaces', () => {
    expect(at('stranger', 'demo')).toBe(true)
    expect(at(undefined, 'other')).toBe(true)
  })

  test('nobody else’s: a wildcard claims no namespace, and another Vault’s mount is another', () => {
    for (const namespace of ['stranger', 'team-a', 'far'])
      expect([namespace, at(namespace, 'other')]).toEqual([namespace, false])
    expect(at('stranger', 'demo', true)).toBe(false)
  })
})

test('a thousand pods of one owner are one, as long as they are alike', () => {
  const owned = (name: string, uid: string, role = 'app') => {
    const pod = injectedPod(`app/${name}`, { mountPath: 'auth/demo', role, address: ADDRESS })
    return { ...pod, metadata: { ...pod.metadata, ownerReferences: [{ uid, controller: true }] } }
  }
  const many = Array.from({ length: 1000 }, (_, index) => owned(`a-${index}`, 'one'))
  expect(oneOfEach(read(many))).toHaveLength(1)
  expect(oneOfEach(read([...many, owned('b', 'two'), owned('c', 'one', 'other')]))).toHaveLength(3)
  const byHand = ['x', 'y'].map((name) =>
    injectedPod(`app/${name}`, { mountPath: 'auth/demo', role: 'app', address: ADDRESS }),
  )
  expect(oneOfEach(read(byHand))).toHaveLength(2)
})

test('the Secrets that a pod reads', () => {
  const spec = {
    volumes: [
      { secret: { secretName: 'a' } },
      { projected: { sources: [{ secret: { name: 'b' } }] } },
      { emptyDir: {} },
    ],
    initContainers: [container('init', { envFrom: [{ secretRef: { name: 'c' } }] })],
    containers: [container('app', { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'd', key: 'k' } } }] })],
  }
  expect(secretsOf(object('Pod', 'app/pod', spec))).toEqual(['app/a', 'app/b', 'app/c', 'app/d'])
})

test.each([
  [{}, true],
  [{ matchLabels: { a: '1' } }, true],
  [{ matchLabels: { a: '2' } }, false],
  [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['1', '2'] }] }, true],
  [{ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1'] }] }, false],
  [{ matchExpressions: [{ key: 'b', operator: 'NotIn', values: ['1'] }] }, true],
  [{ matchExpressions: [{ key: 'b', operator: 'Exists' }] }, false],
  [{ matchExpressions: [{ key: 'b', operator: 'DoesNotExist' }] }, true],
])('the selector %j', (selector, expected) => {
  expect(selects(selector, { a: '1' })).toBe(expected)
})

test('what is listed is among the rights that doctor needs, under the name that the API has', () => {
  const file = { engines: {}, clusters: { demo: { auth: { method: 'jwt', path: 'demo' } } } } as unknown as File
  const listed = doctorCalls(file).flatMap(({ call }) =>
    call.api === 'kubernetes' && call.access.verb === 'list' ? [`${call.access.group}/${call.access.resource}`] : [],
  )
  const wanted = DEFINED.map(([group, , , plural]) => `${group}/${plural}`)
  expect(listed).toEqual(expect.arrayContaining([...wanted, '/pods', 'storage.k8s.io/csidrivers']))
})
