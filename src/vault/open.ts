import { IceError, VAULT } from '../catalogue/index.js'
import type { Emit } from '../events/index.js'
import { createVault, type VaultOptions } from './client.js'
import type { VaultSettings } from './environment.js'
import type { LoginHelp } from './login/types.js'
import { loadTls } from './tls.js'
import { readToken } from './token-source.js'
import type { Vault, WireEvent } from './types.js'

export interface OpenOptions {
  readonly emit: Emit
  readonly signal?: AbortSignal
  readonly onRequest?: (event: WireEvent) => void
  /** What a login needs; only where the settings have one. */
  readonly help?: LoginHelp
  /** A port of this machine that leads to the server, instead of its address. */
  readonly tunnel?: number | undefined
}

/** For giving back the token of the run, milliseconds: whoever has pressed Ctrl-C is waiting. */
const FAREWELL_MS = 5_000

/**
 * A client for the settings: reads the certificates and the token, and contacts nothing yet; or logs in, and then closing
 * the client revokes the token.
 * @throws IceError VAULT.noToken, VAULT.foreignToken, VAULT.badToken, VAULT.badSetting, VAULT.tokenHelper; see logIn
 */
export async function openVault(settings: VaultSettings, options: OpenOptions): Promise<Vault> {
  const { emit, signal, onRequest, tunnel, help } = options
  const { address, namespace, timeoutMs, retries } = settings
  // The way to the tunnel is the cluster's affair.
  const proxy = tunnel === undefined ? settings.proxy : undefined
  const server = { address, namespace, proxy, timeoutMs, retries, tunnel }
  if (settings.login !== undefined && help !== undefined) {
    if (settings.foreign) throw settings.foreign
    const tls = await loadTls(settings.tls)
    return openWithLogin({ ...server, tls, signal, onRequest }, settings.login, help, emit)
  }
  const token = await readToken(settings.token, emit, settings)
  if (!token) throw new IceError(VAULT.noToken, { message: `There is no token for ${address}.` })
  if (settings.foreign) throw settings.foreign
  return createVault({ ...server, token, tls: await loadTls(settings.tls), signal, onRequest })
}

async function openWithLogin(
  server: VaultOptions,
  login: NonNullable<VaultSettings['login']>,
  help: LoginHelp,
  emit: Emit,
): Promise<Vault> {
  const [{ logIn }, { holdToken }] = await Promise.all([import('./login/log-in.js'), import('./login/held.js')])
  const anonymous = createVault(server)
  try {
    const made = await logIn(anonymous, login, help)
    const farewell = (): Vault =>
      createVault({ ...server, signal: AbortSignal.timeout(FAREWELL_MS), timeoutMs: FAREWELL_MS, retries: 1 })
    return holdToken(anonymous, made, emit, farewell)
  } catch (error) {
    await anonymous.close()
    throw error
  }
}
