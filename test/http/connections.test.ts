import { getEventListeners, once } from 'node:events'
import { createSecureContext } from 'node:tls'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from '@jest/globals'
import { openConnections, type Connections } from '../../src/http/connections.js'
import { authority, issue } from '../vault/certificates.js'
import { faultyServer, tcpServer } from '../vault/faulty-server.js'

/** What would be waited for without an abort is longer than a test may take. */
const TOO_LONG_MS = 50_000
const IN_TIME = 10_000

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function connections(ca?: string, proxy?: string): Promise<Connections> {
  const connect = { timeout: TOO_LONG_MS, secureContext: createSecureContext(ca === undefined ? {} : { ca }) }
  const made = await openConnections(connect, { connections: 2 }, proxy === undefined ? undefined : { uri: proxy })
  opened.push(made)
  return made
}

/** A fake: it takes connections and says nothing, not even its part of a TLS handshake. */
async function silentServer() {
  const sockets: Socket[] = []
  const met = Promise.withResolvers<Socket>()
  const server = await tcpServer((socket) => {
    sockets.push(socket)
    met.resolve(socket.resume())
  })
  opened.push(server)
  return { ...server, sockets, origin: `https://127.0.0.1:${server.port}`, met: met.promise }
}

const get = (origin: string) => ({ origin, path: '/', method: 'GET' as const, headersTimeout: 0, bodyTimeout: 0 })

test.each(['directly', 'through a silent proxy'])(
  'an abort ends requests that wait for a connection %s, or for their turn: nothing was sent',
  async (way) => {
    const server = await silentServer()
    const { exchange } = await (way === 'directly'
      ? connections()
      : connections(undefined, `http://127.0.0.1:${server.port}`))
    const stop = new AbortController()
    const target = way === 'directly' ? server.origin : 'https://vault.example.com'
    const outcomes = Array.from({ length: 8 }, () => exchange(get(target), stop.signal))
    await server.met
    stop.abort(new Error('the time is over'))
    const failed = { failure: { reason: 'other', code: 'Error', sent: false } }
    expect(await Promise.all(outcomes)).toEqual(Array(8).fill(failed))
    expect(await exchange(get(target), stop.signal)).toEqual(failed)
  },
  IN_TIME,
)

test(
  'closing ends a handshake that the server does not answer, and the socket with it',
  async () => {
    const server = await silentServer()
    const made = await connections()
    const outcome = made.exchange(get(server.origin), undefined)
    const gone = once(await server.met, 'close')
    await made.close()
    expect(await outcome).toMatchObject({ failure: { sent: false } })
    await gone
  },
  IN_TIME,
)

test.each([true, false])(
  'an abort ends a request that the server holds (HTTP/1.1: %s): it was sent, and later ones go on',
  async (http1) => {
    const ca = await authority('CA of a server that holds a request')
    const { cert, key } = await issue(ca)
    const met = Promise.withResolvers<undefined>()
    const server = await faultyServer(
      (_request, response, count) => (count === 1 ? met.resolve(undefined) : response.json(200, { count })),
      { cert, key, http1 },
    )
    opened.push(server)
    const { exchange } = await connections(ca.cert)
    const stop = new AbortController()
    const held = exchange(get(server.address.replace('http:', 'https:')), stop.signal)
    await met.promise
    stop.abort()
    expect(await held).toMatchObject({ failure: { code: 'AbortError', sent: true } })
    const next = await exchange(get(server.address), new AbortController().signal)
    expect(next).toMatchObject({ status: 200, text: '{"count":2}' })
  },
  IN_TIME,
)

test('a signal that serves many requests keeps nothing of them', async () => {
  const server = await faultyServer((_request, response) => response.json(200, {}))
  opened.push(server)
  const { exchange } = await connections()
  const { signal } = new AbortController()
  await Promise.all(Array.from({ length: 20 }, () => exchange(get(server.address), signal)))
  const listening = () => getEventListeners(signal, 'abort').length
  // undici's own go when the bodies are closed.
  for (let round = 0; round < 100 && listening() > 0; round++) await setImmediate()
  expect(listening()).toBe(0)
})
