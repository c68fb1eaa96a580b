import * as v from 'valibot'
import type { Context, File } from '../../../src/config/file.js'
import { fileSchema, type FileInput } from '../../../src/config/schema.js'
import { KINDS } from '../../../src/kinds/index.js'
import type { Servers } from '../../../src/operations/export/types.js'
import { buildGraph, type Graph } from '../../../src/reconcile/graph.js'

export const CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

const tuning = {
  description: 'as "described", ${not} a template',
  local: true,
  sealWrap: true,
  pluginVersion: 'v1.2.3',
  defaultLeaseTTL: '10m',
  maxLeaseTTL: '2h',
  listingVisibility: 'unauth' as const,
  auditNonHMACRequestKeys: ['a'],
  auditNonHMACResponseKeys: ['b'],
  passthroughRequestHeaders: ['X-One'],
  allowedResponseHeaders: ['X-Two'],
}

const role = {
  serviceAccounts: ['app'],
  namespaces: ['app'],
  audience: 'vault',
  aliasNameSource: 'serviceaccount_name' as const,
  policies: ['kv', 'by-hand', 'default', 'theirs'],
  tokenTTL: '1h',
  tokenMaxTTL: '2h',
  tokenExplicitMaxTTL: '3h',
  tokenPeriod: '4h',
  tokenNumUses: 5,
  tokenNoDefaultPolicy: true,
  tokenBoundCIDRs: ['10.0.0.0/8'],
  tokenType: 'service' as const,
  aliasMetadata: { team: 'a' },
  tokenStrictlyBindIP: true,
}

/** Every kind, every way in which Vault asks a cluster, and every field. */
export const FULL: FileInput = {
  version: 1,
  name: 'full',
  clusters: {
    demo: {
      auth: {
        path: 'demo',
        reviewer: { namespace: 'vault-auth', serviceAccount: 'reviewer' },
        ...tuning,
        tokenType: 'batch',
        pemKeys: ['KEY\n'],
        issuer: 'https://issuer',
        disableISSValidation: false,
        disableLocalCAJWT: false,
        useAnnotationsAsAliasMetadata: true,
      },
    },
    bound: {
      auth: { path: 'team/bound', reviewer: { namespace: 'vault-auth', serviceAccount: 'reviewer', token: 'bound' } },
    },
    client: { auth: { path: 'client', reviewer: { token: 'client' } } },
    pod: { auth: { path: 'pod', reviewer: { namespace: 'vault', serviceAccount: 'vault', token: 'pod' } } },
    keys: {
      auth: {
        method: 'jwt',
        path: 'keys',
        anonymousDiscovery: true,
        ...tuning,
        jwtSupportedAlgs: ['RS256'],
        defaultRole: 'app',
        overrideAllowedServerNames: ['other'],
        unsupportedCriticalCertExtensions: ['1.2.3'],
      },
    },
  },
  namespaces: { app: { labels: { team: 'a', 'example.com/x': 'y' }, annotations: { note: 'mine' } } },
  serviceAccounts: ['app/app'],
  engines: {
    static: {
      type: 'kv',
      ...tuning,
      config: { maxVersions: 3, casRequired: true, deleteVersionAfter: '36h' },
      secrets: {
        'app/creds': {
          user: { literal: 'a${b}' },
          password: { generate: {} },
          same: { env: 'SHARED' },
          prompted: { prompt: 'The "word"' },
          file: { file: './secret' },
          cluster: { kubernetes: { secret: 'app/one', key: 'two' } },
        },
      },
    },
    // In Terraform both have the same name.
    'team/one': { type: 'kv', version: 1, secrets: { app: { key: { env: 'ONE' }, other: { env: 'SHARED' } } } },
    'team-one': { type: 'kv', version: 1 },
    db: {
      type: 'database',
      ...tuning,
      connections: {
        main: {
          plugin: 'postgresql-database-plugin',
          pluginVersion: 'v1.0.0',
          url: 'postgresql://{{username}}:{{password}}@db:5432/app',
          username: { literal: 'vault' },
          password: { env: 'PGPASSWORD' },
          allowedRoles: ['app'],
          rootRotationStatements: [`ALTER USER "{{username}}" WITH PASSWORD '{{password}}'`],
          passwordPolicy: 'strict',
          usernameTemplate: 'v-{{random 8}}',
          maxOpenConnections: 3,
          maxIdleConnections: 2,
          maxConnectionLifetime: '5m',
          disableEscaping: true,
          passwordAuthentication: 'scram-sha-256',
          tlsCA: CA,
          verifyConnection: false,
          options: { tls_certificate: 'CERT', private_key: 'hidden-value', sslmode: 'require' },
        },
        own: { plugin: 'my-own-plugin', url: 'x://y' },
      },
      roles: {
        app: {
          connection: 'main',
          creation: [`CREATE ROLE "{{name}}" PASSWORD '{{password}}'`],
          revocation: ['DROP ROLE "{{name}}"'],
          rollback: ['SELECT 1'],
          renewal: ['SELECT 2'],
          defaultTTL: '1m',
          maxTTL: '10m',
          credentialType: 'rsa_private_key',
          credentialConfig: { key_bits: '4096' },
        },
        other: { connection: 'own' },
      },
      staticRoles: {
        fixed: {
          connection: 'main',
          username: 'fixed',
          rotationSchedule: '0 0 * * SAT',
          rotationWindow: '2h',
          rotationStatements: ['SELECT 3'],
          credentialType: 'rsa_private_key',
          credentialConfig: { key_bits: '4096' },
          skipImportRotation: true,
        },
        daily: { connection: 'main', username: 'daily', rotationPeriod: '24h' },
      },
    },
    transit: {
      type: 'transit',
      keys: {
        app: {
          type: 'hmac',
          derived: true,
          convergentEncryption: true,
          keySize: 64,
          exportable: true,
          allowPlaintextBackup: true,
          autoRotatePeriod: '720h',
          minDecryptionVersion: 2,
          minEncryptionVersion: 3,
          deletionAllowed: true,
        },
      },
    },
    theirs: { existing: true, type: 'kv' },
  },
  policies: {
    kv: { grants: ['read kv static/app/creds', 'read kv theirs/x'] },
    'by-hand': { file: 'by-hand.hcl' },
    theirs: { existing: true },
  },
  roles: {
    app: {
      ...role,
      jwt: {
        boundAudiences: ['other'],
        boundSubject: 'system:serviceaccount:app:app',
        boundClaims: { sub: ['a', 'b'] },
        boundClaimsType: 'glob',
        userClaim: 'sub',
        userClaimJSONPointer: true,
        groupsClaim: 'groups',
        claimMappings: { a: 'b' },
        clockSkewLeeway: '1s',
        expirationLeeway: '2s',
        notBeforeLeeway: -1,
        maxAge: '3s',
        oidcScopes: ['x'],
        allowedRedirectURIs: ['https://y'],
        verboseOIDCLogging: true,
        tokenPoliciesTemplateClaims: true,
      },
    },
    selected: { ...role, clusters: ['demo'], namespaces: [], namespaceSelector: { matchLabels: { team: 'a' } } },
  },
}

const CONTEXT: Context = {
  clusters: Object.fromEntries(
    Object.keys(FULL.clusters).map((name) => [
      name,
      {
        apiServer: `https://${name}:6443`,
        ca: CA,
        caFrom: 'kubeconfig',
        proof: { by: 'operator' },
        issuer: { url: `https://issuer.${name}`, keys: ['KEY'] },
      },
    ]),
  ),
  // A rotation has given it another name.
  tokenSecrets: { demo: 'reviewer-token-2' },
  texts: { 'by-hand.hcl': '# ${x} %{y}\npath "secret/{{identity.entity.id}}" {\n  capabilities = ["read"]\n}\n' },
}

export const SERVERS: Servers = {
  vault: {
    address: 'https://vault:8200',
    namespace: 'team-a',
    caFile: '/etc/vault/ca.crt',
    tlsServerName: 'vault.internal',
    isForwarded: true,
  },
  clusters: Object.fromEntries(
    Object.keys(FULL.clusters).map((name) => [name, { kubeconfigs: ['/home/me/.kube/config'], context: name }]),
  ),
}

export const checked = (file: FileInput): File => v.parse(fileSchema, file)

export const graphOf = (file: FileInput = FULL, context: Partial<Context> = {}): Graph =>
  buildGraph(KINDS, checked({ ...file, inventory: { namespace: 'icebreaker' } }), { ...CONTEXT, ...context })
