/** Vault's own, which cannot be written: policy_store.go, immutablePolicies. */
const BUILT_IN = ['root', 'response-wrapping', 'control-group']

/**
 * Why a name cannot be a policy's; undefined if it can. Vault trims and lower-cases policy names wherever they are
 * written, but not always before it compares them (CVE-2025-5999: ` Root` became root): only what stays as it is passes,
 * so that no two names can become one.
 */
export function policyNameProblem(name: string): string | undefined {
  if (name === '') return 'a policy needs a name'
  const stored = name.trim().toLowerCase()
  if (BUILT_IN.includes(stored)) return `the policy "${stored}" is built in and cannot be changed`
  if (name !== name.trim()) return 'a policy name must not begin or end with a space: Vault would drop it'
  if (name !== stored) return `a policy name must be in lower case: Vault would store it as "${stored}"`
  if (name.includes(',')) return 'a policy name must not have a comma: roles take lists of names that commas part'
  return undefined
}
