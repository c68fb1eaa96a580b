import pg from 'pg'
import type { FileInput } from '../../src/config/schema.js'
import { refs } from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'
import { path, type Vault, type VaultLogin } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { databaseURL } from './everything.js'
import { openScenario, type Scenario } from './scenario.js'

/** A trust that somebody has broken into: accounts that log in, a database that makes users, and neighbours. */
export interface Break extends Scenario {
  readonly content: () => FileInput
  /** As `NAMESPACE/NAME`, with a token for this audience. */
  readonly logIn: (account: string, role: string, audience?: string) => Promise<Entered>
  /** Can a database user log in? */
  readonly lives: (user: DatabaseUser) => Promise<boolean>
  readonly account: (name: string) => Promise<void>
}

export interface Entered {
  readonly login: VaultLogin
  readonly vault: Vault
  /** Makes a database user, as it may. */
  readonly databaseUser: () => Promise<DatabaseUser>
  /** Does Vault still take the token? */
  readonly works: () => Promise<boolean>
}

export interface DatabaseUser {
  readonly lease: string
  readonly user: string
  readonly password: string
}

/** Two roles: `app` for `ID-app/app` and `ID-app/other`, `single` for `ID-app/app` alone. */
export async function openBreak(change: (file: FileInput, id: string) => FileInput = (file) => file): Promise<Break> {
  const one = await openScenario()
  const { id, vault, cluster } = one
  const namespace = `${id}-app`
  const content = (): FileInput =>
    change(
      {
        ...one.base(),
        namespaces: { [namespace]: {} },
        serviceAccounts: [`${namespace}/app`, `${namespace}/other`],
        engines: {
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
            roles: {
              app: {
                connection: 'main',
                creation: [`CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`],
                revocation: ['DROP ROLE IF EXISTS "{{name}}"'],
                defaultTTL: '10m',
                maxTTL: '1h',
              },
            },
          },
        },
        policies: { [`${id}-db`]: { grants: [`read database ${id}-db/app`] } },
        roles: {
          app: {
            serviceAccounts: ['app', 'other'],
            namespaces: [namespace],
            audience: 'vault',
            policies: [`${id}-db`],
            tokenTTL: '1h',
          },
          single: {
            serviceAccounts: ['app'],
            namespaces: [namespace],
            audience: 'vault',
            policies: [`${id}-db`],
            tokenTTL: '1h',
          },
        },
      },
      id,
    )
  one.write(content())
  await one.apply()
  const { host, port, database } = servers().postgres

  return {
    ...one,
    content,
    async logIn(account, role, audience = 'vault') {
      const [inNamespace = '', serviceAccount = ''] = account.split('/')
      const audiences = audience === '' ? [] : [audience]
      const request = { namespace: inNamespace, serviceAccount, audiences, expirationSeconds: 3600 }
      const { token } = await cluster.requestToken(request)
      const login = await vault.login(id, role, token)
      const as = vault.withToken(login.token)
      return {
        login,
        vault: as,
        async databaseUser() {
          const answer = await as.readSecret(path`${id}-db/creds/app`, { repeatable: false })
          const { username, password } = answer!.data as { username: Secret; password: Secret }
          return { lease: answer!.leaseId!, user: Secret.reveal(username), password: Secret.reveal(password) }
        },
        async works() {
          try {
            await as.read(path`auth/token/lookup-self`)
            return true
          } catch {
            return false
          }
        },
      }
    },
    async lives({ user, password }) {
      const client = new pg.Client({ host, port, database, user, password })
      client.on('error', () => undefined)
      try {
        await client.connect()
        await client.end()
        return true
      } catch {
        return false
      }
    },
    async account(name) {
      const ref = refs.serviceAccount(namespace, name)
      await cluster.create(ref, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })
    },
  }
}
