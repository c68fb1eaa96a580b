import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCluster, loadConnection, refs, type Cluster } from '../../src/kubernetes/index.js'
import { acquireLease } from '../../src/reconcile/lease.js'
import { servers } from '../servers/index.js'

const namespace = `lease-${randomBytes(4).toString('hex')}`
const ref = refs.lease(namespace, 'icebreaker-test')
let cluster: Cluster

beforeAll(async () => {
  const { kubeconfig, context } = servers()
  const connection = await loadConnection({ kubeconfig, context })
  const { signal } = new AbortController()
  cluster = await createCluster({ name: 'demo', connection, signal, timeoutMs: 30_000, fieldManager: 'test' })
  await cluster.create(refs.namespace(''), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
})

afterAll(async () => {
  await cluster.delete(refs.namespace(namespace))
  await cluster.close()
})

const spec = async (): Promise<Record<string, string>> => (await cluster.get(ref))?.['spec'] as Record<string, string>

/** Changes the lease, between two renewals. */
async function write(change: object): Promise<void> {
  for (;;) {
    const live = await cluster.get(ref)
    const done = await cluster.replace(ref, { ...live, spec: { ...(live?.['spec'] as object), ...change } }).then(
      () => true,
      () => false,
    )
    if (done) return
  }
}

test('a lease is renewed while it is held, keeps others away, and is gone when it is released', async () => {
  const lease = await acquireLease(cluster, namespace, 'test', { renewEvery: 30 })
  const before = await spec()
  await expect(acquireLease(cluster, namespace, 'test')).rejects.toMatchObject({
    code: 'ICE4004',
    exitCode: 8,
    next: ['Wait for it to end.', expect.stringContaining(`kubectl -n ${namespace} delete lease icebreaker-test`)],
  })
  await sleep(200)
  const after = await spec()
  expect(after['holderIdentity']).toBe(before['holderIdentity'])
  expect(Date.parse(after['renewTime'] ?? '')).toBeGreaterThan(Date.parse(before['renewTime'] ?? ''))
  expect(lease.lost.aborted).toBe(false)
  await lease.release()
  expect(await cluster.get(ref)).toBeUndefined()
})

test('of many that want it at once exactly one gets it, also where it has expired', async () => {
  for (const now of [Date.now, () => Date.now() + 60_000]) {
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, () => acquireLease(cluster, namespace, 'test', { now })),
    )
    const held = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(held).toHaveLength(1)
    for (const one of tries) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'ICE4004' })
    // The first stays, as one whose holder died.
    if (now !== Date.now) await held[0]?.release()
  }
})

test('who slept so long that another took over is told, and leaves the other’s lease alone', async () => {
  const lease = await acquireLease(cluster, namespace, 'test', { renewEvery: 50 })
  await write({ holderIdentity: 'another' })
  await sleep(300)
  expect(lease.lost.aborted).toBe(true)
  expect(lease.lost.reason).toMatchObject({ code: 'ICE4004', exitCode: 8 })
  await lease.release()
  expect((await spec())['holderIdentity']).toBe('another')
  await cluster.delete(ref)
})

test('a renewal whose answer was lost is not taken for another run', async () => {
  const lease = await acquireLease(cluster, namespace, 'test', { renewEvery: 50 })
  // As if it were ours: the same holder, but a version that we have not seen.
  await write({ leaseDurationSeconds: 31 })
  await sleep(300)
  expect(lease.lost.aborted).toBe(false)
  await lease.release()
  expect(await cluster.get(ref)).toBeUndefined()
})
