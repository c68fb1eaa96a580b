import { IceError } from '../catalogue/index.js'
import type { File } from '../config/file.js'
import { vaultAddress } from '../kinds/address.js'
import { allowsRole, connectionNames, readConnection, type LiveConnection } from './database-connection.js'
import { requireMount } from './engine-mount.js'
import { plan } from './plan.js'
import type { StepResult } from './results.js'
import { notThere, orUndefined } from './step-shown.js'
import { step, type StepOptions } from './step.js'
import type { Step } from './step-file.js'
import { withStepSession } from './step-session.js'

export interface DatabaseRoleTarget {
  readonly mount: string
  readonly name: string
  readonly part: 'roles' | 'staticRoles'
}

type Engine = Extract<File['engines'][string], { connections: unknown }>

/** The connection of a role: undefined where it may not be read. */
interface Used {
  readonly name: string
  readonly live: LiveConnection | undefined
}

/**
 * Writes a database role. Its connection must allow it: one that this file made is told to, of another what to type is said.
 * @throws IceError VAULT.notThere where the engine or the connection is missing
 */
export async function databaseRole(options: StepOptions, target: DatabaseRoleTarget): Promise<StepResult> {
  const used = await withStepSession(options, async ({ file, vaultIo }): Promise<Used> => {
    const io = await vaultIo()
    const { mount, name: role, part } = target
    await requireMount(mount, 'database', io.vault)
    const name = (file.engines[mount] as Engine)[part][role]?.connection ?? ''
    const seen = await orUndefined(async () => [await readConnection({ mount, name }, io)])
    if (seen === undefined) return { name, live: undefined }
    if (seen[0] === undefined) throw noConnection(mount, name, await connectionNames(mount, io.vault))
    return { name, live: seen[0] }
  })
  if (used.live === undefined || allowsRole(used.live, target.name)) return step(options)
  const allowing = { ...options, step: withAllowed(options.step, target, { name: used.name, live: used.live }) }
  const { objects } = (await plan(allowing)).plan
  const isOurs = objects.every(({ kind, action }) => kind !== 'DatabaseConnection' || action !== 'refuse')
  if (isOurs) return step(allowing)
  options.emit(notAllowed(target, { name: used.name, live: used.live }))
  return step(options)
}

function noConnection(mount: string, name: string, others: readonly string[] | undefined): IceError {
  const { record, details } = notThere(`The connection ${name} of ${mount}`, name, others)
  return new IceError(record, {
    ...details,
    next: [...(details.next ?? []), `To make it: icebreaker database configure ${mount}/${name}`],
  })
}

/** The same step, with the connection as it is but for this role. */
function withAllowed(
  wanted: Step,
  { mount, name: role }: DatabaseRoleTarget,
  { name, live }: { readonly name: string; readonly live: LiveConnection },
): Step {
  return {
    ...wanted,
    kinds: [...wanted.kinds, 'DatabaseConnection'],
    says: [...wanted.says, 'allowedRoles'],
    sections(place) {
      const sections = wanted.sections(place) as { readonly engines: Readonly<Record<string, object>> }
      const connection = { plugin: live.plugin, allowedRoles: [...live.allowedRoles, role] }
      return { ...sections, engines: { [mount]: { ...sections.engines[mount], connections: { [name]: connection } } } }
    },
  }
}

function notAllowed(
  { mount, name: role }: DatabaseRoleTarget,
  { name, live }: { readonly name: string; readonly live: LiveConnection },
) {
  const address = vaultAddress(`${mount}/config/${name}`)
  const allowed = [...live.allowedRoles, role].join(',')
  return {
    type: 'note',
    level: 'warning',
    address,
    text: `The connection ${mount}/${name} does not allow the role ${role}, so it gives no credentials; and it is not ours to change. To allow it: icebreaker database configure ${mount}/${name} --allowed-roles ${allowed} --adopt ${address}`,
  } as const
}
