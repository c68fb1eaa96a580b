import { IceError, VAULT } from '../catalogue/index.js'
import type { Emit } from '../events/index.js'
import { createVault } from './client.js'
import type { VaultSettings } from './environment.js'
import { loadTls } from './tls.js'
import { readToken } from './token-source.js'
import type { Vault, WireEvent } from './types.js'

export interface OpenOptions {
  readonly emit: Emit
  readonly signal?: AbortSignal
  readonly onRequest?: (event: WireEvent) => void
}

/**
 * A client for the settings: reads the certificates and the token, contacts nothing yet.
 * @throws IceError VAULT.noToken, VAULT.foreignToken, VAULT.badToken, VAULT.badSetting
 */
export async function openVault(settings: VaultSettings, { emit, signal, onRequest }: OpenOptions): Promise<Vault> {
  const token = await readToken(settings.token, emit)
  if (!token) throw new IceError(VAULT.noToken, { message: `There is no token for ${settings.address}.` })
  if (settings.foreign) throw settings.foreign
  const { address, namespace, proxy, timeoutMs, retries } = settings
  const tls = await loadTls(settings.tls)
  return createVault({ address, namespace, token, tls, proxy, timeoutMs, retries, signal, onRequest })
}
