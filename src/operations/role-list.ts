import { mapBounded } from '../http/limit.js'
import type { Json } from '../kinds/contract.js'
import { redact } from '../secrets/index.js'
import { readRole } from './role-section.js'
import { orMount, roleNames } from './role-show.js'
import { orUndefined } from './step-shown.js'
import { withStepSession, type StepOptionsBase } from './step-session.js'

/** One role with what it binds; undefined members could not be read, or are not set. */
export interface ListedRole {
  readonly name: string
  /** It may be listed and not read. */
  readonly isRead: boolean
  readonly serviceAccounts?: Json
  readonly namespaces?: Json
  readonly namespaceSelector?: Json
  readonly audience?: Json
  readonly policies?: Json
}

export interface RoleListResult {
  readonly operation: 'role list'
  readonly mount: string
  readonly roles: readonly ListedRole[]
}

const SHOWN: readonly string[] = ['serviceAccounts', 'namespaces', 'namespaceSelector', 'audience', 'policies']

/** The roles of an auth mount: who may log in, and what they get. */
export function roleList(options: StepOptionsBase): Promise<RoleListResult> {
  return withStepSession(options, async ({ place: { mount }, vault: open }) => {
    const vault = await open()
    const names = await orMount(() => roleNames(mount, vault), mount)
    const roles = await mapBounded(names, async (name): Promise<ListedRole> => {
      const role = await orUndefined(() => readRole({ mount, name }, vault))
      const shown = role?.fields.filter(({ field, set }) => set && SHOWN.includes(field)) ?? []
      return {
        name: redact(name),
        isRead: role !== undefined,
        ...Object.fromEntries(shown.map(({ field, value }) => [field, value])),
      }
    })
    return { operation: 'role list', mount, roles }
  })
}
