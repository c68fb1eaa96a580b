import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { installServer } from '../../src/sandbox/install.js'
import { freePort } from '../../src/sandbox/ports.js'
import { Secret } from '../../src/secrets/index.js'
import { createVault, path, type Vault, type WireEvent } from '../../src/vault/index.js'
import { startVault, type ExtraVault } from '../servers/extra.js'
import { servers } from '../servers/index.js'
import { authority, issue } from './certificates.js'

/** A Vault of its own, which these tests seal, stop and start. */
let server: ExtraVault
const open: Vault[] = []
beforeAll(async () => {
  server = await startVault()
})
afterAll(async () => {
  await Promise.all(open.map((vault) => vault.close()))
  await server.stop()
})

const events: WireEvent[] = []
function operator(): Vault {
  const vault = createVault({
    address: server.address,
    token: new Secret(server.token),
    tls: { ca: [readFileSync(server.caFile, 'utf8')] },
    onRequest: (event) => events.push(event),
  })
  open.push(vault)
  return vault
}
const POLICY = path`sys/policies/acl/outage`
const policy = { policy: 'path "sys/mounts" { capabilities = ["read"] }' }
const failed = (code: string, evidence = {}) =>
  expect.objectContaining({
    code,
    exitCode: 6,
    details: expect.objectContaining({ evidence: expect.objectContaining(evidence) }),
  })

test('a Vault that is sealed under our hands says so, at once, and is well again when it is unsealed', async () => {
  const vault = operator()
  await vault.write(POLICY, policy)
  await vault.write(path`sys/seal`, {})
  events.length = 0
  await expect(vault.read(POLICY)).rejects.toEqual(failed('ICE2024', { status: 503 }))
  await expect(vault.write(POLICY, policy)).rejects.toEqual(failed('ICE2024'))
  expect(events.map((event) => event.attempt)).toEqual([1, 1])
  expect(await vault.health()).toMatchObject({ initialized: true, sealed: true })
  await vault.write(path`sys/unseal`, { key: new Secret(server.unsealKey) })
  expect(await vault.read(POLICY)).toBeDefined()
})

test('a Vault that is stopped refuses the connection', async () => {
  const vault = operator()
  await server.stop('SIGKILL')
  await expect(vault.read(POLICY)).rejects.toEqual(failed('ICE2011', { error: 'ECONNREFUSED' }))
  await expect(vault.write(POLICY, policy)).rejects.toEqual(failed('ICE2011'))
  await server.start()
  expect(await vault.read(POLICY)).toBeDefined()
})

test('a Vault that was never initialised says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'icebreaker-uninitialised-'))
  const product = servers().product
  const port = await freePort(new Set())
  const ca = await authority('authority for tests')
  const { cert, key } = await issue(ca)
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  const tcp = {
    address: `127.0.0.1:${port}`,
    tls_cert_file: join(folder, 'cert.pem'),
    tls_key_file: join(folder, 'key.pem'),
  }
  const settings = { storage: { inmem: {} }, listener: [{ tcp }], ...(product === 'vault' && { disable_mlock: true }) }
  writeFileSync(join(folder, 'server.json'), JSON.stringify(settings))
  const program = await installServer(product === 'vault' ? 'vault' : 'bao', { emit: () => undefined })
  const child = spawn(program, ['server', `-config=${join(folder, 'server.json')}`], { stdio: 'ignore' })
  try {
    const vault = createVault({
      address: `https://127.0.0.1:${port}`,
      tls: { ca: [ca.cert] },
      token: new Secret('s.any'),
    })
    open.push(vault)
    for (let tries = 0; tries < 100 && !(await vault.health().catch(() => undefined)); tries += 1) await sleep(50)
    expect(await vault.health()).toMatchObject({ initialized: false })
    await expect(vault.read(POLICY)).rejects.toEqual(failed('ICE2023', { status: 503 }))
  } finally {
    const gone = new Promise((resolve) => child.on('exit', resolve))
    child.kill()
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
})
