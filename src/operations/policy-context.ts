import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { IceError, isIceError, LINT, VAULT } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import { USAGE } from '../catalogue/usage.js'
import { loadConfig, type LoadedConfig } from '../config/index.js'
import type { MountFact } from '../policy/lint/index.js'
import { path, type Vault } from '../vault/index.js'
import { readMounts } from '../vault/mounts.js'
import type { FileOptions } from './options.js'
import { connectVault, DEFAULT_TIMEOUT, timer } from './session.js'

/** What every operation on policies takes; the file may be missing unless it was named. */
export interface PolicyOptions extends FileOptions {
  /** Ask no server. Undefined: that is not possible. */
  readonly offline?: boolean
  /** `MOUNT=TYPE[:VERSION]`: what is mounted, or will be. */
  readonly engines?: readonly string[]
}

/** A file, where there is one, and the Vault that is asked: no cluster. */
export interface PolicyContext {
  /** As it was typed. */
  readonly configFile: string
  readonly loaded: LoadedConfig | undefined
  /** Opened when it is first asked for. @throws IceError of exit code 2 */
  vault(): Promise<Vault>
}

/** Reads the file, and opens Vault for as long as `use` runs. Nothing is written, so nothing has to be finished. */
export async function withPolicyContext<T>(
  options: PolicyOptions,
  use: (context: PolicyContext) => Promise<T>,
): Promise<T> {
  const there = options.fileMustExist === true || existsSync(options.file)
  const loaded = there ? await loadConfig(options.file) : undefined
  const timeout = options.timeout ?? DEFAULT_TIMEOUT
  const signal = AbortSignal.any([options.stop, timer(timeout, timeout)])
  let opening: Promise<Vault> | undefined
  const open = async (): Promise<Vault> => {
    try {
      return await connectVault(options, loaded?.file ?? { vault: { accept: [] } }, resolve(options.file), signal)
    } catch (error) {
      throw options.offline === undefined ? error : orOffline(error)
    }
  }
  try {
    return await use({ configFile: options.file, loaded, vault: () => (opening ??= open()) })
  } finally {
    await (await opening?.catch(() => undefined))?.close()
  }
}

const NO_SERVER: readonly string[] = [VAULT.noAddress.code, VAULT.noToken.code]

/** Where no server is known, it may be that none was meant. */
function orOffline(error: unknown): unknown {
  if (!isIceError(error) || !NO_SERVER.includes(error.code)) return error
  return new IceError(error.record, {
    ...error.details,
    next: [...error.next, 'Or add --offline: no server is asked.'],
  })
}

/** What is mounted, and from whom that is known. */
export interface KnownMounts {
  readonly mounts: Readonly<Record<string, MountFact>>
  /** `live`: all there are. `visible`: those that the token sees. `said`: what the file and flags say. `none`: nothing. */
  readonly from: 'live' | 'visible' | 'said' | 'none'
  readonly product?: 'vault' | 'openbao'
}

/** What flags, Vault (unless it is not to be asked) and the file say of mounts, in this order. */
export async function knownMounts(options: PolicyOptions, context: PolicyContext): Promise<KnownMounts> {
  const [inFile, inFlags] = [mountsOfFile(context.loaded), mountsOfFlags(options.engines ?? [])]
  const said = { ...inFile, ...inFlags }
  if (options.offline === true) return { mounts: said, from: Object.keys(said).length > 0 ? 'said' : 'none' }
  const { mounts, all, product } = await readMounts(await context.vault())
  return { mounts: { ...inFile, ...mounts, ...inFlags }, from: all ? 'live' : 'visible', ...(product && { product }) }
}

function mountsOfFile(loaded: LoadedConfig | undefined): Record<string, MountFact> {
  if (loaded === undefined) return {}
  const { engines, clusters } = loaded.file
  const kinds = Object.entries(engines).map(([mount, section]): [string, MountFact] => [
    mount,
    { type: section.type, ...(section.type === 'kv' && { version: section.version }) },
  ])
  const auth = Object.values(clusters).map((cluster): [string, MountFact] => [
    `auth/${cluster.auth.path}`,
    { type: cluster.auth.method },
  ])
  return Object.fromEntries([...kinds, ...auth])
}

/** @throws IceError USAGE.wrongUsage */
export function mountsOfFlags(written: readonly string[]): Record<string, MountFact> {
  return Object.fromEntries(
    written.map((text): [string, MountFact] => {
      const [, mount, type, version] = /^([^=\s]+?)\/?=([a-z-]+)(?::([12]))?$/.exec(text) ?? []
      if (mount === undefined || type === undefined || (version !== undefined && type !== 'kv')) {
        throw new IceError(USAGE.wrongUsage, {
          message: `--engine: ${JSON.stringify(text)} is not MOUNT=TYPE, or for KV MOUNT=kv:1 or MOUNT=kv:2.`,
        })
      }
      return [mount, { type, ...(type === 'kv' && { version: Number(version ?? 2) }) }]
    }),
  )
}

/** The text of a policy that Vault has. @throws IceError LINT.noSuchPolicy */
export async function livePolicy(vault: Vault, name: string): Promise<string> {
  const text = (await vault.read<{ policy?: string }>(path`sys/policies/acl/${name}`))?.data.policy
  if (text !== undefined) return text.replaceAll('\r\n', '\n')
  const names = await vault.list(path`sys/policies/acl`).catch(() => [])
  const meant = nearest(name, names)
  throw new IceError(LINT.noSuchPolicy, {
    message: `Vault has no policy ${JSON.stringify(name)}.`,
    ...(meant !== undefined && { next: [`Did you mean ${meant}?`] }),
    address: `vault:sys/policies/acl/${name}`,
  })
}
