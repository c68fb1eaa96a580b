import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { Secret } from '../../src/secrets/index.js'
import { createVault, path } from '../../src/vault/index.js'
import type { TlsOptions } from '../../src/vault/tls.js'
import { authority, issue, type Pair } from './certificates.js'
import { faultyServer, tcpServer, type FaultyServer } from './faulty-server.js'

const open: { close(): Promise<void> }[] = []
let ca: Pair
beforeAll(async () => {
  ca = await authority('authority for tests')
})
afterAll(async () => {
  await Promise.all(open.map((one) => one.close()))
})

async function serving(...args: Parameters<typeof faultyServer>): Promise<FaultyServer> {
  const server = await faultyServer(...args)
  open.unshift(server)
  return server
}
const HEALTH = { initialized: true, sealed: false, standby: false, version: '1', server_time_utc: 1 }
const healthy = (tls: Parameters<typeof faultyServer>[1]) =>
  serving((_request, response) => response.json(200, HEALTH), tls)

function health(address: string, tls: TlsOptions = { ca: [ca.cert] }) {
  const vault = createVault({ address, tls, retries: 0, timeoutMs: 3000 })
  open.push(vault)
  return vault.health()
}
const failed = (code: string, evidence: object) =>
  expect.objectContaining({
    code,
    exitCode: 6,
    details: expect.objectContaining({ evidence: expect.objectContaining(evidence) }),
  })

test.each([false, true])('a server with a good certificate, over HTTP/2 or (%s) HTTP/1.1', async (http1) => {
  const { cert, key } = await issue(ca)
  const server = await healthy({ cert, key, http1 })
  await expect(health(server.address)).resolves.toMatchObject({ initialized: true, serverTime: 1 })
})

test('500 reads go over one connection where the server speaks HTTP/2, over at most 32 where it does not', async () => {
  const { cert, key } = await issue(ca)
  for (const http1 of [false, true]) {
    const server = await serving((_request, response) => setTimeout(() => response.json(200, { data: {} }), 5), {
      cert,
      key,
      http1,
    })
    const vault = createVault({ address: server.address, tls: { ca: [ca.cert] } })
    open.push(vault)
    await Promise.all(Array.from({ length: 500 }, () => vault.read(path`kv/data/a`)))
    expect(server.requests).toHaveLength(500)
    expect(server.peak.requests).toBeLessThanOrEqual(32)
    if (http1) expect(server.peak.connections).toBeLessThanOrEqual(32)
    else expect(server.peak.connections).toBe(1)
  }
})

test('an unknown authority is named with the certificate that was shown', async () => {
  const stranger = await authority('somebody else')
  const { cert, key, certificate } = await issue(stranger)
  const server = await healthy({ cert, key })
  const evidence = {
    subject: 'CN=vault for tests',
    issuer: 'CN=somebody else',
    names: '127.0.0.1',
    notAfter: certificate.notAfter.toISOString(),
    sha256: expect.stringMatching(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/),
  }
  await expect(health(server.address)).rejects.toEqual(failed('ICE2016', evidence))
  await expect(health(server.address, {})).rejects.toEqual(failed('ICE2016', evidence))
  expect(server.requests).toEqual([])
})

test('NODE_TLS_REJECT_UNAUTHORIZED=0 switches nothing off', async () => {
  const { cert, key } = await issue(await authority('somebody else'))
  const server = await healthy({ cert, key })
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    await expect(health(server.address)).rejects.toMatchObject({ code: 'ICE2016' })
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  }
  expect(server.requests).toEqual([])
})

test('another name is named; the server name setting decides which is wanted', async () => {
  const { cert, key } = await issue(ca, { names: [{ type: 'dns', value: 'vault.internal' }] })
  const server = await healthy({ cert, key })
  await expect(health(server.address)).rejects.toEqual(failed('ICE2017', { names: 'vault.internal' }))
  await expect(health(server.address, { ca: [ca.cert], serverName: 'vault.internal' })).resolves.toBeDefined()
  await expect(health(server.address, { ca: [ca.cert], serverName: 'other.internal' })).rejects.toMatchObject({
    message: expect.stringContaining('vault.internal, not other.internal'),
  })
})

test('an expired certificate is shown with its date', async () => {
  const { cert, key, certificate } = await issue(ca, { days: -1 })
  const server = await healthy({ cert, key })
  const notAfter = certificate.notAfter.toISOString()
  await expect(health(server.address)).rejects.toEqual(failed('ICE2018', { notAfter }))
  await expect(health(server.address)).rejects.toMatchObject({
    message: expect.stringContaining(`expired since ${notAfter}`),
  })
})

test('a server that demands a client certificate gets it, and its key', async () => {
  const [server, user] = [await issue(ca), await issue(ca)]
  const { address } = await healthy({
    cert: server.cert,
    key: server.key,
    ca: ca.cert,
    requestCert: true,
    rejectUnauthorized: true,
  })
  await expect(health(address)).rejects.toEqual(failed('ICE2019', {}))
  await expect(
    health(address, { ca: [ca.cert], certificate: user.cert, key: new Secret(user.key) }),
  ).resolves.toBeDefined()
  await expect(
    health(address, { ca: [ca.cert], certificate: 'no PEM', key: new Secret(user.key) }),
  ).rejects.toMatchObject({
    code: 'ICE2005',
  })
})

test('http where https is spoken, and the other way round', async () => {
  const { cert, key } = await issue(ca)
  const secure = await healthy({ cert, key })
  await expect(health(`http://127.0.0.1:${secure.port}`)).rejects.toEqual(failed('ICE2014', {}))
  const plain = await healthy(undefined)
  await expect(health(`https://127.0.0.1:${plain.port}`)).rejects.toEqual(failed('ICE2015', {}))
  expect([...secure.requests, ...plain.requests]).toEqual([])
})

test('a connection that is cut during the handshake was no request: a write is sent again', async () => {
  let attempts = 0
  const server = await tcpServer((socket) => {
    attempts += 1
    socket.destroy()
  })
  open.push(server)
  const vault = createVault({ address: `https://127.0.0.1:${server.port}`, tls: { ca: [ca.cert] }, retries: 1 })
  open.push(vault)
  await expect(vault.write(path`kv/data/a`, {})).rejects.toMatchObject({ code: 'ICE2013', exitCode: 6 })
  expect(attempts).toBe(2)
})

test('a handshake that never ends is a timeout', async () => {
  const server = await tcpServer(() => undefined)
  open.push(server)
  const vault = createVault({ address: `https://127.0.0.1:${server.port}`, tls: { ca: [ca.cert] }, timeoutMs: 400 })
  open.push(vault)
  await expect(vault.write(path`kv/data/a`, {})).rejects.toEqual(
    failed('ICE2012', { error: 'UND_ERR_CONNECT_TIMEOUT' }),
  )
})

test('an abort in the middle of a handshake ends a write at once, which then is known not to be done', async () => {
  const stop = new AbortController()
  const server = await tcpServer(() => stop.abort(new Error('the time is over')))
  open.push(server)
  const { signal } = stop
  const vault = createVault({ address: `https://127.0.0.1:${server.port}`, tls: { ca: [ca.cert] }, signal })
  open.push(vault)
  const writes = [vault.write(path`kv/data/a`, {}), vault.write(path`kv/data/b`, {})]
  for (const outcome of await Promise.allSettled(writes))
    expect(outcome).toMatchObject({ reason: { message: 'the time is over' } })
}, 9_000)

test('a redirect is followed to another https server of the same authority, not to a third, not to a stranger', async () => {
  const good = await issue(ca)
  const bad = await issue(await authority('somebody else'))
  const tokens: unknown[] = []
  const active = await serving((request, response) => {
    tokens.push([request.method, request.headers['x-vault-token']])
    response.json(200, { data: { here: true } })
  }, good)
  const stranger = await serving((_request, response) => response.json(200, {}), bad)
  const redirecting = (location: () => string) =>
    serving((request, response) => response.json(307, {}, { location: `${location()}${request.url ?? ''}` }), good)
  const standby = await redirecting(() => active.address)
  const lost = await redirecting(() => stranger.address)
  const loop: FaultyServer = await redirecting(() => loop.address)
  const at = (server: FaultyServer) => {
    const vault = createVault({ address: server.address, token: new Secret('s.mine'), tls: { ca: [ca.cert] } })
    open.push(vault)
    return vault
  }
  await expect(at(standby).write(path`kv/data/a`, { a: 1 })).resolves.toMatchObject({ data: { here: true } })
  expect(tokens).toEqual([['POST', 's.mine']])
  await expect(at(lost).read(path`kv/data/a`)).rejects.toEqual(
    failed('ICE2016', { address: stranger.address, issuer: 'CN=somebody else' }),
  )
  expect(stranger.requests).toEqual([])
  await expect(at(loop).read(path`kv/data/a`)).rejects.toMatchObject({ code: 'ICE2021' })
  expect(loop.requests).toHaveLength(3)
})

test('through a proxy: a tunnel to Vault, with credentials for the proxy only; a proxy that refuses is named', async () => {
  const { cert, key } = await issue(ca)
  const tokens: unknown[] = []
  const server = await serving(
    (request, response) => {
      tokens.push(request.headers['proxy-authorization'])
      response.json(200, HEALTH)
    },
    { cert, key },
  )
  const seen: unknown[] = []
  const tunnels: Socket[] = []
  const proxy = createServer()
  proxy.on('connect', (request, client: Socket) => {
    const authorization = request.headers['proxy-authorization']
    seen.push([request.url, authorization])
    if (authorization === undefined) return client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const tunnel = connect(server.port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(tunnel).pipe(client)
    })
    tunnels.push(
      client,
      tunnel.on('error', () => undefined),
    )
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const through = (authorization?: Secret) => {
    const vault = createVault({
      address: server.address,
      tls: { ca: [ca.cert] },
      retries: 0,
      proxy: { address, ...(authorization && { authorization }) },
    })
    open.unshift(vault)
    return vault.health()
  }
  try {
    await expect(through(new Secret('Basic bWU6cGFzcw=='))).resolves.toBeDefined()
    expect(seen).toEqual([[`127.0.0.1:${server.port}`, 'Basic bWU6cGFzcw==']])
    expect(tokens).toEqual([undefined])
    await expect(through()).rejects.toEqual(failed('ICE2020', { proxy: address }))
  } finally {
    for (const socket of tunnels) socket.destroy()
    proxy.close()
  }
})
