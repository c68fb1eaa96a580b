import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { ask } from '../../src/sandbox/http.js'
import { servers } from './index.js'
import { startCluster, startStandby, startVault } from './extra.js'

const healthOf = async (server: { address: string; caFile: string }) =>
  (await ask({ ca: readFileSync(server.caFile, 'utf8') }, `${server.address}/v1/sys/health`))?.status

test('a Vault of its own can be sealed and started again, and can have a standby', async () => {
  const active = await startVault()
  try {
    expect(await healthOf(active)).toBe(200)
    const standby = await startStandby(active)
    try {
      expect(await healthOf(standby)).toBe(429)
    } finally {
      await standby.stop()
    }
  } finally {
    await active.stop()
  }
})

test('a sealed Vault says so until it is started again', async () => {
  const vault = await startVault()
  try {
    const ca = readFileSync(vault.caFile, 'utf8')
    await ask({ ca }, `${vault.address}/v1/sys/seal`, { method: 'PUT', token: vault.token })
    expect(await healthOf(vault)).toBe(503)
    const before = vault.pid
    await vault.stop()
    await vault.start()
    expect(await healthOf(vault)).toBe(200)
    expect(vault.pid).not.toBe(before)
  } finally {
    await vault.stop()
  }
})

test('a second cluster on the same etcd has certificates and objects of its own', async () => {
  const cluster = await startCluster()
  try {
    const version = (ca: string) => ask({ ca: readFileSync(ca, 'utf8') }, `${cluster.address}/version`)
    expect((await version(cluster.caFile))?.status).toBe(200)
    expect(await version(servers().apiServerCA)).toBeUndefined()
  } finally {
    await cluster.stop()
  }
})
