import { expect } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { FileInput } from '../../src/config/schema.js'
import { refs } from '../../src/kubernetes/index.js'
import { servers } from '../servers/index.js'
import { bare, makeUser } from './everything.js'
import { beforeKubernetes, beforeVault, type Recorder } from './recorder.js'
import { openScenario, type Scenario } from './scenario.js'

/** Every kind of object on both servers, seen through recorders and directly. */
export interface Watched {
  /** Through the recorders. */
  readonly watched: Scenario
  /** At the servers' own addresses. */
  readonly direct: Scenario
  readonly file: FileInput
  /**
   * Runs the operation as a process, and kills it when this write has reached its server, before its answer is given back.
   * @returns how many writes were made
   */
  run(operation: 'apply' | 'destroy' | 'prune', killAfter: number | undefined): Promise<number>
  close(): Promise<void>
}

export async function openWatched(): Promise<Watched> {
  const direct = await openScenario()
  const [vault, kubernetes] = await Promise.all([beforeVault(direct.folder), beforeKubernetes(direct.folder)])
  const watched = await openScenario({
    id: direct.id,
    vaultAddress: vault.address,
    vaultCaFile: vault.caFile,
    kubeconfig: kubernetes.kubeconfig,
  })
  const user = `${direct.id}_fixed`
  const removeUser = await makeUser(user)
  return {
    watched,
    direct,
    file: throughServers(watched, user),
    async run(operation, killAfter) {
      const child = asProcess(operation, watched, vault)
      let writes = 0
      const meddle: Recorder['meddle'] = (request, step) => {
        if (step !== 'after' || !(vault.writes().includes(request) || kubernetes.writes().includes(request))) return
        writes += 1
        if (writes === killAfter) child.kill('SIGKILL')
      }
      vault.meddle = kubernetes.meddle = meddle
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
      vault.meddle = kubernetes.meddle = () => undefined
      const expected = killAfter === undefined ? [0, null] : [null, 'SIGKILL']
      expect([operation, killAfter, code, signal]).toEqual([operation, killAfter, ...expected])
      // What was killed holds its lease for half a minute.
      if (killAfter !== undefined)
        await direct.cluster.delete(refs.lease(`${direct.id}-auth`, `icebreaker-${direct.id}`))
      return writes
    },
    async close() {
      await Promise.all([vault.close(), kubernetes.close()])
      await watched.closeClients()
      await direct.close()
      await removeUser()
    },
  }
}

/** Vault asks the API server itself, not the recorder. */
function throughServers(scenario: Scenario, user: string): FileInput {
  const plain = bare(scenario, user)
  const { apiServer, apiServerCA } = servers()
  return { ...plain, clusters: { demo: { ...plain.clusters['demo']!, apiServer, apiServerCA: { file: apiServerCA } } } }
}

function asProcess(operation: string, { file }: Scenario, vault: Recorder) {
  const { token, postgres } = servers()
  return spawn(process.execPath, ['test/operations/operation-child.js', operation, file], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, VAULT_ADDR: vault.address, VAULT_TOKEN: token, PGPASSWORD: postgres.vault.password },
  })
}

/** Much of each is waiting. */
const SIDE_BY_SIDE = 4

/** Runs it for the points at which to kill: every one in `npm run test:full`, else those that are given. */
export async function atPoints(
  all: number,
  some: readonly number[],
  run: (killAfter: number) => Promise<unknown>,
): Promise<void> {
  const every = Array.from({ length: all }, (_, index) => index + 1)
  const points = process.env['ICEBREAKER_TEST_FULL'] === '1' ? every : some
  for (let first = 0; first < points.length; first += SIDE_BY_SIDE)
    await Promise.all(points.slice(first, first + SIDE_BY_SIDE).map(run))
}
