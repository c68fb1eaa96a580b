import { authConfigFields } from '../kinds/auth-config-fields.js'
import type { Json } from '../kinds/contract.js'
import { observedValues } from '../kinds/fields.js'
import { path, type Vault } from '../vault/index.js'
import { besides, shownFields, type ShownField } from './step-shown.js'

/** A row of sys/auth. */
export interface AuthRow {
  readonly type: string
  readonly accessor: string
  readonly description?: string
  readonly config?: object
}

/** The auth methods with which workloads of a cluster log in. */
export type WorkloadMethod = 'kubernetes' | 'jwt'

export const isWorkloadMethod = (type: string): type is WorkloadMethod => type === 'kubernetes' || type === 'jwt'

/** All auth mounts by path, without the slash at the end. */
export async function authRows(vault: Vault): Promise<ReadonlyMap<string, AuthRow>> {
  const rows = (await vault.read<Readonly<Record<string, AuthRow>>>(path`sys/auth`))?.data ?? {}
  return new Map(Object.entries(rows).map(([key, row]) => [key.replace(/\/$/, ''), row]))
}

/** The config of an auth mount as it stands. */
export interface LiveConfig {
  /** Of the `kubernetes` method. */
  readonly fields: readonly ShownField[]
  /** Under the API's names: all that another method has, what this tool does not know of `kubernetes`. */
  readonly others: Readonly<Record<string, Json>>
  /** Vault holds a reviewer's token, which it never shows; undefined for `jwt`, which has none. */
  readonly reviewerTokenSet?: boolean
}

/** @returns undefined where it was never written */
export async function readConfig(mount: string, method: WorkloadMethod, vault: Vault): Promise<LiveConfig | undefined> {
  const answer = await vault.read(path`auth/${mount}/config`)
  if (answer === undefined) return undefined
  const { data } = answer
  if (method === 'jwt') return { fields: [], others: besides({}, data) }
  const { token_reviewer_jwt_set: isSet, ...others } = data
  return {
    fields: shownFields(authConfigFields, observedValues(authConfigFields, data)),
    others: besides(authConfigFields, others),
    reviewerTokenSet: isSet === true,
  }
}

/** Whom Vault asks about tokens, or with whose keys it checks them. */
export function hostOf({ fields, others }: LiveConfig): string | undefined {
  const host = fields.find(({ field }) => field === 'kubernetesHost')?.value
  const said = [host, others['oidc_discovery_url'], others['jwks_url']].find((url) => typeof url === 'string')
  if (typeof said === 'string') return said
  return others['jwt_validation_pubkeys'] === undefined ? undefined : 'public keys'
}
