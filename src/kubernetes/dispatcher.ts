import { createSecureContext, type SecureContext } from 'node:tls'
import { IceError, KUBERNETES } from '../catalogue/index.js'
import { openConnections, type Connections } from '../http/connections.js'
import { failureOf } from '../http/failure.js'
import { proxyFromEnvironment } from '../http/proxy.js'
import { systemRoots } from './trust.js'
import type { Authentication, Connection } from './types.js'

/** More connections made nothing faster (measured: 2,000 reads take the same over 16 and over 32), but each costs a handshake. */
const CONNECTIONS = 16
const CONNECT_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 30_000
const LARGEST_ANSWER = 64 * 1024 * 1024

/**
 * Kept-alive connections to an API server, through a proxy where the kubeconfig or the environment names one.
 * HTTP/1.1: undici's HTTP/2 sends some requests twice by itself (after GOAWAY), which is ours to decide.
 * @throws IceError KUBERNETES.kubeconfigInvalid where certificate and key are not a pair
 */
export async function connectTo(
  connection: Connection,
  { ca, cert, key, ...tls }: Authentication['tls'],
  timeoutMs: number,
): Promise<Connections> {
  let secureContext: SecureContext
  try {
    // Made once: each connection would read all certificates again.
    secureContext = createSecureContext({
      ca: ca ?? systemRoots(),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      minVersion: 'TLSv1.2',
      // As kubectl does: a CA file may hold an intermediate only.
      allowPartialTrustChain: true,
    })
  } catch (error) {
    throw new IceError(KUBERNETES.kubeconfigInvalid, {
      message: `The client certificate or key of ${connection.login} cannot be used.`,
      evidence: { reason: failureOf(error, false).code },
    })
  }
  const connect = {
    ...tls,
    secureContext,
    timeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs * 0.8),
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  }
  const options = {
    connections: CONNECTIONS,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxResponseSize: LARGEST_ANSWER,
  }
  const server = new URL(connection.server)
  const uri = connection.proxy ?? proxyFromEnvironment(server, process.env)?.value
  return openConnections(connect, options, uri === undefined ? undefined : { uri })
}
