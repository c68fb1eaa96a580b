import type { Agent, Dispatcher, ProxyAgent, buildConnector } from 'undici'
import DirectAgent from 'undici/lib/dispatcher/agent.js'

/** Errors of connections that did not come about: nothing was sent over them. */
const unconnected = new WeakSet<object>()

/** Whether there was a connection, TLS included, when a request over one of our dispatchers failed with this error. */
export function wasConnected(error: unknown): boolean {
  return !(typeof error === 'object' && error !== null && unconnected.has(error))
}

/**
 * Kept-alive connections to one server, perhaps through a proxy. Certificates are verified unless `connect` says
 * otherwise; whatever is wrong with the proxy's address is undici's error.
 */
export async function openDispatcher(
  connect: buildConnector.BuildOptions,
  options: Omit<Agent.Options, 'connect' | 'factory'>,
  proxy: Pick<ProxyAgent.Options, 'uri' | 'token'> | undefined,
): Promise<Dispatcher> {
  const remember = (_origin: unknown, _targets: unknown, error: Error): void => void unconnected.add(error)
  // Said aloud, since NODE_TLS_REJECT_UNAUTHORIZED=0 would change the default.
  const verified = { rejectUnauthorized: true, ...connect }
  if (!proxy) return new DirectAgent({ ...options, connect: verified }).on('connectionError', remember)

  const { Pool, ProxyAgent } = await import('undici')
  return new ProxyAgent({
    ...options,
    ...proxy,
    requestTls: verified,
    factory: (origin, pool) => new Pool(origin, pool).on('connectionError', remember),
  })
}
