import { afterAll, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Secret } from '../../src/secrets/index.js'
import {
  capabilitiesSelf,
  createVault,
  lookupSelf,
  path,
  revokeSelf,
  statusOf,
  type Vault,
  type VaultOptions,
  type WireEvent,
} from '../../src/vault/index.js'
import { servers } from '../servers/index.js'

const open: Vault[] = []
afterAll(async () => {
  await Promise.all(open.map((vault) => vault.close()))
})

function connect(options: Partial<VaultOptions> = {}): Vault {
  const { vaultAddress: address, caFile } = servers()
  const vault = createVault({ address, tls: { ca: [readFileSync(caFile, 'utf8')] }, ...options })
  open.push(vault)
  return vault
}
const operator = (options: Partial<VaultOptions> = {}) => connect({ token: new Secret(servers().token), ...options })
const fresh = (prefix: string) => `${prefix}-${randomBytes(4).toString('hex')}`

/** A KV v2 mount of the test's own. */
async function kv(vault: Vault): Promise<string> {
  const mount = fresh('kv')
  await vault.write(path`sys/mounts/${mount}`, { type: 'kv', options: { version: '2' } })
  // Vault upgrades a fresh mount in the background; until then it answers 400.
  for (let tries = 0; tries < 50; tries += 1) {
    const ready = await vault.list(path`${mount}/metadata`).then(
      () => true,
      () => false,
    )
    if (ready) return mount
    await sleep(50)
  }
  throw new Error(`${mount} never became ready`)
}

/** A token of its own policy. */
async function tokenWith(
  vault: Vault,
  policy: string,
  settings: Record<string, string | number | boolean> = {},
): Promise<Vault> {
  const name = fresh('policy')
  await vault.write(path`sys/policies/acl/${name}`, { policy })
  const { login } = await vault.write(path`auth/token/create`, { policies: [name], ...settings })
  return vault.withToken(login!.token)
}
const failed = (code: string, exitCode: number, evidence = {}) =>
  expect.objectContaining({
    code,
    exitCode,
    details: expect.objectContaining({ evidence: expect.objectContaining(evidence) }),
  })

test('what sys/health says', async () => {
  expect(await connect().health()).toMatchObject({ initialized: true, sealed: false, standby: false })
  const { serverTime } = await connect().health()
  expect(Math.abs(serverTime - Date.now() / 1000)).toBeLessThan(60)
})

test('reading, listing, writing, deleting; what is not there is no error', async () => {
  const vault = operator()
  const mount = await kv(vault)
  expect(await vault.read(path`${mount}/data/app`)).toBeUndefined()
  expect(await vault.list(path`${mount}/metadata`)).toEqual([])
  await vault.write(path`${mount}/data/app/creds`, { data: { password: new Secret('canary-in-kv') } })
  expect(await vault.list(path`${mount}/metadata/app`)).toEqual(['creds'])
  const found = await vault.readSecret(path`${mount}/data/app/creds`)
  expect(JSON.stringify(found)).not.toContain('canary-in-kv')
  expect(Secret.reveal((found!.data['data'] as Record<string, Secret>)['password']!)).toBe('canary-in-kv')
  await vault.delete(path`${mount}/data/app/creds`)
  expect((await vault.read(path`${mount}/data/app/creds`))?.data).toMatchObject({
    data: null,
    metadata: { version: 1 },
  })
  await vault.delete(path`${mount}/metadata/app/creds`)
  await vault.delete(path`sys/policies/acl/${fresh('never')}`)
  expect(await vault.read(path`${mount}/data/app/creds`)).toBeUndefined()
})

test('names with spaces, plus signs and other alphabets come back as they were sent', async () => {
  const vault = operator()
  const mount = await kv(vault)
  for (const name of ['a b', 'a+b', 'größe', '秘密', "it's", 'a&b=c', 'a:b@c']) {
    await vault.write(path`${mount}/data/${name}`, { data: { n: 1 } })
    expect((await vault.read(path`${mount}/data/${name}`))?.data).toMatchObject({ data: { n: 1 } })
  }
  expect(await vault.list(path`${mount}/metadata`)).toHaveLength(7)
})

test('a missing capability is named with its path and the policy to add', async () => {
  const vault = operator()
  const mount = await kv(vault)
  const limited = await tokenWith(vault, `path "${mount}/data/app" { capabilities = ["read"] }`)
  await limited.read(path`${mount}/data/app`)
  const error = await limited.write(path`${mount}/data/app`, { data: {} }).catch((caught: unknown) => caught)
  expect(error).toEqual(
    failed('ICE2028', 5, { status: 403, needs: 'create, update', policies: expect.stringMatching(/default, policy-/) }),
  )
  expect((error as { next: string[] }).next).toContain(
    `path "${mount}/data/app" {\n  capabilities = ["create", "update"]\n}`,
  )
  await expect(limited.write(path`sys/auth/${fresh('demo')}`, { type: 'kubernetes' })).rejects.toEqual(
    failed('ICE2028', 5, { needs: 'create, update, sudo' }),
  )
})

test('a valid token without the default policy is not called invalid', async () => {
  const vault = operator()
  const bare = await tokenWith(vault, 'path "x" { capabilities = ["read"] }', { no_default_policy: true })
  await expect(bare.read(path`sys/mounts`)).rejects.toEqual(failed('ICE2028', 5))
})

test('no token, a foreign one, one that expired, one that is used up, one that was revoked', async () => {
  await expect(connect().read(path`sys/mounts`)).rejects.toEqual(failed('ICE2008', 5, { status: 403 }))
  await expect(connect({ token: new Secret('s.of-some-other-vault') }).read(path`sys/mounts`)).rejects.toEqual(
    failed('ICE2027', 5),
  )

  const vault = operator()
  const all = 'path "sys/mounts" { capabilities = ["read"] }'
  const short = await tokenWith(vault, all, { ttl: '1s' })
  await short.read(path`sys/mounts`)
  await sleep(1500)
  await expect(short.read(path`sys/mounts`)).rejects.toEqual(failed('ICE2027', 5, { status: 403 }))

  const twice = await tokenWith(vault, all, { num_uses: 2 })
  await twice.read(path`sys/mounts`)
  await twice.read(path`sys/mounts`)
  await expect(twice.read(path`sys/mounts`)).rejects.toEqual(failed('ICE2027', 5))

  const revoked = await tokenWith(vault, all)
  await revokeSelf(revoked)
  await expect(revoked.read(path`sys/mounts`)).rejects.toEqual(failed('ICE2027', 5))
  await revokeSelf(revoked)
})

test('what a token is and may', async () => {
  const vault = operator()
  expect(await lookupSelf(vault)).toMatchObject({ isRoot: true, ttlSeconds: 0, expireTime: undefined })
  const limited = await tokenWith(vault, 'path "kv/+/x" { capabilities = ["read", "update"] }', {
    ttl: '10m',
    num_uses: 50,
  })
  const facts = await lookupSelf(limited)
  expect(facts).toMatchObject({ isRoot: false, numUses: 49, policies: ['default', expect.stringMatching(/^policy-/)] })
  expect(facts.ttlSeconds).toBeGreaterThan(590)
  expect(facts.expireTime!.getTime()).toBeGreaterThan(Date.now())

  const events: WireEvent[] = []
  const counted = operator({ onRequest: (event) => events.push(event) })
  const paths = Array.from({ length: 250 }, (_, index) => `kv/data/${index}`)
  expect((await capabilitiesSelf(counted, [...paths, ...paths])).size).toBe(250)
  expect(events).toHaveLength(3)
  const may = await capabilitiesSelf(limited, [...paths, 'kv/data/x'])
  expect(may.get('kv/data/x')).toEqual(['read', 'update'])
  expect(may.get('kv/data/249')).toEqual(['deny'])
})

test('a namespace: one that exists, one that does not, and a server that has none', async () => {
  const name = fresh('team')
  const vault = operator({ namespace: name })
  expect((await vault.health()).initialized).toBe(true)
  if (servers().product === 'vault') {
    await expect(vault.list(path`sys/policies/acl`)).rejects.toEqual(failed('ICE2037', 2))
    await expect(vault.write(path`sys/policies/acl/x`, {})).rejects.toEqual(failed('ICE2037', 2))
    return
  }
  await expect(vault.list(path`sys/policies/acl`)).rejects.toEqual(failed('ICE2026', 2, { namespace: name }))
  await operator().write(path`sys/namespaces/${name}`, {})
  expect(await vault.list(path`sys/policies/acl`)).toEqual(['default'])
  await operator().delete(path`sys/namespaces/${name}`)
})

test('a path where nothing is mounted, one that the backend does not have, one that is taken', async () => {
  const vault = operator()
  await expect(vault.read(path`${fresh('nowhere')}/x`)).rejects.toEqual(failed('ICE2029', 1, { status: 404 }))
  await expect(vault.read(path`sys/${fresh('nothing')}`)).rejects.toEqual(failed('ICE2029', 1, { status: 404 }))
  const mount = await kv(vault)
  const taken = await vault.write(path`sys/mounts/${mount}`, { type: 'kv' }).catch((caught: unknown) => caught)
  expect(taken).toMatchObject({
    code: 'ICE2030',
    exitCode: 1,
    message: expect.stringContaining('path is already in use'),
  })
  expect(statusOf(taken)).toBe(400)
})

test('parameters that the server does not know are an error', async () => {
  const vault = operator()
  const mount = fresh('transit')
  await vault.write(path`sys/mounts/${mount}`, { type: 'transit' })
  await expect(vault.write(path`${mount}/keys/k`, { min_encrypt_version: 1, type: 'aes256-gcm96' })).rejects.toEqual(
    failed('ICE2034', 1, { parameters: 'min_encrypt_version' }),
  )
})

test('a login that is refused says what Vault said, and sends no token along', async () => {
  const vault = operator()
  const mount = fresh('demo')
  await vault.write(path`sys/auth/${mount}`, { type: 'kubernetes' })
  await expect(vault.login(mount, 'nobody', new Secret('a.jwt.of-nobody'))).rejects.toEqual(
    failed('ICE2036', 5, { status: 400, said: 'invalid role name "nobody"' }),
  )
  await expect(vault.login(fresh('nowhere'), 'app', new Secret('a.jwt.of-nobody'))).rejects.toEqual(
    failed('ICE2036', 5, { status: 403 }),
  )
})

test('a rate limit slows down but does not fail', async () => {
  const vault = operator()
  const mount = await kv(vault)
  const quota = path`sys/quotas/rate-limit/${fresh('quota')}`
  await vault.write(quota, { path: `${mount}/`, rate: 5, interval: '1s' })
  const statuses: unknown[] = []
  try {
    const slowed = operator({ onRequest: ({ result }) => statuses.push(result) })
    await Promise.all(
      Array.from({ length: 15 }, (_, index) => slowed.write(path`${mount}/data/${String(index)}`, { data: {} })),
    )
  } finally {
    await vault.delete(quota)
  }
  expect(statuses.filter((status) => status === 200)).toHaveLength(15)
  expect(statuses).toContain(429)
  expect(statuses.length).toBeLessThan(120)
  expect(await vault.list(path`${mount}/metadata`)).toHaveLength(15)
})

test('the wrong authority for a real server', async () => {
  const { vaultAddress: address } = servers()
  const vault = createVault({ address, token: new Secret('s.never-sent-anywhere') })
  open.push(vault)
  await expect(vault.health()).rejects.toEqual(failed('ICE2016', 6, { address }))
})
