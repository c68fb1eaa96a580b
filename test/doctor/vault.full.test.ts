import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '../../src/secrets/index.js'
import { createVault, path } from '../../src/vault/index.js'
import { startStandby, startVault, type ExtraVault } from '../servers/extra.js'
import { codes, findingOf, openPatient, type Patient } from './patient.js'

let patient: Patient
let extra: ExtraVault
beforeAll(async () => {
  ;[patient, extra] = await Promise.all([openPatient(), startVault()])
})
afterAll(async () => {
  await Promise.all([patient.close(), extra.stop()])
})
afterEach(() => {
  delete process.env['VAULT_CLIENT_TIMEOUT']
})

const admin = (timeoutMs = 10_000) =>
  createVault({
    address: extra.address,
    token: new Secret(extra.token),
    tls: { ca: [readFileSync(extra.caFile, 'utf8')] },
    timeoutMs,
  })

/** The patient’s file, on a server that knows nothing of it. */
const there = async (server: Pick<ExtraVault, 'address' | 'caFile' | 'token'> = extra) => {
  const tokenFile = join(patient.folder, 'extra-token')
  writeFileSync(tokenFile, server.token, { mode: 0o600 })
  return patient.examine({}, { vaultAddress: server.address, vaultCaFile: server.caFile, tokenFile, probe: false })
}

test('ICE9101: a Vault that was never told of this cluster', async () => {
  expect(codes(await there())).toContain('ICE9101')
})

test('ICE2024: sealed', async () => {
  const vault = admin()
  await vault.write(path`sys/seal`, {})
  await vault.close()
  expect(codes(await there())).toEqual(['ICE2024'])
  await extra.stop()
  await extra.start()
  expect(codes(await there())).not.toContain('ICE2024')
}, 60_000)

test('ICE9019: a quota that is used up', async () => {
  const vault = admin(1000)
  await vault.write(path`sys/quotas/rate-limit/tight`, { rate: 2, interval: '1h', block_interval: '1h' })
  for (let left = 5; left > 0; left--) await vault.read(path`sys/mounts`).catch(() => undefined)
  await vault.close()
  process.env['VAULT_CLIENT_TIMEOUT'] = '1'
  const result = await there()
  expect(codes(result)).toEqual(['ICE9019'])
  expect(findingOf(result, 'ICE9019').consequences).toContain('ICE2032')
}, 60_000)

test('a standby that leads to the active node hides nothing', async () => {
  // Of its own: without its standby it would have no quorum any more.
  const active = await startVault()
  const standby = await startStandby(active)
  try {
    const [direct, led] = [await there(active), await there(standby)]
    expect(codes(led)).toEqual(codes(direct))
    expect(codes(led)).toContain('ICE9101')
  } finally {
    await Promise.all([standby.stop(), active.stop()])
  }
}, 120_000)
