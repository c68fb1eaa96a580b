import { isIceError, VAULT } from '../catalogue/index.js'
import { statusOf } from './errors.js'
import { path } from './path.js'
import type { Vault } from './types.js'

/** A secrets engine, an auth method, or a child namespace. */
export interface LiveMount {
  /** `kv`, `kubernetes` …; `namespace` */
  readonly type: string
  /** KV: 1 or 2. */
  readonly version?: number
  readonly accessor?: string
}

/** What is mounted on a server, as far as the token can see. */
export interface LiveMounts {
  /** By path without a slash at the end; auth methods as `auth/PATH`. */
  readonly mounts: Readonly<Record<string, LiveMount>>
  /** Nothing is missing. Otherwise only what the token may use is seen. */
  readonly all: boolean
  /** No engine and no auth method of this namespace is missing; only child namespaces may be. */
  readonly tables: boolean
  readonly product?: 'vault' | 'openbao'
}

interface Row {
  readonly type: string
  readonly accessor?: string
  readonly options?: { readonly version?: string } | null
  readonly running_plugin_version?: string
}

type Table = Readonly<Record<string, Row>>

/**
 * Reads the tables of mounts; where the token may not, what sys/internal/ui/mounts shows to every token.
 * @throws IceError where the server cannot be asked
 */
export async function readMounts(vault: Vault): Promise<LiveMounts> {
  const [engines, auth, namespaces] = await Promise.all([
    unlessRefused(async () => (await vault.read<Table>(path`sys/mounts`))?.data, {}),
    unlessRefused(async () => (await vault.read<Table>(path`sys/auth`))?.data, {}),
    unlessRefused(() => vault.list(path`sys/namespaces`), []),
  ])
  if (engines !== undefined && auth !== undefined) {
    const children = (namespaces ?? []).map((name): [string, Row] => [name, { type: 'namespace' }])
    return {
      ...mountsOf({ ...Object.fromEntries(children), ...engines }, auth),
      all: namespaces !== undefined,
      tables: true,
    }
  }
  const seen = await vault.read<{ secret?: Table; auth?: Table }>(path`sys/internal/ui/mounts`)
  return { ...mountsOf(seen?.data.secret ?? {}, seen?.data.auth ?? {}), all: false, tables: false }
}

/** Undefined: the token may not ask. A Vault without namespaces has no such path: there are none. */
async function unlessRefused<T>(ask: () => Promise<T>, absent: T): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    const status = statusOf(error)
    // That, too, is a 404: nothing is said of mounts by it.
    if (isIceError(error) && error.code === VAULT.namespaceNotFound.code) throw error
    if (status === 403) return undefined
    if (status === 404 || status === 405) return absent
    throw error
  }
}

function mountsOf(engines: Table, auth: Table): Pick<LiveMounts, 'mounts' | 'product'> {
  const rows = [...Object.entries(engines), ...Object.entries(auth).map(([key, row]) => [`auth/${key}`, row] as const)]
  const mounts = rows.map(([key, { type, accessor, options }]): [string, LiveMount] => [
    key.replace(/\/$/, ''),
    {
      type,
      // KV without options is version 1; `generic` is its old name.
      ...((type === 'kv' || type === 'generic') && { version: Number(options?.version ?? 1) }),
      ...(accessor !== undefined && { accessor }),
    },
  ])
  const product = productOf(rows.map(([, row]) => row))
  return { mounts: Object.fromEntries(mounts), ...(product && { product }) }
}

/** Built-in plug-ins say whose they are: `v1.21.0+builtin.vault`, `v2.7.2+builtin.bao`. */
function productOf(rows: readonly Row[]): LiveMounts['product'] {
  const versions = rows.map(({ running_plugin_version: version = '' }) => version)
  if (versions.some((version) => version.endsWith('+builtin.bao'))) return 'openbao'
  return versions.some((version) => version.endsWith('+builtin.vault')) ? 'vault' : undefined
}
