import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Json } from '../../src/kinds/contract.js'
import { refs } from '../../src/kubernetes/index.js'
import { path, type Payload, type VaultPath } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { bare, everything, makeUser, ownFields, pluginVersions, type PluginVersions } from './everything.js'
import { openScenario, pending, states, type Scenario } from './scenario.js'

let scenario: Scenario
let user: string
let versions: PluginVersions
let removeUser: () => Promise<void>

beforeAll(async () => {
  scenario = await openScenario()
  versions = await pluginVersions(scenario)
  user = `${scenario.id}_fixed`
  removeUser = await makeUser(user)
})

afterAll(async () => {
  await scenario.close()
  await removeUser()
})

const allDone = (outcomes: Record<string, string>) =>
  expect(Object.entries(outcomes).filter(([, state]) => state !== 'done')).toEqual([])

test('every field of every kind is set, changed, and taken away again, and each time the next plan finds nothing to do', async () => {
  for (const file of [bare, everything, bare]) {
    scenario.write(file(scenario, user, versions))
    allDone(states(await scenario.apply()))
    expect(pending(await scenario.plan())).toEqual({})
    expect(pending(await scenario.apply())).toEqual({})
  }
  const labelled = await scenario.cluster.get(refs.namespace(`${scenario.id}-app`))
  expect(labelled?.metadata.labels).not.toHaveProperty('team')
  expect(labelled?.metadata.annotations ?? {}).not.toHaveProperty('note')
  // What cannot be taken away is shown.
  const shown = (await scenario.plan()).plan.objects.filter(({ changes }) => changes.length > 0)
  expect(shown.map(({ address, action, reason }) => [address, action, reason])).toEqual([
    [`vault:sys/auth/${scenario.id}`, 'none', 'the server keeps it'],
    ...['v1', 'v2', 'transit'].map((mount) => [
      `vault:sys/mounts/${scenario.id}-${mount}`,
      'none',
      'the server keeps it',
    ]),
    [`vault:${scenario.id}-db/roles/app`, 'none', 'the server keeps it'],
  ])
})

test('a field that somebody changed by hand is seen and mended', async () => {
  const { id, vault } = scenario
  scenario.write(everything(scenario, user, versions))
  allDone(states(await scenario.apply()))

  const seconds = 77
  const other = ['z']
  const tune = {
    description: 'by hand',
    default_lease_ttl: `${seconds}s`,
    max_lease_ttl: '1h',
    listing_visibility: 'hidden',
    audit_non_hmac_request_keys: other,
    audit_non_hmac_response_keys: other,
    passthrough_request_headers: other,
    allowed_response_headers: other,
  }
  const product = servers().product
  const hands: (readonly [VaultPath, Payload, readonly string[]])[] = [
    ...['v1', 'v2', 'db', 'transit'].map(
      (mount) => [path`sys/mounts/${`${id}-${mount}`}/tune`, tune, TUNE_FIELDS] as const,
    ),
    [path`sys/mounts/auth/${id}/tune`, { ...tune, token_type: 'batch' }, [...TUNE_FIELDS, 'tokenType']],
    [
      path`${`${id}-v2`}/config`,
      { max_versions: 9, cas_required: false, delete_version_after: '1h' },
      ['maxVersions', 'casRequired', 'deleteVersionAfter'],
    ],
    [
      path`${`${id}-db`}/config/main`,
      {
        plugin_name: 'postgresql-database-plugin',
        connection_url: 'postgresql://{{username}}:{{password}}@127.0.0.1:1/other',
        verify_connection: false,
        allowed_roles: other,
        root_rotation_statements: other,
        password_policy: 'z',
        username_template: 'z',
        max_open_connections: 9,
        max_idle_connections: 8,
        max_connection_lifetime: '1s',
        disable_escaping: false,
        password_authentication: 'password',
        username: 'somebody',
      },
      [
        'url',
        'allowedRoles',
        'rootRotationStatements',
        'passwordPolicy',
        'usernameTemplate',
        'maxOpenConnections',
        'maxIdleConnections',
        'maxConnectionLifetime',
        'disableEscaping',
        'passwordAuthentication',
        'username',
        // Another user has another password.
        'password',
      ],
    ],
    [
      path`${`${id}-db`}/roles/app`,
      {
        db_name: 'z',
        creation_statements: other,
        revocation_statements: other,
        rollback_statements: other,
        renew_statements: other,
        default_ttl: seconds,
        max_ttl: 99,
        credential_config: { password_policy: 'z' },
      },
      ['connection', 'creation', 'revocation', 'rollback', 'renewal', 'defaultTTL', 'maxTTL', 'credentialConfig'],
    ],
    [
      path`${`${id}-db`}/static-roles/fixed`,
      { username: user, db_name: 'main', rotation_statements: other, ...BY_HAND[product].rotation[0] },
      ['rotationStatements', ...BY_HAND[product].rotation[1]],
    ],
    [
      path`${`${id}-transit`}/keys/app/config`,
      { auto_rotate_period: '2h', deletion_allowed: false, min_encryption_version: 0 },
      ['autoRotatePeriod', 'deletionAllowed', 'minEncryptionVersion'],
    ],
    [path`sys/policies/acl/${`${id}-kv`}`, { policy: 'path "z" { capabilities = ["read"] }' }, ['policy']],
    [
      path`auth/${id}/role/app`,
      {
        bound_service_account_names: other,
        bound_service_account_namespaces: other,
        bound_service_account_namespace_selector: '{"matchLabels":{"z":"z"}}',
        audience: 'z',
        alias_name_source: 'serviceaccount_uid',
        token_policies: other,
        token_ttl: seconds,
        token_max_ttl: 88,
        token_explicit_max_ttl: 99,
        token_period: 66,
        token_num_uses: 1,
        token_no_default_policy: false,
        token_type: 'default',
        ...BY_HAND[product].role[0],
      },
      [
        'serviceAccounts',
        'namespaces',
        'namespaceSelector',
        'audience',
        'aliasNameSource',
        'policies',
        'tokenTTL',
        'tokenMaxTTL',
        'tokenExplicitMaxTTL',
        'tokenPeriod',
        'tokenNumUses',
        'tokenNoDefaultPolicy',
        'tokenType',
        ...BY_HAND[product].role[1],
      ],
    ],
    [
      path`auth/${id}/config`,
      { kubernetes_host: 'https://127.0.0.1:1', kubernetes_ca_cert: await otherCertificate() },
      [
        'kubernetesHost',
        'kubernetesCACert',
        'pemKeys',
        'issuer',
        'disableISSValidation',
        'tokenReviewerJWT',
        ...Object.keys(ownFields[product].auth),
      ],
    ],
  ]
  for (const [at, body] of hands) await vault.write(at, body)
  const seen = Object.fromEntries(
    (await scenario.plan()).plan.objects
      .filter(({ action }) => action === 'update')
      .map(({ address, changes }) => [address, changes.map(({ field }) => field).sort()]),
  )
  const expected = hands.map(([at, , fields]) => [
    `vault:${at.text
      .replace(/\/tune$/, '')
      .replace(/^sys\/mounts\/auth/, 'sys/auth')
      .replace(/(keys\/app)\/config$/, '$1')}`,
    [...fields].sort(),
  ])
  expect(seen).toEqual(Object.fromEntries(expected) as Json)

  allDone(states(await scenario.apply()))
  expect(pending(await scenario.plan())).toEqual({})
})

const TUNE_FIELDS = [
  'description',
  'defaultLeaseTTL',
  'maxLeaseTTL',
  'listingVisibility',
  'auditNonHMACRequestKeys',
  'auditNonHMACResponseKeys',
  'passthroughRequestHeaders',
  'allowedResponseHeaders',
]

const BY_HAND = {
  openbao: {
    rotation: [{ rotation_period: 7200 }, ['rotationPeriod']],
    role: [{ token_strictly_bind_ip: false }, ['tokenStrictlyBindIP']],
  },
  vault: {
    rotation: [{ rotation_schedule: '0 1 * * SUN', rotation_window: 3600 }, ['rotationSchedule', 'rotationWindow']],
    role: [{ token_bound_cidrs: ['10.1.1.1'] }, ['tokenBoundCIDRs']],
  },
} as const

async function otherCertificate(): Promise<string> {
  const { createAuthority } = await import('../../src/sandbox/certificates.js')
  return (await createAuthority('another')).certificate
}
