import { ACCESS } from '../catalogue/index.js'
import { bindingsText, isWildcard } from './bindings.js'
import { policyAddress, roleAddress, type Access, type Finding } from './model.js'
import { heldPolicies, policyNames, type RoleView } from './who-can.js'

/** What somebody should look at. Pure. */
export function findingsOf(access: Access, views: readonly RoleView[]): readonly Finding[] {
  return [...views.flatMap((view) => roleFindings(access, view)), ...unheldPolicies(access, views)]
}

function roleFindings(access: Access, { role, bound, refused }: RoleView): Finding[] {
  const address = roleAddress(role)
  const found: Finding[] = []
  if (isWildcard(role.bindings)) {
    const number = bound.accounts.filter(({ there }) => there === 'yes' || there === 'planned').length
    const now = bound.open.length > 0 ? 'not all of them could be listed' : `${number} now, and any that are made later`
    found.push({ code: ACCESS.wildcardBinding.code, address, detail: `${bindingsText(role.bindings)}: ${now}` })
  }
  const isUsed = bound.open.length > 0 || bound.accounts.some(({ there }) => there !== 'no')
  if (refused) {
    found.push({
      code: ACCESS.unusableRole.code,
      address,
      detail: 'Vault makes no token with the policy root by a login',
    })
  } else if (!isUsed) {
    found.push({ code: ACCESS.unusableRole.code, address, detail: `no account fits ${bindingsText(role.bindings)}` })
  }
  for (const name of policyNames(role)) {
    if (access.policies.has(name) || name === 'root') continue
    found.push({ code: ACCESS.absentPolicy.code, address, detail: `there is no policy ${name}` })
  }
  return found
}

/** Vault's own policies are there for others. */
const BUILT_IN = ['default', 'root', 'response-wrapping', 'control-group']

function unheldPolicies({ policies, entities, source, gaps }: Access, views: readonly RoleView[]): Finding[] {
  // A role that could not be read may hold any of them.
  if (gaps.some(({ code }) => code === ACCESS.rolesUnknown.code)) return []
  const roles = views.map(({ role }) => role)
  const held = new Set([...BUILT_IN, ...heldPolicies(roles, entities)])
  return [...policies.values()]
    .filter(({ name, unknown }) => !held.has(name) && !(source === 'file' && unknown !== undefined))
    .map(({ name }) => ({
      code: ACCESS.unheldPolicy.code,
      address: policyAddress(name),
      detail: source === 'file' ? 'no role of the file names it' : 'no role of a Kubernetes auth mount names it',
    }))
}
