import { ACCESS, FILE, isIceError, VAULT, type IceError } from '../catalogue/index.js'
import { enginesOfApi, roleOfApi, type EngineSection, type MountRow } from '../access/from-live.js'
import { aliasKey, type AuthMount, type Entity, type Gap, type Policy, type Role } from '../access/model.js'
import { rulesOf } from '../access/rules.js'
import { heldPolicies } from '../access/who-can.js'
import { mapBounded } from '../http/limit.js'
import { path, type Vault } from '../vault/index.js'

/** What a live Vault says of logins. */
export interface SeenVault {
  readonly mounts: readonly AuthMount[]
  readonly roles: readonly Role[]
  readonly policies: ReadonlyMap<string, Policy>
  readonly entities: ReadonlyMap<string, Entity>
  readonly gaps: readonly Gap[]
}

/** Which cluster of the file an auth mount belongs to: by its path, or by the API server that it is configured with. */
export interface Placing {
  readonly byPath: ReadonlyMap<string, string>
  readonly byServer: ReadonlyMap<string, string>
}

/**
 * Reads the auth mounts of type kubernetes with their roles, the policies, and what identities add. What this token may
 * not read is a gap; only the table of auth mounts has to be readable.
 */
export async function seeVault(vault: Vault, placing: Placing): Promise<SeenVault> {
  const gaps: Gap[] = []
  const rows = (await vault.read<Record<string, MountRow>>(path`sys/auth`))?.data ?? {}
  const found = Object.entries(rows).filter(([, { type }]) => type === 'kubernetes')
  const [seen, policies] = await Promise.all([
    mapBounded(found, async ([key, { accessor }]) => {
      const mount = key.replace(/\/$/, '')
      const [cluster, roles] = await Promise.all([clusterOf(vault, mount, placing), rolesOf(vault, mount, gaps)])
      if ('why' in cluster && roles.length > 0)
        gaps.push({ code: ACCESS.mountUnplaced.code, what: `the cluster of auth/${mount}`, why: cluster.why })
      return { mount: { path: mount, cluster: 'name' in cluster ? cluster.name : undefined, accessor }, roles }
    }),
    readPolicies(vault),
  ])
  const mounts = seen.map(({ mount }) => mount)
  const roles = seen.flatMap((each) => each.roles)
  const entities = await readEntities(vault, new Set(mounts.map(({ accessor }) => accessor)), gaps)
  // The list of policies may be refused, and reading them may not.
  const unread = policies.all ? [] : [...heldPolicies(roles, entities)].filter((name) => !policies.byName.has(name))
  for (const policy of await readNamed(vault, unread)) policies.byName.set(policy.name, policy)
  return { mounts, roles, policies: policies.byName, entities, gaps }
}

/** The secrets engines, for a question by verb; with the names of static roles where a database is asked about. */
export async function seeEngines(vault: Vault): Promise<Record<string, EngineSection>> {
  return enginesOfApi((await vault.read<Record<string, MountRow>>(path`sys/mounts`))?.data ?? {})
}

/** A database engine with what tells its static roles from the others. */
export async function withStaticRoles(vault: Vault, mount: string, section: EngineSection): Promise<EngineSection> {
  if (section.type !== 'database') return section
  const names = await unlessRefused(() => vault.list(path`${mount}/static-roles`))
  return isIceError(names)
    ? section
    : { ...section, staticRoles: Object.fromEntries(names.map((name) => [name, { connection: '' }])) }
}

async function clusterOf(
  vault: Vault,
  mount: string,
  { byPath, byServer }: Placing,
): Promise<{ readonly name: string } | { readonly why: string }> {
  const own = byPath.get(mount)
  if (own !== undefined) return { name: own }
  const config = await unlessRefused(() => vault.read<{ kubernetes_host?: string }>(path`auth/${mount}/config`))
  if (isIceError(config)) return { why: config.message }
  const server = config?.data.kubernetes_host?.replace(/\/$/, '')
  if (server === undefined) return { why: 'it has no configuration' }
  const name = byServer.get(server)
  return name === undefined ? { why: 'its API server is none of the file' } : { name }
}

async function rolesOf(vault: Vault, mount: string, gaps: Gap[]): Promise<Role[]> {
  const missing = (what: string, { message }: IceError): void =>
    void gaps.push({ code: ACCESS.rolesUnknown.code, what, why: message })
  const names = await unlessRefused(() => vault.list(path`auth/${mount}/role`))
  if (isIceError(names)) {
    missing(`the roles of auth/${mount}`, names)
    return []
  }
  const read = await mapBounded(names, async (name) => {
    return { name, answer: await unlessRefused(() => vault.read(path`auth/${mount}/role/${name}`)) }
  })
  const refused = read.filter(({ answer }) => isIceError(answer))
  const [first] = refused
  if (first !== undefined) {
    const what = refused.length === 1 ? `the role ${first.name}` : `${refused.length} roles, ${first.name} among them,`
    missing(`${what} of auth/${mount}`, first.answer as IceError)
  }
  return read.flatMap(({ name, answer }) =>
    answer === undefined || isIceError(answer) ? [] : [roleOfApi(mount, name, answer.data)],
  )
}

/** @returns whether all could be listed, and what was read */
async function readPolicies(vault: Vault): Promise<{ all: boolean; byName: Map<string, Policy> }> {
  const names = await unlessRefused(() => vault.list(path`sys/policies/acl`))
  const read = await readNamed(vault, isIceError(names) ? ['default'] : names.filter((name) => name !== 'root'))
  return { all: !isIceError(names), byName: new Map(read.map((policy) => [policy.name, policy])) }
}

async function readNamed(vault: Vault, names: readonly string[]): Promise<Policy[]> {
  const read = await mapBounded(names, async (name): Promise<Policy | undefined> => {
    const answer = await unlessRefused(() => vault.read<{ policy: string }>(path`sys/policies/acl/${name}`))
    if (isIceError(answer)) return { name, stanzas: [], unknown: answer.message.replace(/\.$/, '') }
    return answer === undefined ? undefined : { name, ...(await rulesOf(answer.data.policy)) }
  })
  return read.filter((policy) => policy !== undefined)
}

interface AliasInfo {
  readonly canonical_id: string
  readonly mount_accessor: string
  readonly name: string
}

interface EntityData {
  readonly id: string
  readonly name: string
  readonly disabled?: boolean
  readonly policies?: readonly string[] | null
  /** Direct and inherited. */
  readonly group_ids?: readonly string[] | null
}

/** The entities of whoever has logged in by these mounts, with the policies of their groups. */
async function readEntities(
  vault: Vault,
  accessors: ReadonlySet<string>,
  gaps: Gap[],
): Promise<ReadonlyMap<string, Entity>> {
  const missing = (error: IceError): ReadonlyMap<string, Entity> => {
    gaps.push({
      code: ACCESS.rolesUnknown.code,
      what: 'the policies of identities (entities and groups)',
      why: error.message,
    })
    return new Map()
  }
  const aliases = await unlessRefused(() => vault.listInfo<AliasInfo>(path`identity/entity-alias/id`))
  if (isIceError(aliases)) return missing(aliases)
  const ours = Object.values(aliases).filter(({ mount_accessor }) => accessors.has(mount_accessor))
  const ids = [...new Set(ours.map(({ canonical_id }) => canonical_id))]
  const entities = await unlessRefused(() =>
    mapBounded(ids, async (id) => (await vault.read<EntityData>(path`identity/entity/id/${id}`))?.data),
  )
  if (isIceError(entities)) return missing(entities)
  const present = entities.filter((entity) => entity !== undefined)
  const groupIds = [...new Set(present.flatMap(({ group_ids }) => group_ids ?? []))]
  const groups = await unlessRefused(() =>
    mapBounded(groupIds, async (id) => {
      const group = await vault.read<{ policies?: readonly string[] | null }>(path`identity/group/id/${id}`)
      return [id, group?.data.policies ?? []] as const
    }),
  )
  if (isIceError(groups)) return missing(groups)
  const ofGroup = new Map(groups)
  const byId = new Map(
    present.map(({ id, name, disabled = false, policies, group_ids }): [string, Entity] => [
      id,
      {
        id,
        name,
        disabled,
        policies: [
          ...new Set([...(policies ?? []), ...(group_ids ?? []).flatMap((group) => ofGroup.get(group) ?? [])]),
        ],
      },
    ]),
  )
  return new Map(
    ours.flatMap(({ mount_accessor, name, canonical_id }) => {
      const entity = byId.get(canonical_id)
      return entity === undefined ? [] : [[aliasKey(mount_accessor, name), entity]]
    }),
  )
}

/** Refused, of a name that cannot be sent, or gone since it was listed: as a value, since it leaves a gap and no more. */
const LEAVES_A_GAP: readonly string[] = [VAULT.notPermitted.code, VAULT.unsupportedPath.code, FILE.unsafePath.code]

async function unlessRefused<T>(call: () => Promise<T>): Promise<T | IceError> {
  try {
    return await call()
  } catch (error) {
    if (isIceError(error) && LEAVES_A_GAP.includes(error.code)) return error
    throw error
  }
}
