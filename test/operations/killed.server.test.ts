import { expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { refs } from '../../src/kubernetes/index.js'
import { servers } from '../servers/index.js'
import { bare, makeUser } from './everything.js'
import { beforeKubernetes, beforeVault, type Recorder } from './recorder.js'
import { openScenario, pending, states, type Scenario } from './scenario.js'

/** Kills after this write of a clean run has reached its server; `npm run test:full` tries every one. */
const POINTS = process.env['ICEBREAKER_TEST_FULL'] === '1' ? undefined : [6, 12]

test('killed after any write, the next run finds what is there, knows it as ours, and finishes the work', async () => {
  const all = await run(undefined)
  expect(all).toBeGreaterThan(20)
  for (const point of POINTS ?? Array.from({ length: all }, (_, index) => index + 1)) await run(point)
}, 600_000)

/** @returns how many writes were made */
async function run(killAfter: number | undefined): Promise<number> {
  const inner = await openScenario()
  const [vault, kubernetes] = await Promise.all([beforeVault(inner.folder), beforeKubernetes(inner.folder)])
  // The next run finds the servers at the same addresses: a record with nothing but intents is of no other Vault.
  const scenario = await openScenario({
    id: inner.id,
    vaultAddress: vault.address,
    vaultCaFile: vault.caFile,
    kubeconfig: kubernetes.kubeconfig,
  })
  const user = `${scenario.id}_fixed`
  const removeUser = await makeUser(user)
  try {
    const plain = bare(scenario, user)
    const demo = {
      ...plain.clusters['demo']!,
      apiServer: servers().apiServer,
      apiServerCA: { file: servers().apiServerCA },
    }
    scenario.write({ ...plain, clusters: { demo } })
    const child = applyAsProcess(scenario, vault)
    let writes = 0
    const meddle: Recorder['meddle'] = (request, step) => {
      if (step !== 'after' || !(vault.writes().includes(request) || kubernetes.writes().includes(request))) return
      writes += 1
      if (writes === killAfter) child.kill('SIGKILL')
    }
    vault.meddle = meddle
    kubernetes.meddle = meddle
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    expect([code, signal]).toEqual(killAfter === undefined ? [0, null] : [null, 'SIGKILL'])

    vault.meddle = kubernetes.meddle = () => undefined
    // What was killed holds its lease for half a minute.
    await expireLease(scenario)
    const left = states(await scenario.apply())
    expect([killAfter, Object.entries(left).filter(([, state]) => state !== 'done')]).toEqual([killAfter, []])
    expect([killAfter, pending(await scenario.plan())]).toEqual([killAfter, {}])
    const { objects } = await scenario.inventory()
    expect(Object.values(objects).filter(({ intent }) => intent !== undefined)).toEqual([])
    return writes
  } finally {
    await Promise.all([vault.close(), kubernetes.close()])
    await scenario.closeClients()
    await inner.close()
    await removeUser()
  }
}

function applyAsProcess({ file }: Scenario, vault: Recorder) {
  const { token, postgres } = servers()
  return spawn(process.execPath, ['test/operations/apply-child.js', file], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, VAULT_ADDR: vault.address, VAULT_TOKEN: token, PGPASSWORD: postgres.vault.password },
  })
}

async function expireLease({ cluster, id }: Scenario): Promise<void> {
  await cluster.delete(refs.lease(`${id}-auth`, `icebreaker-${id}`))
}
