import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { Secret } from '../../src/secrets/index.js'
import { createVault, path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { bare, makeUser } from './everything.js'
import { openScenario, pending, states } from './scenario.js'

// Of the two only OpenBao has namespaces without a licence.
const testOnOpenBao = servers().product === 'openbao' ? test : test.skip

testOnOpenBao('everything goes into the Vault namespace that the file names', async () => {
  const { vaultAddress, token, caFile } = servers()
  const root = createVault({
    address: vaultAddress,
    token: new Secret(token),
    tls: { ca: [readFileSync(caFile, 'utf8')] },
  })
  const scenario = await openScenario({ namespace: 'team-a' })
  const user = `${scenario.id}_fixed`
  const removeUser = await makeUser(user)
  try {
    await root.write(path`sys/namespaces/team-a`, {})
    scenario.write(bare(scenario, user))
    const result = await scenario.apply({ verify: 'changed' })
    expect(Object.entries(states(result)).filter(([, state]) => state !== 'done')).toEqual([])
    expect(result.verify?.probes.filter(({ verdict }) => verdict === 'failed')).toEqual([])
    expect(pending(await scenario.plan())).toEqual({})
    expect(Object.keys((await root.read(path`sys/auth`))?.data ?? {})).not.toContain(`${scenario.id}/`)
  } finally {
    await scenario.close()
    await root.delete(path`sys/namespaces/team-a`)
    await root.close()
    await removeUser()
  }
})
