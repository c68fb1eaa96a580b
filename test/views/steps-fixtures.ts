import { APPLY, IceError } from '../../src/catalogue/index.js'
import type { LookResult } from '../../src/operations/look-results.js'
import type { ReviewerState } from '../../src/operations/reviewer-state.js'
import { Secret, Shown } from '../../src/secrets/index.js'
import type { StepResult } from '../../src/operations/results.js'
import { mixedPlan } from './fixtures.js'

/** Results of the steps, as the operations give them. */

const TOKEN = new Secret('eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl')

const field = (name: string, api: string, value: string | boolean | readonly string[], set = true) => ({
  field: name,
  api,
  value,
  set,
})

export const roleShow: LookResult = {
  operation: 'role show',
  address: 'vault:auth/demo/role/app',
  mount: 'demo',
  role: 'app',
  fields: [
    field('serviceAccounts', 'bound_service_account_names', ['exampleapp', 'other']),
    field('namespaces', 'bound_service_account_namespaces', ['app']),
    field('audience', 'audience', 'vault'),
    field('policies', 'token_policies', ['static', 'gone']),
    field('tokenTTL', 'token_ttl', '1h'),
    field('tokenPeriod', 'token_period', '0s', false),
    field('tokenBoundCIDRs', 'token_bound_cidrs', [], false),
  ],
  others: { ttl: 3600 },
  missingPolicies: ['gone'],
}

export const roleList: LookResult = {
  operation: 'role list',
  mount: 'demo',
  roles: [
    {
      name: 'app',
      isRead: true,
      serviceAccounts: ['exampleapp'],
      namespaces: ['app'],
      audience: 'vault',
      policies: ['static'],
    },
    { name: 'hidden', isRead: false },
    {
      name: 'selected',
      isRead: true,
      serviceAccounts: ['*'],
      namespaceSelector: '{"matchLabels":{"team":"a"}}',
      policies: ['static', 'dynamic'],
    },
  ],
}

export const roleListEmpty: LookResult = { operation: 'role list', mount: 'demo', roles: [] }

export const authShow: LookResult = {
  operation: 'auth show',
  address: 'vault:sys/auth/demo',
  path: 'demo',
  type: 'kubernetes',
  accessor: 'auth_kubernetes_1a2b3c4d',
  mount: [
    field('type', 'type', 'kubernetes'),
    field('description', 'description', 'cluster demo'),
    field('local', 'local', false, false),
  ],
  config: {
    fields: [
      field('kubernetesHost', 'kubernetes_host', 'https://10.0.0.1:6443'),
      field('disableLocalCAJWT', 'disable_local_ca_jwt', true),
      field('issuer', 'issuer', '', false),
    ],
    others: {},
    reviewerTokenSet: true,
  },
}

export const authShowBare: LookResult = {
  operation: 'auth show',
  address: 'vault:sys/auth/demo',
  path: 'demo',
  type: 'kubernetes',
  accessor: 'auth_kubernetes_1a2b3c4d',
  mount: [field('type', 'type', 'kubernetes')],
}

export const authList: LookResult = {
  operation: 'auth list',
  mounts: [
    {
      path: 'demo',
      type: 'kubernetes',
      accessor: 'auth_kubernetes_1a2b3c4d',
      description: 'cluster demo',
      host: 'https://10.0.0.1:6443',
      reviewerTokenSet: true,
      config: 'read',
    },
    { path: 'new', type: 'kubernetes', accessor: 'auth_kubernetes_2b3c4d5e', description: '', config: 'none' },
    {
      path: 'oidc',
      type: 'jwt',
      accessor: 'auth_jwt_3c4d5e6f',
      description: '',
      host: 'https://issuer.example.com',
      config: 'read',
    },
  ],
}

const login = {
  operation: 'auth login',
  cluster: 'demo',
  mount: 'demo',
  role: 'app',
  account: 'app/exampleapp',
  audience: 'vault',
  accessor: 'kRx4bdpSGSkBGzSYqlQqYyNg',
  policies: ['default', 'static'],
  tokenPolicies: ['default', 'static'],
  identityPolicies: ['team-a'],
  ttlSeconds: 3600,
  ttl: '1h',
  renewable: true,
  type: 'service',
  numUses: 0,
  entityId: '6c7d',
  metadata: { role: 'app', service_account_name: 'exampleapp', service_account_secret_name: '' },
  expiresAt: '2026-11-21T17:00:00.000Z',
  entity: {
    id: '6c7d',
    name: 'entity_6c7d',
    policies: ['team-a'],
    aliases: [{ name: '1f2e', mount: 'auth/demo/', metadata: { service_account_name: 'exampleapp', team: 'a' } }],
  },
  can: [
    {
      asked: 'read kv static/app',
      allowed: true,
      paths: [{ path: 'static/data/app', needs: ['read'], has: ['read'] }],
    },
    { asked: 'sys/mounts', allowed: false, paths: [{ path: 'sys/mounts', needs: [], has: ['deny'] }] },
    { asked: 'sys/auth', allowed: null, paths: [{ path: 'sys/auth', needs: [], has: null }] },
  ],
  left: [],
} as const satisfies Partial<LookResult>

export const authLogin: LookResult = { ...login, token: TOKEN, kept: false }
export const authLoginKept: LookResult = { ...login, can: [], token: new Shown(TOKEN), savedTo: 'token', kept: true }
export const authLoginLeft: LookResult = {
  ...login,
  can: [],
  token: TOKEN,
  kept: false,
  left: ['token kRx4bdpSGSkBGzSYqlQqYyNg of the role app: the connection was lost'],
}

const ready: ReviewerState = {
  namespace: 'vault-auth',
  serviceAccount: 'vault-reviewer',
  mode: 'secret',
  account: { name: 'vault-reviewer', exists: true, owner: 'steps' },
  binding: { name: 'icebreaker:vault-auth:vault-reviewer', exists: true, owner: 'steps' },
  mayReview: true,
  secret: {
    name: 'vault-reviewer-token',
    exists: true,
    filled: true,
    claims: {
      issuer: 'kubernetes/serviceaccount',
      subject: 'system:serviceaccount:vault-auth:vault-reviewer',
      audiences: [],
      boundTo: { kind: 'Secret', name: 'vault-reviewer-token' },
    },
  },
  missing: [],
}

export const reviewerReady: LookResult = { operation: 'reviewer show', cluster: 'demo', ...ready }
export const reviewerMissing: LookResult = {
  operation: 'reviewer show',
  cluster: 'demo',
  ...ready,
  account: { name: 'vault-reviewer', exists: true },
  binding: { name: 'icebreaker:vault-auth:vault-reviewer', exists: false, unknown: 'you may not get it' },
  mayReview: false,
  secret: { name: 'vault-reviewer-token', exists: true, filled: false },
  missing: ['a token in the Secret vault-auth/vault-reviewer-token: the token controller has not filled it'],
}

const token = {
  operation: 'reviewer token',
  cluster: 'demo',
  namespace: 'vault-auth',
  serviceAccount: 'vault-reviewer',
} as const

export const reviewerToken: LookResult = {
  ...token,
  from: 'secret',
  secret: 'vault-reviewer-token',
  token: TOKEN,
  claims: { subject: 'system:serviceaccount:vault-auth:vault-reviewer', audiences: [] },
  ended: false,
}
export const reviewerTokenShown: LookResult = {
  ...token,
  from: 'TokenRequest',
  secret: 'icebreaker-scratch-1795279112-72a19738',
  token: new Shown(TOKEN),
  savedTo: 'reviewer.jwt',
  claims: {
    subject: 'system:serviceaccount:vault-auth:vault-reviewer',
    audiences: ['https://kubernetes.default.svc'],
    issuedAt: '2026-11-21T16:00:00.000Z',
    expiresAt: '2026-11-21T17:00:00.000Z',
  },
  ended: false,
}

const certificate = {
  subject: 'CN=kubernetes',
  issuer: 'CN=kubernetes',
  sans: [],
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2036-01-01T00:00:00.000Z',
  fingerprint256: 'FD:D0:E0:EE',
  ca: true,
}
const trust = {
  apiServer: 'https://10.0.0.1:6443',
  ca: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  caFrom: 'kubeconfig',
  caCertificates: [certificate],
  certificate: { ...certificate, subject: 'CN=apiserver', sans: ['IP Address:10.0.0.1', 'DNS:kubernetes'], ca: false },
  proof: { by: 'operator' },
} as const

export const clusterCa: LookResult = { operation: 'cluster ca', cluster: 'demo', ...trust }

const inspected = {
  operation: 'cluster inspect',
  cluster: 'demo',
  server: 'https://10.0.0.1:6443',
  version: 'v1.36.3',
  clockAhead: -42,
  tokens: { issuer: 'https://issuer.example.com', keys: 'https://issuer.example.com/jwks', algorithms: ['RS256'] },
  reviewer: ready,
} as const

export const clusterInspect: LookResult = { ...inspected, trust, audiences: ['https://kubernetes.default.svc'] }
const { tokens: _tokens, clockAhead: _clock, ...unpublished } = inspected
export const clusterInspectPoor: LookResult = {
  ...unpublished,
  clockAhead: 0,
  refused: new IceError(APPLY.caRefused, { message: 'No CA fits the API server https://10.0.0.1:6443.' }),
}

const { operation: _plan, servers, plan, file } = mixedPlan
export const step: StepResult = {
  operation: 'step',
  command: 'role write',
  file,
  servers,
  plan: { ...plan, objects: plan.objects.filter(({ action }) => action !== 'refuse') },
  dryRun: true,
  outcomes: [],
  interrupted: false,
  seconds: 0.4,
}
