import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { VaultSection } from '../../vault/environment.js'
import { createVault, loadTls, path, readToken, vaultSettings, type Vault, type VaultPath } from '../../vault/index.js'
import type { LookOptions } from './look.js'
import { seeing } from './seeing.js'
import type { Answers, MountFact, Seen, VaultFacts } from './types.js'

/**
 * What is mounted in Vault. Without a token its version is all there is to see.
 * @param section what the file says of the connection, or will say
 * @throws IceError where the server cannot be reached or a setting is wrong
 */
export async function lookAtVault(
  options: LookOptions,
  section: VaultSection,
  signal: AbortSignal,
): Promise<VaultFacts> {
  const settings = settingsFor(options, section)
  const { foreign, namespace, proxy } = settings
  const [tls, token] = await Promise.all([
    loadTls(settings.tls),
    foreign === undefined ? readToken(settings.token, options.emit, settings) : undefined,
  ])
  const server = { address: settings.address, namespace, token, tls, proxy, signal }
  // Somebody waits for the next question: what does not answer at once was not seen.
  const vault = createVault({ ...server, retries: 0, timeoutMs: options.timeout })
  try {
    const { initialized, sealed, version } = await vault.health()
    const blind = whyBlind({ initialized, sealed, isForeign: foreign !== undefined, hasToken: token !== undefined })
    const list = <T>(look: () => Promise<T>): Promise<Seen<T>> =>
      blind === undefined ? seeing(look, options.stop) : Promise.resolve({ seen: false, why: blind })
    const [authMounts, engines, policies] = await Promise.all([
      list(() => mounts(vault, path`sys/auth`)),
      list(() => mounts(vault, path`sys/mounts`)),
      list(() => vault.list(path`sys/policies/acl`)),
    ])
    return { address: settings.address, namespace, version, authMounts, engines, policies }
  } finally {
    await vault.close()
  }
}

/**
 * Which Vault the commands that follow would speak to. Its address counts as the file's, unless it came by a flag: a token
 * of the environment does not go to one that was only typed.
 * @throws IceError of exit code 2
 */
export function settingsFor(
  { given, tokenFile }: { readonly given: Answers; readonly tokenFile?: string | undefined },
  section: VaultSection,
) {
  return vaultSettings({
    env: process.env,
    home: homedir(),
    flags: {
      vaultAddress: given['vault-address'],
      vaultNamespace: given['vault-namespace'],
      vaultCaFile: given['vault-ca-file'],
      vaultTlsServerName: given['vault-tls-server-name'],
      tokenFile: tokenFile === undefined ? undefined : resolve(tokenFile),
    },
    file: section,
  })
}

interface State {
  readonly initialized: boolean
  readonly sealed: boolean
  readonly isForeign: boolean
  readonly hasToken: boolean
}

function whyBlind({ initialized, sealed, isForeign, hasToken }: State): string | undefined {
  if (!initialized) return 'Vault is not initialised'
  if (sealed) return 'Vault is sealed'
  if (isForeign) return 'the token of the environment belongs to another server, and was not sent'
  return hasToken ? undefined : 'there is no token'
}

interface Row {
  readonly type?: string
  readonly options?: { readonly version?: string } | null
}

async function mounts(vault: Vault, table: VaultPath): Promise<readonly MountFact[]> {
  const rows = (await vault.read<Record<string, Row>>(table))?.data ?? {}
  return Object.entries(rows).map(([name, { type = '', options }]) => ({
    path: name.replace(/\/$/, ''),
    type,
    // KV without options is version 1.
    ...(type === 'kv' && { version: options?.version === '2' ? (2 as const) : (1 as const) }),
  }))
}
