import { generateKeyPairSync } from 'node:crypto'
import pg from 'pg'
import type { FileInput } from '../../src/config/schema.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import type { Scenario } from './scenario.js'

type Engine = NonNullable<FileInput['engines']>[string]

/** What each server alone knows. */
export const ownFields = {
  openbao: { auth: {}, role: { tokenStrictlyBindIP: true }, rotation: { rotationPeriod: '48h' } },
  vault: {
    auth: { useAnnotationsAsAliasMetadata: true },
    role: { tokenBoundCIDRs: ['127.0.0.1/32', '10.0.0.0/8'] },
    rotation: { rotationSchedule: '0 0 * * SAT', rotationWindow: '2h' },
  },
}

/** A public key, for what takes one. */
export const PUBLIC_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ type: 'spki', format: 'pem' })
  .toString()

export const databaseURL = (): string => {
  const { host, port, database } = servers().postgres
  return `postgresql://{{username}}:{{password}}@${host}:${port}/${database}`
}

/** Every kind, with no field that may be left out. `user`: a database user of the test's own, for the static role. */
export function bare({ id, base }: Scenario, user: string): FileInput {
  return {
    ...base(),
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    engines: {
      [`${id}-v1`]: { type: 'kv', version: 1, secrets: { app: { key: { literal: 'one' } } } },
      [`${id}-v2`]: { type: 'kv', secrets: { app: { key: { generate: {} } } } },
      [`${id}-db`]: {
        type: 'database',
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url: databaseURL(),
            username: { literal: 'vault' },
            password: { env: 'PGPASSWORD' },
          },
        },
        roles: { app: { connection: 'main', creation: [CREATE] } },
        staticRoles: { fixed: { connection: 'main', username: user, rotationPeriod: '24h' } },
      },
      [`${id}-transit`]: { type: 'transit', keys: { app: {} } },
    },
    policies: { [`${id}-kv`]: { grants: [`read kv ${id}-v2/app`] } },
    roles: {
      app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault' },
    },
  }
}

const CREATE = `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`

/** The versions of the plug-ins that the server has, by type. */
export type PluginVersions = Readonly<Record<'kubernetes' | 'kv' | 'transit', string>>

export async function pluginVersions({ vault }: Scenario): Promise<PluginVersions> {
  const version = async (plugin: string) =>
    String((await vault.read(path`sys/plugins/catalog/${plugin}`))?.data['version'])
  return {
    kubernetes: await version('auth/kubernetes'),
    kv: await version('secret/kv'),
    transit: await version('secret/transit'),
  }
}

/** The same, with every field set to something else than its default. */
export function everything(scenario: Scenario, user: string, versions: PluginVersions): FileInput {
  const { id, base } = scenario
  const own = ownFields[servers().product]
  const tuning = {
    description: 'as described',
    defaultLeaseTTL: '10m',
    maxLeaseTTL: '2h',
    listingVisibility: 'unauth',
    auditNonHMACRequestKeys: ['b', 'a'],
    auditNonHMACResponseKeys: ['c'],
    passthroughRequestHeaders: ['X-One', 'X-Two'],
    allowedResponseHeaders: ['X-Three'],
  } satisfies Partial<Engine>
  const small = bare(scenario, user)
  return {
    ...small,
    ...base({
      ...tuning,
      tokenType: 'service',
      pluginVersion: versions.kubernetes,
      pemKeys: [PUBLIC_KEY],
      issuer: 'https://issuer.example.com',
      disableISSValidation: false,
      disableLocalCAJWT: false,
      ...own.auth,
    }),
    namespaces: { [`${id}-app`]: { labels: { team: 'a' }, annotations: { note: 'mine' } } },
    engines: {
      [`${id}-v1`]: {
        ...tuning,
        type: 'kv',
        version: 1,
        pluginVersion: versions.kv,
        secrets: { app: { key: { literal: 'one' } } },
      },
      [`${id}-v2`]: {
        ...tuning,
        type: 'kv',
        pluginVersion: versions.kv,
        config: { maxVersions: 3, casRequired: true, deleteVersionAfter: '36h1m1s' },
        secrets: { app: { key: { generate: {} } } },
      },
      [`${id}-db`]: {
        ...tuning,
        type: 'database',
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url: databaseURL(),
            username: { literal: 'vault' },
            password: { env: 'PGPASSWORD' },
            allowedRoles: ['app', 'fixed', 'other-*'],
            rootRotationStatements: [`ALTER USER "{{username}}" WITH PASSWORD '{{password}}'`],
            passwordPolicy: 'none-such',
            usernameTemplate: 'v-{{random 8}}',
            maxOpenConnections: 3,
            maxIdleConnections: 2,
            maxConnectionLifetime: '5m',
            disableEscaping: true,
            passwordAuthentication: 'scram-sha-256',
            verifyConnection: false,
          },
        },
        roles: {
          app: {
            connection: 'main',
            creation: [CREATE, 'GRANT SELECT ON greetings TO "{{name}}"'],
            revocation: ['DROP ROLE "{{name}}"'],
            rollback: ['SELECT 1'],
            renewal: ['SELECT 2'],
            defaultTTL: '1m',
            maxTTL: '10m',
            credentialType: 'password',
            credentialConfig: { password_policy: 'none-such' },
          },
        },
        staticRoles: {
          fixed: {
            connection: 'main',
            username: user,
            ...own.rotation,
            rotationStatements: [`ALTER USER "{{name}}" WITH PASSWORD '{{password}}'`],
          },
        },
      },
      [`${id}-transit`]: {
        ...tuning,
        type: 'transit',
        pluginVersion: versions.transit,
        keys: {
          app: { autoRotatePeriod: '48h', deletionAllowed: true, minDecryptionVersion: 1, minEncryptionVersion: 1 },
          // What can only be said once.
          derived: {
            type: 'chacha20-poly1305',
            derived: true,
            convergentEncryption: true,
            exportable: true,
            allowPlaintextBackup: true,
          },
          hmac: { type: 'hmac', keySize: 48 },
        },
      },
    },
    policies: {
      ...small.policies,
      [`${id}-db`]: { grants: [`read database ${id}-db/app`, `encrypt transit ${id}-transit/app`] },
    },
    roles: {
      app: {
        serviceAccounts: ['app', 'other'],
        namespaces: [`${id}-app`, 'elsewhere'],
        namespaceSelector: { matchLabels: { b: '2', a: '1' } },
        audience: 'another',
        aliasNameSource: 'serviceaccount_name',
        policies: [`${id}-kv`, `${id}-db`],
        tokenTTL: '5m',
        tokenMaxTTL: '1h',
        tokenExplicitMaxTTL: '2h',
        tokenPeriod: '10m',
        tokenNumUses: 7,
        tokenNoDefaultPolicy: true,
        tokenType: 'service',
        ...own.role,
      },
    },
  }
}

/** A database user of a test's own, whose password Vault may change. @returns what removes it */
export async function makeUser(name: string, rights = ''): Promise<() => Promise<void>> {
  const { host, port, database, superuser, vault } = servers().postgres
  const client = new pg.Client({ host, port, database, ...superuser })
  await client.connect()
  await client.query(`CREATE ROLE "${name}" LOGIN ${rights} PASSWORD '${name}'`)
  await client.query(`GRANT "${name}" TO "${vault.user}" WITH ADMIN OPTION`)
  return async () => {
    await client.query(`DROP OWNED BY "${name}"`)
    await client.query(`DROP ROLE "${name}"`)
    await client.end()
  }
}
