import { IceError, VAULT } from '../catalogue/index.js'
import { proxyFromEnvironment, withScheme } from '../http/proxy.js'
import { Secret } from '../secrets/index.js'
import { prefixed, type Env, type Setting } from './variables.js'

export interface Proxy {
  /** Scheme, host and port. */
  readonly address: string
  /** The Proxy-Authorization header. */
  readonly authorization?: Secret
}

/**
 * The proxy for an address: VAULT_PROXY_ADDR, always; else what the environment names for everyone. Pure.
 * @throws IceError VAULT.badSetting
 */
export function proxyFor(url: URL, env: Env): Proxy | undefined {
  const setting = proxySetting(url, env)
  return setting && parseProxy(setting)
}

/** Which variable names that proxy. Its value may hold a password. Pure. */
export const proxySetting = (url: URL, env: Env): Setting | undefined =>
  prefixed(env, 'PROXY_ADDR') ?? prefixed(env, 'HTTP_PROXY') ?? proxyFromEnvironment(url, env)

function parseProxy({ value, from }: Setting): Proxy {
  const url = URL.parse(withScheme(value))
  if (!url || !['http:', 'https:', 'socks5:'].includes(url.protocol)) {
    throw new IceError(VAULT.badSetting, { message: `${from} is not the address of a proxy.` })
  }
  const address = `${url.protocol}//${url.host}`
  if (!url.username) return { address }
  const password = decodeURIComponent(url.password)
  new Secret(password) // known to `redact` from now on
  const credentials = Buffer.from(`${decodeURIComponent(url.username)}:${password}`).toString('base64')
  return { address, authorization: new Secret(`Basic ${credentials}`) }
}
