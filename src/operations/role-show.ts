import { path, type Vault } from '../vault/index.js'
import { readRole, type LiveRole } from './role-section.js'
import { notThere, orUndefined, unmounted } from './step-shown.js'
import { withStepSession, type StepOptionsBase } from './step-session.js'

export interface RoleShowOptions extends StepOptionsBase {
  readonly role: string
}

export interface RoleShowResult extends LiveRole {
  readonly operation: 'role show'
  readonly address: string
  readonly mount: string
  readonly role: string
  /** Policies that the role gives and that do not exist; undefined where they may not be listed. */
  readonly missingPolicies?: readonly string[]
}

/** Every field of a role that can be read. @throws IceError VAULT.notThere */
export function roleShow(options: RoleShowOptions): Promise<RoleShowResult> {
  return withStepSession(options, async ({ place: { mount }, vault: open }) => {
    const vault = await open()
    const name = options.role
    const role = await orMount(() => readRole({ mount, name }, vault), mount)
    if (role === undefined)
      throw notThere(`The role ${name} of auth/${mount}`, name, await orUndefined(() => roleNames(mount, vault)))
    const policies = await orUndefined(() => vault.list(path`sys/policies/acl`))
    return {
      operation: 'role show',
      address: `vault:auth/${mount}/role/${name}`,
      mount,
      role: name,
      ...role,
      ...(policies && { missingPolicies: policiesOf(role).filter((policy) => !policies.includes(policy)) }),
    }
  })
}

/** Names are listed as they are stored: in lower case. */
export const roleNames = (mount: string, vault: Vault): Promise<readonly string[]> =>
  vault.list(path`auth/${mount}/role`)

/** Runs a call below a mount; where that is missing, what shows the others is named. */
export async function orMount<T>(call: () => Promise<T>, mount: string): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw unmounted(error, `Is auth/${mount} the right path? icebreaker auth list shows the mounts that are there.`)
  }
}

function policiesOf({ fields, others }: LiveRole): string[] {
  const named = fields.find(({ field }) => field === 'policies')?.value
  return [...new Set([named, others['policies']].flatMap((list) => (Array.isArray(list) ? list.map(String) : [])))]
}
