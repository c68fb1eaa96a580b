import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Secret } from '../../src/secrets/index.js'
import { createVault, path } from '../../src/vault/index.js'
import { readMounts } from '../../src/vault/mounts.js'
import { servers } from '../servers/index.js'

const { vaultAddress: address, caFile, token, product } = servers()
const vault = createVault({ address, token: new Secret(token), tls: { ca: [readFileSync(caFile, 'utf8')] } })
const id = `mounts-${randomBytes(4).toString('hex')}`

beforeAll(async () => {
  await vault.write(path`sys/mounts/${id}/v1`, { type: 'kv' })
  await vault.write(path`sys/mounts/${id}/v2`, { type: 'kv', options: { version: '2' } })
  await vault.write(path`sys/policies/acl/${id}`, { policy: `path "${id}/v2/*" { capabilities = ["read"] }` })
})

afterAll(async () => {
  for (const mount of ['v1', 'v2']) await vault.delete(path`sys/mounts/${id}/${mount}`)
  await vault.delete(path`sys/policies/acl/${id}`)
  await vault.close()
})

test('who may read the tables sees all', async () => {
  const { mounts, all, product: seen } = await readMounts(vault)
  expect({ all, seen }).toEqual({ all: true, seen: product })
  expect(mounts[`${id}/v1`]).toMatchObject({ type: 'kv', version: 1 })
  expect(mounts[`${id}/v2`]).toMatchObject({ type: 'kv', version: 2 })
  expect(mounts).toMatchObject({
    sys: { type: 'system' },
    identity: {},
    cubbyhole: {},
    'auth/token': { type: 'token' },
  })
  expect(mounts['auth/token']?.accessor).toMatch(/^auth_token_/)
})

test('who may not sees what is for him, and knows that it is not all', async () => {
  const { login } = await vault.write(path`auth/token/create`, { policies: [id], ttl: '5m' })
  const { mounts, all, product: seen } = await readMounts(vault.withToken(login!.token))
  expect({ all, seen }).toEqual({ all: false, seen: product })
  expect(mounts[`${id}/v2`]).toMatchObject({ type: 'kv', version: 2 })
  expect(mounts[`${id}/v1`]).toBeUndefined()
})

test('who may not list namespaces cannot know that there is no more', async () => {
  const policy = ['sys/mounts', 'sys/auth'].map((table) => `path "${table}" { capabilities = ["read"] }`).join('\n')
  await vault.write(path`sys/policies/acl/${id}`, { policy })
  const { login } = await vault.write(path`auth/token/create`, { policies: [id], no_default_policy: true, ttl: '5m' })
  const { mounts, all } = await readMounts(vault.withToken(login!.token))
  expect(all).toBe(false)
  expect(mounts[`${id}/v1`]).toMatchObject({ type: 'kv', version: 1 })
})

// Vault has namespaces in its Enterprise edition only.
const ifNamespaces = product === 'openbao' ? test : test.skip

ifNamespaces('a child namespace is something mounted, of which no more is known', async () => {
  await vault.write(path`sys/namespaces/${id}-ns`, {})
  const { mounts, all } = await readMounts(vault)
  expect([mounts[`${id}-ns`], all]).toEqual([{ type: 'namespace' }, true])
  await vault.delete(path`sys/namespaces/${id}-ns`)
})
