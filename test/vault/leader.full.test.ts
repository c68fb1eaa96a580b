import { afterAll, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { Secret } from '../../src/secrets/index.js'
import { createVault, path, type Vault } from '../../src/vault/index.js'
import { startStandby, startVault, type ExtraServer } from '../servers/extra.js'

const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const one of open.reverse()) await one.close()
})
const stopping = <T extends ExtraServer>(server: T): T => {
  open.push({ close: () => server.stop() })
  return server
}

const POLICY = path`sys/policies/acl/leader`
const policy = { policy: 'path "sys/mounts" { capabilities = ["read"] }' }

test('a standby forwards, a cluster without a leader is named, and a change of the leader is bridged', async () => {
  const active = stopping(await startVault())
  const standby = stopping(await startStandby(active))
  const ca = [active, standby].map(({ caFile }) => readFileSync(caFile, 'utf8'))
  const operator = ({ address }: ExtraServer, retries?: number): Vault => {
    const vault = createVault({ address, token: new Secret(active.token), tls: { ca }, retries })
    open.push(vault)
    return vault
  }
  const vaults = [operator(active), operator(standby)] as const

  expect(await vaults[1].health()).toMatchObject({ standby: true })
  // A standby answers reads itself: it must not answer with what was before our own write.
  for (let round = 1; round <= 20; round += 1) {
    const name = path`sys/policies/acl/${`round-${round}`}`
    await vaults[1].write(name, policy)
    expect(await vaults[1].read(name)).toBeDefined()
  }

  await vaults[0].write(path`sys/step-down`, {})
  await expect(operator(active, 0).write(POLICY, policy)).rejects.toMatchObject({
    code: 'ICE2025',
    exitCode: 6,
    details: { evidence: { status: 500 } },
  })
  for (const vault of vaults) {
    await vault.write(POLICY, policy, { repeatable: true })
    expect(await vault.read(POLICY)).toBeDefined()
  }
}, 120_000)
