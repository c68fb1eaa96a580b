import { authRoleFields, type RoleId } from '../kinds/auth-role.js'
import type { Json } from '../kinds/contract.js'
import { observedValues } from '../kinds/fields.js'
import { path, statusOf, type Vault } from '../vault/index.js'
import { besides, sectionOfFields, shownFields, type ShownField } from './step-shown.js'
import { withStepSession, type StepOptionsBase } from './step-session.js'

/** A role as it stands. */
export interface LiveRole {
  readonly fields: readonly ShownField[]
  /** What the server says besides (fields of old names), under the API's names. */
  readonly others: Readonly<Record<string, Json>>
}

/** @returns undefined where the mount has no such role */
export async function readRole({ mount, name }: RoleId, vault: Vault): Promise<LiveRole | undefined> {
  const answer = await vault.read(path`auth/${mount}/role/${name}`)
  if (answer === undefined) return undefined
  const fields = shownFields(authRoleFields, observedValues(authRoleFields, answer.data))
  return { fields, others: besides(authRoleFields, answer.data) }
}

/** The role that a step is about, as a section of the file; undefined where there is none. */
export function existingRole(
  name: string,
  options: StepOptionsBase,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  return withStepSession(options, async ({ place, vault }) => {
    try {
      const role = await readRole({ mount: place.mount, name }, await vault())
      return role && (await roleSection(role))
    } catch (error) {
      // No mount, no role: what is missing is said where it is written.
      if (statusOf(error) === 404) return undefined
      throw error
    }
  })
}

async function roleSection({ fields }: LiveRole): Promise<Readonly<Record<string, unknown>>> {
  const section = sectionOfFields(fields)
  const selector = section['namespaceSelector']
  if (typeof selector !== 'string') return section
  // The servers take JSON and YAML, and give back what they took.
  const { parse } = await import('yaml')
  return { ...section, namespaceSelector: parse(selector) as unknown }
}
