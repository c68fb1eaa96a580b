import type { Bindings } from '../../access/model.js'
import { roleOfApi } from '../../access/from-live.js'
import { APPLY, IceError } from '../../catalogue/index.js'
import { mapBounded } from '../../http/limit.js'
import { NAME_CLAIM, NAMESPACE_CLAIM } from '../../kinds/auth-jwt-role-fields.js'
import type { Json } from '../../kinds/contract.js'
import { isLocked } from '../../kinds/role-lock.js'
import { path, type Payload, type Vault } from '../../vault/index.js'
import type { WorkloadMethod } from '../auth-mounts.js'
import type { Lists } from './narrow.js'

/** A role of an auth mount, as far as it says who may log in. */
export interface BoundRole {
  readonly mount: string
  readonly name: string
  readonly method: WorkloadMethod
  /**
   * Names and namespaces; what is locked is among them. Undefined: a role of the method `jwt` that binds something else, so
   * who it is for is not known.
   */
  readonly bindings: Bindings | undefined
  readonly audience?: string
  /** Its tokens are of the type `batch`: they cannot be revoked. */
  readonly batch: boolean
  readonly data: Readonly<Record<string, unknown>>
}

const NAMES = 'bound_service_account_names'
const NAMESPACES = 'bound_service_account_namespaces'
const SELECTOR = 'bound_service_account_namespace_selector'

/** The names of before 2019, which say once more what others say. */
const OLD: readonly string[] = ['policies', 'ttl', 'max_ttl', 'period', 'num_uses', 'bound_cidrs']

/** @param batchMount the mount gives batch tokens where a role does not say */
export async function readBoundRole(
  { mount, name, method, batchMount }: Pick<BoundRole, 'mount' | 'name' | 'method'> & { readonly batchMount: boolean },
  vault: Vault,
): Promise<BoundRole | undefined> {
  const data = (await vault.read(path`auth/${mount}/role/${name}`))?.data
  if (data === undefined) return undefined
  const bindings = method === 'jwt' ? jwtBindings(data) : roleOfApi(mount, name, data).bindings
  const audience = method === 'jwt' ? [data['bound_audiences']].flat()[0] : data['audience']
  const type = data['token_type']
  return {
    mount,
    name,
    method,
    bindings,
    ...(typeof audience === 'string' && audience !== '' && { audience }),
    batch: type === 'batch' || (type !== 'service' && batchMount),
    data,
  }
}

/** All roles of a mount. */
export async function readBoundRoles(
  at: Pick<BoundRole, 'mount' | 'method'> & { readonly batchMount: boolean },
  names: readonly string[],
  vault: Vault,
): Promise<BoundRole[]> {
  const roles = await mapBounded(names, (name) => readBoundRole({ ...at, name }, vault))
  return roles.filter((role) => role !== undefined)
}

type Claims = Readonly<Record<string, Json>>

const claimsOf = ({ bound_claims: claims }: Readonly<Record<string, unknown>>): Claims => (claims ?? {}) as Claims
const texts = (value: unknown): string[] => [value ?? []].flat().map(String)

function jwtBindings(data: Readonly<Record<string, unknown>>): Bindings | undefined {
  const claims = claimsOf(data)
  const [names, namespaces] = [texts(claims[NAME_CLAIM]), texts(claims[NAMESPACE_CLAIM])]
  if (names.every(isLocked) && namespaces.length === 0) return names.length === 0 ? undefined : { names, namespaces }
  if (names.length === 0 || namespaces.length === 0) return undefined
  // Without globs a `*` is only a letter, that no name has.
  const isExact = data['bound_claims_type'] !== 'glob'
  return isExact && [...names, ...namespaces].some((entry) => entry.includes('*') && !isLocked(entry))
    ? undefined
    : { names, namespaces }
}

/**
 * Changes whom a role names, and nothing else of it.
 * @throws IceError APPLY.changedMeanwhile where it is not so afterwards
 */
export async function writeLists(role: BoundRole, lists: Lists, vault: Vault): Promise<void> {
  const { mount, name, method, data } = role
  const body = method === 'jwt' ? jwtBody(data, lists) : kubernetesBody(data, lists)
  await vault.write(path`auth/${mount}/role/${name}`, body, { repeatable: true })
  const now = await readBoundRole({ mount, name, method, batchMount: false }, vault)
  const [has, wanted] = [now?.bindings ?? { names: [], namespaces: [] }, lists]
  if (sameList(has.names, wanted.names) && sameList(has.namespaces, wanted.namespaces)) return
  throw new IceError(APPLY.changedMeanwhile, {
    message: `The role ${name} of auth/${mount} was written, and does not stand as it was written: somebody else writes it.`,
  })
}

export const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify([...a].sort()) === JSON.stringify([...b].sort())

/** A write merges all but the selector, which is lost where it is not sent. */
function kubernetesBody(data: Readonly<Record<string, unknown>>, { names, namespaces }: Lists): Payload {
  return {
    [NAMES]: names,
    [NAMESPACES]: namespaces,
    ...(typeof data[SELECTOR] === 'string' && { [SELECTOR]: data[SELECTOR] }),
  }
}

/** Some fields of this method fall back where they are not sent, so all are. */
function jwtBody(data: Readonly<Record<string, unknown>>, { names, namespaces }: Lists): Payload {
  const { [NAME_CLAIM]: _names, [NAMESPACE_CLAIM]: _namespaces, ...others } = claimsOf(data)
  const rest = Object.entries(data).filter(([field, value]) => !OLD.includes(field) && value !== null)
  return {
    ...(Object.fromEntries(rest) as Record<string, Payload>),
    bound_claims: {
      ...others,
      ...(names.length > 0 && { [NAME_CLAIM]: names }),
      ...(namespaces.length > 0 && { [NAMESPACE_CLAIM]: namespaces }),
    },
  }
}
