import { databaseConnection, type ConnectionId } from '../kinds/database-connection.js'
import { databaseConnectionFields } from '../kinds/database-connection-fields.js'
import type { Io } from '../kinds/contract.js'
import { databaseRole, databaseRoleFields } from '../kinds/database-role.js'
import { databaseStaticRole, databaseStaticRoleFields } from '../kinds/database-static-role.js'
import { text } from '../kinds/fields.js'
import { path, statusOf, type Vault } from '../vault/index.js'
import { notThere, orUndefined, sectionOfFields, shownFields } from './step-shown.js'
import { withStepSession, type StepOptionsBase } from './step-session.js'
import type { Section } from './steps/object.js'

/** A database connection as it stands, as far as Vault shows it. */
export interface LiveConnection {
  readonly plugin: string
  /** With `{{username}}` and `{{password}}`. */
  readonly url?: string
  readonly tlsCA?: string
  /** Vault's own user. */
  readonly username?: string
  readonly allowedRoles: readonly string[]
}

/** @returns undefined where there is none */
export async function readConnection(id: ConnectionId, io: Io): Promise<LiveConnection | undefined> {
  const observed = await databaseConnection.read(id, io)
  if (observed === undefined) return undefined
  const { values, username } = observed
  const [url, tlsCA, allowed] = [text(values['url']), text(values['tlsCA']), values['allowedRoles']]
  return {
    plugin: text(values['plugin']),
    ...(url !== '' && { url }),
    ...(tlsCA !== '' && { tlsCA }),
    ...(username !== undefined && { username }),
    allowedRoles: Array.isArray(allowed) ? allowed.map(String) : [],
  }
}

/** @throws IceError VAULT.notThere */
export async function requireConnection(id: ConnectionId, io: Io): Promise<LiveConnection> {
  const live = await readConnection(id, io)
  if (live !== undefined) return live
  const { mount, name } = id
  throw notThere(`The connection ${name} of ${mount}`, name, await connectionNames(mount, io.vault))
}

/** Undefined where they may not be listed. */
export const connectionNames = (mount: string, vault: Vault): Promise<readonly string[] | undefined> =>
  orUndefined(() => vault.list(path`${mount}/config`))

/** Does a connection serve a role of this name? Its list may hold patterns, as in `app-*`. */
export function allowsRole({ allowedRoles }: Pick<LiveConnection, 'allowedRoles'>, role: string): boolean {
  return allowedRoles.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`, 's').test(role)
  })
}

/** The connection that a step is about, as a section of the file; undefined where there is none. */
export function existingConnection(id: ConnectionId, options: StepOptionsBase): Promise<Section | undefined> {
  return looking(options, async (io) => {
    const observed = await databaseConnection.read(id, io)
    if (observed === undefined) return undefined
    const { values, username } = observed
    const section = sectionOfFields(shownFields(databaseConnectionFields, values))
    return { ...section, ...(username !== undefined && { username }) }
  })
}

/** The same of a role. */
export function existingRole(
  id: ConnectionId,
  part: 'roles' | 'staticRoles',
  options: StepOptionsBase,
): Promise<Section | undefined> {
  const [kind, fields] =
    part === 'roles' ? [databaseRole, databaseRoleFields] : [databaseStaticRole, databaseStaticRoleFields]
  return looking(options, async (io) => {
    const values = await kind.read(id, io)
    return values && sectionOfFields(shownFields(fields, values))
  })
}

/** No engine, no object: what is missing is said where it is written. */
function looking(
  options: StepOptionsBase,
  look: (io: Io) => Promise<Section | undefined>,
): Promise<Section | undefined> {
  return withStepSession(options, async ({ vaultIo }) => {
    try {
      return await look(await vaultIo())
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw error
    }
  })
}
