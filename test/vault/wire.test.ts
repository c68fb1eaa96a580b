import { afterEach, expect, test } from '@jest/globals'
import { Secret, redact } from '../../src/secrets/index.js'
import { createVault, path, statusOf, type Vault, type VaultOptions, type WireEvent } from '../../src/vault/index.js'
import { faultyServer, tcpServer, type FaultyServer } from './faulty-server.js'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

async function serving(...args: Parameters<typeof faultyServer>): Promise<FaultyServer> {
  const server = await faultyServer(...args)
  open.unshift(server)
  return server
}

function client(address: string, options: Partial<VaultOptions> = {}): Vault {
  const vault = createVault({ address, token: new Secret('s.token-of-the-operator'), timeoutMs: 2000, ...options })
  open.push(vault)
  return vault
}

const DATA = { data: { value: 1 } }
const TARGET = path`sys/policies/acl/app`
const failed = (code: string, exitCode: number, evidence = {}) =>
  expect.objectContaining({
    code,
    exitCode,
    details: expect.objectContaining({ evidence: expect.objectContaining(evidence) }),
  })

test('what is sent: headers, the address’s base path, encoded path, opened secrets', async () => {
  const seen: unknown[] = []
  const server = await serving((request, response) => {
    if (request.url?.includes('sys/health')) {
      response.json(400, { errors: ['operation unavailable in namespaces'] })
      return
    }
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body })
      response.json(200, DATA)
    })
  })
  const vault = client(`${server.address}/base`, { namespace: 'team-a' })
  await vault.write(path`kv/data/${'a b'}`, {
    data: { password: new Secret('pass"word'), list: [new Secret('x')], n: 1, gone: undefined },
  })
  await vault.read(TARGET, { rootNamespace: true })
  await vault.list(TARGET)
  expect(seen).toMatchObject([
    {
      method: 'POST',
      url: '/base/v1/kv/data/a%20b',
      body: '{"data":{"password":"pass\\"word","list":["x"],"n":1}}',
      headers: { 'x-vault-token': 's.token-of-the-operator', 'x-vault-namespace': 'team-a', 'x-vault-request': 'true' },
    },
    { method: 'GET', headers: expect.not.objectContaining({ 'x-vault-namespace': expect.anything() }) },
    { method: 'GET', url: '/base/v1/sys/policies/acl/app?list=true' },
  ])
})

test('a server that takes no notice of the namespace gets nothing but that question', async () => {
  const server = await serving((_request, response) => response.json(200, { initialized: true, sealed: false }))
  const vault = client(server.address, { namespace: 'team-a' })
  const writes = await Promise.allSettled([vault.write(TARGET, {}), vault.read(TARGET)])
  expect(writes).toMatchObject([{ reason: { code: 'ICE2037', exitCode: 2 } }, { reason: { code: 'ICE2037' } }])
  expect(server.requests).toEqual([expect.stringContaining('GET /v1/sys/health')])
})

test('Enterprise answers sys/health in its administrative namespace: that is no refusal', async () => {
  const health = { initialized: true, sealed: false, version: '1.21.0+ent' }
  const server = await serving((request, response) =>
    response.json(200, request.url?.includes('health') ? health : DATA),
  )
  expect((await client(server.address, { namespace: 'admin' }).read(TARGET))?.data).toEqual(DATA.data)
})

test('no token travels with sys/health or a login', async () => {
  const tokens: unknown[] = []
  const server = await serving((request, response) => {
    tokens.push(request.headers['x-vault-token'])
    response.json(200, {
      initialized: true,
      sealed: false,
      auth: { client_token: 's.fresh-token', accessor: 'a', lease_duration: 60, renewable: true, entity_id: '' },
    })
  })
  const vault = client(server.address)
  await vault.health()
  const login = await vault.login('demo', 'app', new Secret('a.jwt.of-an-account'))
  expect(tokens).toEqual([undefined, undefined])
  expect(JSON.stringify(login)).not.toContain('fresh-token')
  expect(redact('echo s.fresh-token')).toBe('echo (secret)')
})

test('a secret answer comes with every string wrapped', async () => {
  const server = await serving((_request, response) =>
    response.json(200, {
      lease_id: 'l',
      lease_duration: 60,
      renewable: true,
      data: { a: 'plaintext-1', b: [{ c: 'plaintext-2' }], n: 1, t: true, z: null },
    }),
  )
  const answer = await client(server.address).readSecret(path`database/creds/app`, { repeatable: false })
  expect(JSON.stringify(answer)).not.toContain('plaintext')
  expect(answer).toMatchObject({ leaseId: 'l', leaseSeconds: 60, renewable: true, data: { n: 1, t: true, z: null } })
  expect(Secret.reveal(answer!.data['a'] as Secret)).toBe('plaintext-1')
  expect(redact('plaintext-2')).toBe('(secret)')
})

test('nothing there: undefined, the empty list, and no error of a deletion', async () => {
  const server = await serving((_request, response) => response.json(404, { errors: [] }))
  const vault = client(server.address)
  expect(await vault.read(TARGET)).toBeUndefined()
  expect(await vault.readSecret(TARGET)).toBeUndefined()
  expect(await vault.list(TARGET)).toEqual([])
  expect(await vault.delete(TARGET)).toBeUndefined()
})

test('a read is repeated over broken answers until one is whole', async () => {
  const server = await serving((_request, response, count) => {
    if (count === 2) response.destroy()
    else if (count === 3) {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"data":')
      setTimeout(() => response.destroy(), 20)
    } else if (count === 4) response.json(502, 'bad gateway')
    else response.json(200, DATA)
  })
  const events: WireEvent[] = []
  const vault = client(server.address, { onRequest: (event) => events.push(event) })
  await vault.read(TARGET)
  expect((await vault.read(TARGET))?.data).toEqual(DATA.data)
  expect(events.map(({ attempt, result }) => [attempt, typeof result === 'number' ? result : 'broken'])).toEqual([
    [1, 200],
    [1, 'broken'],
    [2, 'broken'],
    [3, 502],
    [4, 200],
  ])
})

test.each([true, false])(
  'a write that may be repeated (%s): sent again after a lost answer, or not',
  async (repeatable) => {
    const server = await serving((_request, response, count) =>
      count === 1 ? response.destroy() : response.json(204, ''),
    )
    const write = client(server.address).write(TARGET, {}, { repeatable })
    if (repeatable) await expect(write).resolves.toMatchObject({ data: {} })
    else await expect(write).rejects.toEqual(failed('ICE2035', 1, { last: expect.any(String) }))
    expect(server.requests).toHaveLength(repeatable ? 2 : 1)
  },
)

test('a write whose every answer is lost has an unknown outcome, also where it may be repeated', async () => {
  const server = await serving((_request, response) => response.destroy())
  await expect(client(server.address, { retries: 1 }).write(TARGET, {}, { repeatable: true })).rejects.toEqual(
    failed('ICE2035', 1),
  )
  await expect(client(server.address, { retries: 1 }).delete(TARGET)).rejects.toEqual(failed('ICE2035', 1))
  await expect(client(server.address, { retries: 1 }).read(TARGET)).rejects.toEqual(failed('ICE2013', 6))
  await expect(client(server.address).readSecret(TARGET, { repeatable: false })).rejects.toEqual(failed('ICE2035', 1))
})

test('a write is sent when the connection was refused at first: nothing had been sent', async () => {
  const events: WireEvent[] = []
  const placeholder = await tcpServer(() => undefined)
  await placeholder.close()
  const refused = client(placeholder.address, { retries: 1, onRequest: (event) => events.push(event) })
  await expect(refused.write(TARGET, {})).rejects.toEqual(failed('ICE2011', 6, { error: 'ECONNREFUSED' }))
  expect(events.map((event) => event.attempt)).toEqual([1, 2])
})

test('a server that has answered before is waited for longer than one that never did', async () => {
  const events: WireEvent[] = []
  const server = await faultyServer((_request, response) => response.json(200, DATA))
  const vault = client(server.address, { retries: 3, timeoutMs: 10_000, onRequest: (event) => events.push(event) })
  await vault.read(TARGET)
  await server.close()
  await expect(vault.read(TARGET)).rejects.toEqual(failed('ICE2011', 6))
  const never = client(server.address, { retries: 3, timeoutMs: 10_000, onRequest: (event) => events.push(event) })
  await expect(never.read(TARGET)).rejects.toEqual(failed('ICE2011', 6))
  expect(events.map((event) => event.attempt)).toEqual([1, 1, 2, 3, 4, 1, 2, 3])
})

test('429 is waited for as Retry-After says, also by a write; 412 is asked again with the index of the last write', async () => {
  const indices: unknown[] = []
  const server = await serving((request, response, count) => {
    indices.push(request.headers['x-vault-index'])
    if (count === 1) response.json(429, { errors: ['rate limit quota exceeded'] }, { 'retry-after': '1' })
    else if (count === 2) response.json(204, '', { 'x-vault-index': 'index-1' })
    else if (count === 3) response.json(412, { errors: ['required index state not present'] })
    else response.json(200, DATA, { 'x-vault-index': 'older' })
  })
  const vault = client(server.address, { retries: 0 })
  const started = Date.now()
  await vault.write(TARGET, {})
  expect(Date.now() - started).toBeGreaterThanOrEqual(950)
  await vault.read(TARGET)
  await vault.read(TARGET)
  expect(indices).toEqual([undefined, undefined, 'index-1', 'index-1', 'index-1'])
})

test('a quota that never lets us through ends at the deadline', async () => {
  const server = await serving((_request, response) => response.json(429, { errors: ['rate limit quota exceeded'] }))
  await expect(client(server.address, { timeoutMs: 1000 }).read(TARGET)).rejects.toEqual(
    failed('ICE2032', 6, { status: 429 }),
  )
  expect(server.requests.length).toBeLessThan(6)
})

test('a server that hangs, before or within its answer', async () => {
  const server = await serving((request, response) => {
    if (request.url?.includes('within')) response.writeHead(200).write('{')
  })
  const vault = client(server.address, { timeoutMs: 500 })
  await expect(vault.read(TARGET)).rejects.toEqual(failed('ICE2012', 6, { error: 'UND_ERR_HEADERS_TIMEOUT' }))
  await expect(vault.read(path`within`)).rejects.toEqual(failed('ICE2012', 6))
  await expect(vault.write(TARGET, {})).rejects.toEqual(failed('ICE2035', 1))
})

test('a slow answer, byte by byte, is an answer', async () => {
  const server = await serving((_request, response) => {
    const bytes = JSON.stringify(DATA).split('')
    const timer = setInterval(() => {
      const next = bytes.shift()
      if (next === undefined) {
        clearInterval(timer)
        response.end()
      } else response.write(next)
    }, 10)
  })
  expect((await client(server.address, { timeoutMs: 1000 }).read(TARGET))?.data).toEqual(DATA.data)
})

test('an answer without end is cut at 32 MiB', async () => {
  const server = await serving((_request, response) => {
    const chunk = Buffer.alloc(1024 * 1024, ' ')
    const more = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', more)
    }
    response.writeHead(200)
    more()
  })
  await expect(client(server.address, { timeoutMs: 20_000 }).read(TARGET)).rejects.toEqual(failed('ICE2033', 1))
})

test.each([
  ['HTML with 200', 200, '<html>Sign in</html>'],
  ['HTML with 502', 502, '<html>Bad Gateway</html>'],
  ['JSON that is no object', 200, '"hello"'],
  ['an error that is not Vault’s', 404, '{"message":"no route"}'],
])('%s is not Vault', async (_name, status, body) => {
  const server = await serving((_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end(body)
  })
  await expect(client(server.address, { retries: 0 }).read(TARGET)).rejects.toEqual(failed('ICE2022', 6, { status }))
  await expect(client(server.address, { retries: 0 }).health()).rejects.toMatchObject({ code: 'ICE2022' })
})

test('what speaks no HTTP at all', async () => {
  const server = await tcpServer((socket) => socket.end('220 mail.example ESMTP\r\n'))
  open.push(server)
  await expect(client(server.address, { retries: 0 }).read(TARGET)).rejects.toEqual(failed('ICE2022', 6))
})

test('a redirect is followed to nowhere but verified https, with the same method', async () => {
  const server = await serving((_request, response) =>
    response.json(307, {}, { location: 'http://127.0.0.1:1/v1/x?token=1' }),
  )
  await expect(client(server.address).write(TARGET, {})).rejects.toEqual(
    failed('ICE2021', 6, { status: 307, location: 'http://127.0.0.1:1' }),
  )
  expect(server.requests).toHaveLength(1)
})

test('parameters that the server did not know make a write an error; other warnings are handed on', async () => {
  const server = await serving((request, response) => {
    const ignored = 'Endpoint ignored these unrecognized parameters: [audiences bound_audiences]'
    response.json(200, { data: {}, warnings: request.method === 'POST' ? ['mind the gap', ignored] : [ignored] })
  })
  const vault = client(server.address)
  await expect(vault.write(TARGET, {})).rejects.toEqual(
    failed('ICE2034', 1, { parameters: 'audiences bound_audiences' }),
  )
  expect((await vault.read(TARGET))?.warnings).toHaveLength(1)
})

test('the server’s own words are shown without secrets and control characters, on one line', async () => {
  const canary = 'canary-password-9'
  const server = await serving((_request, response) =>
    response.json(400, {
      errors: [
        `1 error occurred:\n\t* bad \u001b[31mpassword ${canary}\n::add-mask::x for s.AbCdEfGhIjKlMnOpQrStUvWx.\n`,
      ],
    }),
  )
  const error = await client(server.address)
    .write(TARGET, { password: new Secret(canary) })
    .catch((caught: unknown) => caught as Error)
  expect(error).toEqual(failed('ICE2030', 1, { status: 400 }))
  expect(statusOf(error)).toBe(400)
  const shown = JSON.stringify([(error as Error).message, (error as { details?: unknown }).details])
  expect(shown).not.toContain(canary)
  expect(shown).not.toMatch(/\\u001b|s\.AbCd|\\n/)
  expect((error as Error).message).toContain('bad \ufffd[31mpassword (secret) ::add-mask::x for (secret)')
})

test('sealed and uninitialised are told apart by asking; both are asked once for many failures', async () => {
  const server = await serving((request, response) => {
    if (request.url?.startsWith('/v1/sys/health'))
      setTimeout(() => response.json(200, { initialized: false, sealed: true }), 50)
    else response.json(503, { errors: ['Vault is sealed'] })
  })
  const vault = client(server.address)
  const failures = await Promise.allSettled(Array.from({ length: 20 }, () => vault.read(TARGET)))
  expect(failures).toEqual(
    failures.map(() => expect.objectContaining({ reason: failed('ICE2023', 6, { status: 503 }) })),
  )
  expect(server.requests.filter((line) => line.includes('sys/health')).length).toBeLessThan(5)
})

test('an abort ends a read with the signal’s reason, and makes a write’s outcome unknown', async () => {
  const server = await serving(() => undefined)
  const controller = new AbortController()
  const vault = client(server.address, { signal: controller.signal, timeoutMs: 20_000 })
  const both = Promise.allSettled([vault.read(TARGET), vault.write(TARGET, {})])
  while (server.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
  controller.abort(new Error('the operator said stop'))
  expect(await both).toMatchObject([{ reason: { message: 'the operator said stop' } }, { reason: { code: 'ICE2035' } }])
  await expect(vault.read(TARGET)).rejects.toThrow('the operator said stop')
  expect(server.requests).toHaveLength(2)
})

test('an abort ends a wait for a repetition', async () => {
  const server = await serving((_request, response) =>
    response.json(429, { errors: ['quota'] }, { 'retry-after': '15' }),
  )
  const vault = client(server.address, { signal: AbortSignal.timeout(300), timeoutMs: 20_000 })
  await expect(vault.read(TARGET)).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('500 reads: at most 32 at once, over at most 32 connections, none twice', async () => {
  const server = await serving((_request, response) => {
    setTimeout(() => response.json(200, DATA), 5)
  })
  const vault = client(server.address, { timeoutMs: 10_000 })
  await Promise.all(Array.from({ length: 500 }, () => vault.read(TARGET)))
  expect(server.requests).toHaveLength(500)
  expect(server.peak.requests).toBeLessThanOrEqual(32)
  expect(server.peak.requests).toBeGreaterThan(16)
  expect(server.peak.connections).toBeLessThanOrEqual(32)
})
