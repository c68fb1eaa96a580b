import { proveCredential } from '../../database/index.js'
import { hasWildcard } from '../../policy/index.js'
import { path as vaultPath } from '../../vault/index.js'
import type { Engine, EngineType } from '../engine.js'

interface Section {
  readonly connections?: Readonly<Record<string, Connection | undefined>>
  readonly roles?: Readonly<Record<string, { readonly connection: string } | undefined>>
  readonly staticRoles?: Readonly<Record<string, { readonly connection: string } | undefined>>
}

interface Connection {
  readonly plugin: string
  readonly url?: string
  readonly tlsCA?: string
  readonly probeAddress?: string
}

const sectionOf = (engine: Engine): Section => engine.section

/** Static roles give the password of a user that stays, the others a user that is made for the asking. */
const isStatic = (engine: Engine, role: string): boolean => sectionOf(engine).staticRoles?.[role] !== undefined

const credentials = (engine: Engine, role: string): string =>
  `${engine.mount}/${isStatic(engine, role) ? 'static-creds' : 'creds'}/${role}`

function connectionOf(engine: Engine, role: string): Connection | undefined {
  const { connections, roles, staticRoles } = sectionOf(engine)
  return connections?.[(roles?.[role] ?? staticRoles?.[role])?.connection ?? '']
}

/** Database credentials. https://openbao.org/api-docs/secret/databases/ */
export const database: EngineType = {
  type: 'database',
  noun: 'role',
  names: (engine) => Object.keys({ ...sectionOf(engine).roles, ...sectionOf(engine).staticRoles }),
  verbs: {
    read: {
      rules: (engine, role) => [{ path: credentials(engine, role), capabilities: ['read'] }],
      async use(engine, role, io) {
        if (hasWildcard(role)) return { verdict: 'skipped', detail: 'a glob names no one role to try' }
        // Each read makes a user, so it must not be repeated.
        const answer = await io.workload.readSecret(vaultPath`${credentials(engine, role)}`, { repeatable: false })
        const lease = answer?.leaseId === undefined ? undefined : io.lease(answer.leaseId)
        const proof = await proveCredential(connectionOf(engine, role), answer?.data ?? {}, {
          signal: io.signal,
          ...(lease && { lease }),
        })
        return proof.verdict === 'passed' ? proof : { ...proof, allowed: true }
      },
    },
  },
}
