import { IceError, VAULT } from '../catalogue/index.js'
import { Secret, Shown, type Handover } from '../secrets/index.js'
import { path, type SecretValue, type Vault } from '../vault/index.js'
import { requireEngine, type PlacedPath } from './engine-mount.js'
import { readKv, valuesPath, type LiveSecret } from './kv-read.js'
import { withSecretFile, type HandoverOptions } from './reviewer-token.js'
import { notThere, orUndefined } from './step-shown.js'
import { withStepSession, type StepOptionsBase } from './step-session.js'

export interface KvGetOptions extends StepOptionsBase, HandoverOptions {
  /** MOUNT/PATH */
  readonly target: string
  /** Only this key. */
  readonly field?: string
  /** KV version 2: not the newest one. */
  readonly version?: number
}

/** A value as a view may show it: masked, or with each text of it as a `Shown`. */
export type ShownValue =
  Shown | string | number | boolean | null | readonly ShownValue[] | { readonly [key: string]: ShownValue }

export interface KvGetResult extends Omit<LiveSecret, 'data' | 'destroyed'> {
  readonly operation: 'kv get'
  readonly address: string
  readonly mount: string
  readonly path: string
  readonly engineVersion: 1 | 2
  /** What was asked for, where it was one key. */
  readonly field?: string
  readonly data: Readonly<Record<string, ShownValue>>
  /** The values are there to be seen; otherwise they are masked. */
  readonly shown: boolean
  readonly savedTo?: string
}

/**
 * A KV secret: its keys, and what is known of it; its values only where they are asked for.
 * @throws IceError VAULT.notThere; USAGE.secretNotSaved
 */
export function kvGet(options: KvGetOptions): Promise<KvGetResult> {
  const { target, field, showSecret, secretOut } = options
  return withStepSession(options, async ({ vault: open }) =>
    withSecretFile(secretOut, async (file) => {
      const vault = await open()
      const place = await requireEngine(target, 'kv', vault)
      const { data, destroyed: _gone, ...facts } = await present(place, vault, options.version)
      const wanted = field === undefined ? data : { [field]: fieldOf(data, field, target) }
      await file?.write(field === undefined ? wanted : (wanted[field] as Handover))
      return {
        operation: 'kv get',
        address: `vault:${valuesPath(place).text}`,
        mount: place.engine.mount,
        path: place.path,
        engineVersion: place.engine.version ?? 1,
        ...facts,
        ...(field !== undefined && { field }),
        data: Object.fromEntries(
          Object.entries(wanted).map(([key, value]) => [key, showSecret ? shown(value) : MASKED]),
        ),
        shown: showSecret,
        ...(file && { savedTo: file.path }),
      }
    }),
  )
}

const MASKED = '(secret)'

type Present = LiveSecret & { readonly data: Exclude<LiveSecret['data'], undefined> }

async function present(place: PlacedPath, vault: Vault, version: number | undefined): Promise<Present> {
  const { mount } = place.engine
  if (place.path === '') throw nothingAt(place, await names(place, vault))
  const secret = await readKv(place, vault, version)
  if (secret === undefined) {
    if (version !== undefined && (await orUndefined(() => readKv(place, vault))) !== undefined)
      throw new IceError(VAULT.notThere, { message: `The secret ${mount}/${place.path} has no version ${version}.` })
    throw nothingAt(place, await names(place, vault))
  }
  if (secret.data !== undefined) return { ...secret, data: secret.data }
  const { version: current, deletionTime, destroyed } = secret
  throw new IceError(VAULT.notThere, {
    message: `Version ${current} of the secret ${mount}/${place.path} was ${destroyed === true ? 'destroyed' : 'deleted'}.`,
    ...(deletionTime !== undefined && { evidence: { deletionTime } }),
    next:
      destroyed === true
        ? ['Nothing brings it back. An earlier version may be there: --version N.']
        : [`To bring it back: vault kv undelete -mount=${mount} -versions=${current} ${place.path}`],
  })
}

function nothingAt({ engine, path: name }: PlacedPath, others: readonly string[] | undefined): IceError {
  return notThere(`The secret ${engine.mount}/${name}`, name.slice(name.lastIndexOf('/') + 1), others)
}

/** What stands beside it; undefined where that may not be listed. */
function names({ engine, path: name }: PlacedPath, vault: Vault): Promise<readonly string[] | undefined> {
  const root = engine.version === 2 ? `${engine.mount}/metadata` : engine.mount
  const folder = name.includes('/') ? `${root}/${name.slice(0, name.lastIndexOf('/'))}` : root
  return orUndefined(() => vault.list(path`${folder}`))
}

function fieldOf(data: Readonly<Record<string, SecretValue>>, field: string, target: string): SecretValue {
  const value = Object.hasOwn(data, field) ? data[field] : undefined
  if (value === undefined) throw notThere(`The key ${field} of ${target}`, field, Object.keys(data))
  return value
}

function shown(value: SecretValue): ShownValue {
  if (value instanceof Secret) return new Shown(value)
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shown(member)]))
  return value
}
