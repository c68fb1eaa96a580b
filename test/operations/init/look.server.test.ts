import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { IceError } from '../../../src/catalogue/index.js'
import { USAGE } from '../../../src/catalogue/usage.js'
import type { IceEvent } from '../../../src/events/index.js'
import { createLooker, type Looker } from '../../../src/operations/init/look.js'
import type { Answers } from '../../../src/operations/init/types.js'
import { Secret } from '../../../src/secrets/index.js'
import { path } from '../../../src/vault/index.js'
import { openScenario, type Scenario } from '../scenario.js'
import { servers } from '../../servers/index.js'
import { tcpServer, type FaultyServer } from '../../vault/faulty-server.js'

let scenario: Scenario
let folder: string
let silent: FaultyServer
const before = { ...process.env }
const unset = (name: string): boolean => Reflect.deleteProperty(process.env, name)

beforeAll(async () => {
  scenario = await openScenario()
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-look-'))
  silent = await tcpServer(() => undefined)
  const { id, vault } = scenario
  await vault.write(path`sys/auth/${id}`, { type: 'kubernetes' })
  await vault.write(path`sys/mounts/${`${id}-1`}`, { type: 'kv', options: { version: '1' } })
  await vault.write(path`sys/mounts/${`${id}-2`}`, { type: 'kv', options: { version: '2' } })
  await vault.write(path`sys/policies/acl/${id}`, { policy: 'path "x" { capabilities = ["read"] }' })
})
afterAll(async () => {
  Object.keys(process.env).forEach(unset)
  Object.assign(process.env, before)
  await silent.close()
  await scenario.close()
  rmSync(folder, { recursive: true })
})

const opened: Looker[] = []
afterAll(() => Promise.all(opened.map((looker) => looker.close())))

/** A look around, as somebody with this environment. */
function looker(env: Readonly<Record<string, string | undefined>>, given: Answers = {}, kubeconfig?: string): Looker {
  const { vaultAddress, token, caFile } = servers()
  Object.keys(process.env)
    .filter((name) => /^(?:VAULT|BAO|ICEBREAKER)_|^KUBECONFIG$/.test(name))
    .forEach(unset)
  const { ICEBREAKER_TEST_SERVERS } = before
  Object.assign(process.env, {
    ICEBREAKER_TEST_SERVERS,
    HOME: folder,
    VAULT_ADDR: vaultAddress,
    VAULT_TOKEN: token,
    VAULT_CACERT: caFile,
  })
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) unset(name)
    else process.env[name] = value
  }
  const stop = new AbortController().signal
  const emit = (_: IceEvent): void => undefined
  const made = createLooker({ given, tokenFile: undefined, kubeconfig, timeout: 2_000, emit, stop })
  opened.push(made)
  return made
}

const cluster = () => looker({}, {}, servers().kubeconfig)

test('Vault: what is mounted, and the policies', async () => {
  const { id } = scenario
  const seen = await looker({}).vault({})
  if (!seen.seen) throw new Error(seen.why)
  const { address, version, authMounts, engines, policies } = seen.value
  expect(address).toBe(servers().vaultAddress)
  expect(version).toMatch(/^\d+\.\d+\.\d+/)
  expect(authMounts).toMatchObject({ value: expect.arrayContaining([{ path: id, type: 'kubernetes' }]) })
  const kv = [1, 2].map((version) => ({ path: `${id}-${version}`, type: 'kv', version }))
  expect(engines).toMatchObject({ value: expect.arrayContaining(kv) })
  expect(policies).toMatchObject({ value: expect.arrayContaining([id, 'default']) })
})

test('the cluster: its contexts, namespaces and service accounts', async () => {
  const { context, apiServer } = servers()
  const look = cluster()
  expect(await look.contexts()).toEqual({ seen: true, value: { current: context, names: [context] } })
  expect(await look.cluster({ context })).toMatchObject({
    seen: true,
    value: {
      server: apiServer,
      version: expect.stringMatching(/^v1\./),
      namespaces: { value: expect.arrayContaining(['default']) },
    },
  })
  expect(await look.accounts({}, 'default')).toMatchObject({ value: expect.arrayContaining(['default']) })
  expect(await look.accounts({}, `${scenario.id}-none`)).toEqual({ seen: true, value: [] })
})

test('nothing is looked at twice', async () => {
  const look = cluster()
  expect(look.cluster({})).toBe(look.cluster({ context: undefined }))
  expect(look.vault({})).toBe(look.vault({ address: undefined }))
  await Promise.all([look.cluster({}), look.vault({})])
})

const blind = {
  seen: true,
  value: { authMounts: { seen: false }, engines: { seen: false }, policies: { seen: false } },
}

test('a token that may not look: what Vault is can still be seen', async () => {
  const { vault } = scenario
  const { login } = await vault.write(path`auth/token/create`, { policies: ['default'], ttl: '5m', no_parent: true })
  const file = join(folder, 'token')
  writeFileSync(file, Secret.reveal(login!.token), { mode: 0o600 })
  const seen = await looker({
    VAULT_TOKEN: undefined,
    VAULT_TOKEN_PATH: file,
    BAO_TOKEN_PATH: file,
    HOME: folder,
  }).vault({})
  expect(seen).toMatchObject(blind)
  expect(seen).toMatchObject({ value: { engines: { code: 'ICE2028' } } })
})

test('no token', async () => {
  const seen = await looker({ VAULT_TOKEN: undefined }).vault({})
  expect(seen).toMatchObject(blind)
  expect(seen).toMatchObject({ value: { policies: { why: 'there is no token' } } })
})

test('the token of the environment is not sent where only the typed address leads', async () => {
  const { vaultAddress, caFile } = servers()
  const seen = await looker({ VAULT_ADDR: 'https://127.0.0.1:1', VAULT_CACERT: caFile }).vault({
    address: vaultAddress,
  })
  expect(seen).toMatchObject(blind)
  expect(seen).toMatchObject({ value: { engines: { why: expect.stringContaining('was not sent') } } })
})

test.each<[string, Readonly<Record<string, string | undefined>>, RegExp]>([
  ['no address', { VAULT_ADDR: undefined }, /No Vault address/],
  ['nobody there', { VAULT_ADDR: 'https://127.0.0.1:1' }, /connection refused/],
  ['another authority', { VAULT_CACERT: undefined }, /certificate/],
  ['verification switched off', { VAULT_SKIP_VERIFY: 'true' }, /VAULT_SKIP_VERIFY/],
  ['a CA file that is not there', { VAULT_CACERT: '/nowhere/ca.crt' }, /cannot be read/],
])('Vault with %s is not seen, and that is no error', async (_, env, why) => {
  expect(await looker(env).vault({})).toMatchObject({ seen: false, why: expect.stringMatching(why) })
})

test('a server that breaks off is not tried again: somebody waits for the next question', async () => {
  const server = await tcpServer((socket) => socket.destroy())
  const seen = await looker({ VAULT_ADDR: server.address, VAULT_CACERT: undefined }).vault({})
  await server.close()
  expect([seen.seen, server.peak.connections]).toEqual([false, 2])
})

test('servers that never answer are not waited for', async () => {
  const address = `https://127.0.0.1:${silent.port}`
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: address } }],
      users: [{ name: 'u', user: { token: 'x' } }],
    }),
  )
  const look = looker({ VAULT_ADDR: address }, {}, kubeconfig)
  const all = await Promise.all([look.vault({}), look.cluster({}), look.accounts({}, 'default')])
  expect(all.map(({ seen }) => seen)).toEqual([false, false, false])
})

test('without a kubeconfig, or with a broken one', async () => {
  const broken = join(folder, 'broken')
  writeFileSync(broken, '{')
  const none = looker({}, {}, join(folder, 'none'))
  expect(await none.contexts()).toMatchObject({ seen: false, code: 'ICE3001' })
  expect(await none.cluster({})).toMatchObject({ seen: false, code: 'ICE3001' })
  expect(await looker({}, {}, broken).contexts()).toMatchObject({ seen: false, code: 'ICE3002' })
})

test('what stops the whole command is not taken for an answer', async () => {
  const stop = AbortSignal.abort(new IceError(USAGE.stopped, { message: 'Stopped by SIGINT.' }))
  const look = createLooker({
    given: {},
    tokenFile: undefined,
    kubeconfig: servers().kubeconfig,
    timeout: 2_000,
    emit: () => undefined,
    stop,
  })
  await expect(look.cluster({})).rejects.toThrow('Stopped by SIGINT.')
  await look.close()
})
