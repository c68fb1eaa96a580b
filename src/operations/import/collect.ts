import { EXIT, FILE, IceError, isIceError, VAULT } from '../../catalogue/index.js'
import { mapBounded } from '../../http/limit.js'
import { authConfigFields } from '../../kinds/auth-config-fields.js'
import { authMount } from '../../kinds/auth-mount.js'
import { authRole } from '../../kinds/auth-role.js'
import type { FileSection, Io, Kind } from '../../kinds/contract.js'
import { databaseConnection } from '../../kinds/database-connection.js'
import { databaseRole } from '../../kinds/database-role.js'
import { databaseStaticRole } from '../../kinds/database-static-role.js'
import { engineMount } from '../../kinds/engine-mount.js'
import { engineTypes } from '../../kinds/engines/index.js'
import { besides, observedValues, sectionOf, text } from '../../kinds/fields.js'
import { kvConfig } from '../../kinds/kv-config.js'
import { policy } from '../../kinds/policy.js'
import { transitKey } from '../../kinds/transit-key.js'
import { policyNameProblem, splitMount } from '../../policy/index.js'
import { parseHcl, rulesOf } from '../../policy/parse.js'
import { path, type Vault, type VaultPath } from '../../vault/index.js'
import type { ImportOptions, Left, LiveConfig, LiveEngine, LiveMount, LiveVault, Named } from './types.js'

type Row = Readonly<Record<string, unknown>> & { readonly type: string }
type Rows = ReadonlyMap<string, Row>

/** Reads, and remembers what the API returned of each object, for what no kind knows. */
interface Reader {
  readonly io: Io
  readonly raw: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly left: Left[]
}

/** What every Vault has, or makes by itself. */
const BUILT_IN: readonly string[] = ['token', 'system', 'identity', 'cubbyhole', 'agent_registry']
const isBuiltIn = ({ type }: Row): boolean => BUILT_IN.includes(type.replace(/^ns_/, ''))

/** What an engine holds, by the key of the file. */
const CONTENTS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  database: { connections: databaseConnection, roles: databaseRole, staticRoles: databaseStaticRole },
  transit: { keys: transitKey },
}

/** Every role has it. */
const DEFAULT_POLICY = 'default'

/**
 * Reads the auth mounts of the type kubernetes with their roles, the policies that these give, and the engines that those
 * speak of. What this token may not read, or the file has no word for, is left out and said.
 * @throws IceError FILE.nothingToImport; VAULT.notPermitted where not even the auth mounts may be read
 */
export async function collectVault(base: Io, options: ImportOptions): Promise<LiveVault> {
  const reader = reading(base)
  const { io, left } = reader
  const rows = await rowsOf(io.vault, path`sys/auth`)
  const chosen = chosenMounts(rows, options.paths)
  if (options.paths.length === 0) left.push(...otherMethods(rows))
  const mounts = await mapBounded(chosen, ([mount, row]) => readMount(reader, mount, row))
  const named = mounts.flatMap(({ roles }) => roles.flatMap(({ told }) => policiesOf(told)))
  const policies = await readPolicies(reader, new Set([...named, ...options.policies]))
  const engines = await readEngines(reader, policies, options.engines)
  const { address, namespace } = io.vault
  return { address, namespace, mounts, policies, engines, left }
}

function reading(base: Io): Reader {
  const raw = new Map<string, Readonly<Record<string, unknown>>>()
  const read: Vault['read'] = async <T>(at: VaultPath) => {
    const answer = await base.vault.read<T>(at)
    if (answer !== undefined) raw.set(at.text, answer.data as Readonly<Record<string, unknown>>)
    return answer
  }
  const { address, namespace } = base.vault
  const vault = { address, namespace, read, list: (at: VaultPath) => base.vault.list(at) } as Vault
  return { io: { ...base, vault }, raw, left: [] }
}

async function rowsOf(vault: Vault, table: VaultPath): Promise<Rows> {
  const rows = (await vault.read<Readonly<Record<string, Row>>>(table))?.data ?? {}
  return new Map(Object.entries(rows).map(([key, row]) => [key.replace(/\/$/, ''), row]))
}

function chosenMounts(rows: Rows, paths: readonly string[]): (readonly [string, Row])[] {
  const all = [...rows].filter(([, { type }]) => type === 'kubernetes')
  const there = all.length === 0 ? undefined : `There is: ${all.map(([mount]) => mount).join(', ')}.`
  const none = (message: string): IceError =>
    new IceError(FILE.nothingToImport, { message, ...(there !== undefined && { next: [there] }) })
  if (all.length === 0) throw none('Vault has no auth mount of the type kubernetes that this token may see.')
  if (paths.length === 0) return all
  return [...new Set(paths)].map((mount) => {
    const row = rows.get(mount)
    if (row?.type === 'kubernetes') return [mount, row]
    throw none(row === undefined ? `There is no auth mount ${mount}.` : `auth/${mount} is of the type ${row.type}.`)
  })
}

const otherMethods = (rows: Rows): Left[] =>
  [...rows]
    .filter(([, row]) => row.type !== 'kubernetes' && !isBuiltIn(row))
    .map(([mount, { type }]) => ({ what: `auth/${mount}`, why: `auth mounts of the type ${type} are not imported` }))

async function readMount(reader: Reader, mount: string, row: Row): Promise<LiveMount> {
  const [told, config, roles] = await Promise.all([
    tell(reader, authMount, { mount }, row),
    attempt(reader, `auth/${mount}/config`, () => readConfig(reader, mount)),
    readAll(reader, authRole, mount),
  ])
  return { path: mount, told: told ?? NOTHING, ...(config && { config }), roles }
}

const NOTHING: FileSection = { section: {}, holes: [], remarks: [], unsaid: [] }

async function readConfig({ io }: Reader, mount: string): Promise<LiveConfig | undefined> {
  const data = (await io.vault.read(path`auth/${mount}/config`))?.data
  if (data === undefined) return undefined
  const values = observedValues(authConfigFields, data)
  const { kubernetesHost, kubernetesCACert, ...section } = sectionOf(authConfigFields, values)
  return {
    told: { ...NOTHING, section, unsaid: Object.keys(besides(authConfigFields, data, ['token_reviewer_jwt_set'])) },
    host: text(kubernetesHost).replace(/\/$/, ''),
    ca: text(kubernetesCACert),
    reviewerSet: data['token_reviewer_jwt_set'] === true,
    usesPod: values['disableLocalCAJWT'] !== true,
  }
}

const policiesOf = ({ section }: FileSection): string[] =>
  ((section['policies'] ?? []) as readonly string[]).filter((name) => name !== DEFAULT_POLICY)

async function readPolicies(reader: Reader, names: ReadonlySet<string>): Promise<LiveVault['policies']> {
  const readable = [...names].filter((name) => policyNameProblem(name) === undefined)
  const texts = await mapBounded(readable, async (name) => {
    const values = await attempt(reader, `sys/policies/acl/${name}`, () => policy.read({ name }, reader.io))
    return [name, values && text(values.policy)] as const
  })
  return new Map(texts)
}

async function readEngines(
  reader: Reader,
  policies: LiveVault['policies'],
  asked: readonly string[],
): Promise<readonly LiveEngine[]> {
  const rows = await attempt(reader, 'the secrets engines', () => rowsOf(reader.io.vault, path`sys/mounts`))
  if (rows === undefined) return []
  const reached = await reachedBy(policies, rows)
  const isWanted = ([mount, { type }]: readonly [string, Row]): boolean =>
    reached.has(mount) || asked.includes(mount) || (asked.includes('all') && Object.hasOwn(engineTypes, type))
  const others = [...rows].filter(([, row]) => !isBuiltIn(row))
  for (const mount of asked.filter((one) => one !== 'all' && !rows.has(one)))
    reader.left.push({ what: `the engine ${mount}/`, why: 'there is none at this path' })
  const unasked = others.filter((row) => !isWanted(row)).map(([mount]) => mount)
  if (unasked.length > 0) reader.left.push(unspokenOf(unasked))
  const engines = await mapBounded(others.filter(isWanted), ([mount, row]) => readEngine(reader, mount, row))
  return engines.filter((engine) => engine !== undefined)
}

const MOST = 10

function unspokenOf(mounts: readonly string[]): Left {
  const more = mounts.length > MOST ? ` and ${mounts.length - MOST} more` : ''
  const what = `other engines (${mounts.slice(0, MOST).join(', ')}${more})`
  return { what, why: 'no imported policy speaks of them; --engine imports one all the same' }
}

/** The engines that policies speak of by path. */
async function reachedBy(policies: LiveVault['policies'], rows: Rows): Promise<ReadonlySet<string>> {
  const found = await Promise.all(
    [...policies.values()].map(async (rules = '') => {
      const parsed = await parseHcl(rules)
      if ('error' in parsed) return []
      return rulesOf(parsed).flatMap((rule) => splitMount(rule.path, rows.keys())?.mount ?? [])
    }),
  )
  return new Set(found.flat())
}

async function readEngine(reader: Reader, mount: string, row: Row): Promise<LiveEngine | undefined> {
  const { type } = row
  if (!Object.hasOwn(engineTypes, type)) {
    reader.left.push({ what: `the engine ${mount}/`, why: `engines of the type ${type} are not imported` })
    return undefined
  }
  const [told, contents] = await Promise.all([
    tell(reader, engineMount, { mount }, row),
    mapBounded(
      Object.entries(CONTENTS[type] ?? {}),
      async ([key, kind]) => [key, await readAll(reader, kind, mount)] as const,
    ),
  ])
  if (told === undefined) return undefined
  const config = told.section['version'] === 2 ? await tell(reader, kvConfig, { mount }) : undefined
  return { path: mount, type, told, contents: Object.fromEntries(contents), ...(config && { config }) }
}

/** All objects of a kind in a mount. */
async function readAll(reader: Reader, kind: Kind, mount: string): Promise<Named[]> {
  const ids = await attempt(reader, `every ${kind.title} of ${mount}`, () => kind.list?.(reader.io, mount))
  const found = await mapBounded((ids ?? []) as readonly { readonly name: string }[], async (id) => {
    const told = await tell(reader, kind, id)
    return told === undefined ? [] : [{ name: id.name, told }]
  })
  return found.flat()
}

/** @param row of mounts, which are read from one table */
async function tell(reader: Reader, kind: Kind, id: unknown, row?: Row): Promise<FileSection | undefined> {
  const { name, mount } = id as { readonly name?: string; readonly mount: string }
  return attempt(reader, `the ${kind.title} ${name ?? mount}`, async () => {
    const observed: unknown = await kind.read(id, reader.io)
    if (observed === undefined) return undefined
    const at = kind.address(id).replace(/^vault:/, '')
    return kind.toFile?.(id, observed, row ?? reader.raw.get(at) ?? {})
  })
}

/** Refused, of a name that cannot be sent, or of a path that this server does not have. */
const LEAVES_A_GAP: readonly string[] = [VAULT.unsupportedPath.code, FILE.unsafePath.code]

async function attempt<T>({ left }: Reader, what: string, call: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (!isIceError(error) || (error.exitCode !== EXIT.notPermitted && !LEAVES_A_GAP.includes(error.code))) throw error
    left.push({ what, why: error.message.replace(/\.$/, '') })
    return undefined
  }
}
