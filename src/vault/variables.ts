export type Env = Readonly<Record<string, string | undefined>>

/** A value and what the operator would call the place it came from. */
export interface Setting {
  readonly value: string
  readonly from: string
}

/**
 * `BAO_NAME`, or `VAULT_NAME` where that is not set. As in `bao` (openbao/api/env.go), one that is set to nothing still
 * hides the other.
 */
export function prefixed(env: Env, name: string): Setting | undefined {
  const from = env[`BAO_${name}`] === undefined ? `VAULT_${name}` : `BAO_${name}`
  const value = env[from]
  return value ? { value, from } : undefined
}
