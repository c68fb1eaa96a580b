import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { removalExit } from '../../src/commands/base/exit-code.js'
import type { FileInput } from '../../src/config/schema.js'
import { refs, type ObjectRef } from '../../src/kubernetes/index.js'
import { destroy } from '../../src/operations/destroy.js'
import type { RemovalOptions } from '../../src/operations/removals.js'
import type { RemovalResult } from '../../src/operations/results.js'
import { startVault } from '../servers/extra.js'
import { openScenario, refusal, states, type Scenario } from './scenario.js'

let one: Scenario
beforeEach(async () => {
  one = await openScenario()
})
afterEach(() => one.close())

const options = ({ fileOptions }: Scenario): RemovalOptions => ({
  ...fileOptions(),
  dryRun: false,
  withData: true,
  changedToo: false,
  confirm: () => Promise.resolve(true),
})
const failed = ({ outcomes }: RemovalResult): (string | undefined)[] =>
  outcomes.flatMap(({ state, address, error }) => (state === 'failed' ? [`${error?.code ?? ''} ${address}`] : []))
const reasons = ({ outcomes }: RemovalResult): (string | undefined)[] => [
  ...new Set(outcomes.flatMap(({ state, reason }) => (state === 'skipped' ? [reason] : []))),
]
const role = { serviceAccounts: ['app'], audience: 'vault' }

/** Something of the cluster's own that takes its time to let go. */
async function hold(ref: ObjectRef, finalizers: readonly string[]): Promise<void> {
  const live = await one.cluster.get(ref)
  await one.cluster.replace(ref, { ...live, metadata: { ...live?.metadata, finalizers } })
}

test('a Vault that is gone half-way: nothing new is begun, and when it is back the next run finishes', async () => {
  const vault = await startVault()
  const two = await openScenario({ vaultAddress: vault.address, vaultCaFile: vault.caFile, token: vault.token })
  try {
    const file = {
      ...two.base(),
      policies: { p: { grants: ['read kv kv/x'] } },
      engines: { kv: { type: 'kv' } },
      roles: { app: { ...role, namespaces: [`${two.id}-app`], policies: ['p'] } },
    } as FileInput
    two.write(file)
    expect(new Set(Object.values(states(await two.apply())))).toEqual(new Set(['done']))
    const removal = () => options(two)
    const stopped: Promise<void>[] = []
    const emit: RemovalOptions['emit'] = (event) => {
      if (event.type === 'object' && event.state === 'done' && stopped.length === 0) stopped.push(vault.stop('SIGKILL'))
    }
    const half = await destroy({ ...removal(), emit })
    await Promise.all(stopped)
    expect(half.outcomes[0]).toMatchObject({ state: 'done' })
    expect(reasons(half)).toContain('a server is gone')
    // The cluster is there, and still nothing in it went.
    expect(half.outcomes.filter(({ address, state }) => address.startsWith('k8s:') && state !== 'skipped')).toEqual([])
    expect(removalExit(half)).toBe(6)
    await vault.start()
    const rest = await destroy(removal())
    expect(removalExit(rest)).toBe(0)
    expect(await two.cluster.get(refs.namespace(`${two.id}-auth`))).toBeUndefined()
    expect((await destroy(removal())).removals).toEqual([])
  } finally {
    await two.close()
    await vault.stop()
  }
}, 120_000)

test('an object that a finalizer holds: what it is in stays, the record too, and later the rest goes', async () => {
  const [name, account] = [`${one.id}-app`, refs.serviceAccount(`${one.id}-app`, 'app')]
  one.write({ ...one.base(), namespaces: { [name]: {} }, serviceAccounts: [`${name}/app`] })
  await one.apply()
  await hold(account, ['example.com/hold'])
  const half = await destroy(options(one))
  expect(failed(half)).toEqual([`ICE3314 k8s:demo:ServiceAccount/${name}/app`])
  const stays = half.outcomes.filter(({ state }) => state === 'skipped').map(({ address }) => address)
  expect(stays.sort()).toEqual([`k8s:demo:Namespace/${name}`, `k8s:demo:Namespace/${one.id}-auth`].sort())
  expect(Object.keys((await one.inventory()).objects).sort()).toEqual(
    [`k8s:demo:ServiceAccount/${name}/app`, ...stays].sort(),
  )
  await hold(account, [])
  expect(removalExit(await destroy(options(one)))).toBe(0)
  expect(await one.cluster.get(refs.namespace(`${one.id}-auth`))).toBeUndefined()
}, 120_000)

test('a namespace of the record that does not end is waited for, told, and done with when it has ended', async () => {
  one.write(one.base())
  await one.apply()
  const record = refs.configMap(`${one.id}-auth`, `icebreaker-${one.id}`)
  await hold(record, ['example.com/hold'])
  expect(failed(await destroy(options(one)))).toEqual([`ICE3314 k8s:demo:Namespace/${one.id}-auth`])
  expect(await refusal(destroy(options(one)) as never)).toMatchObject({ code: 'ICE3314' })
  await hold(record, [])
  const rest = await destroy(options(one))
  expect([removalExit(rest), rest.removals]).toEqual([0, []])
  expect(await one.cluster.get(refs.namespace(`${one.id}-auth`))).toBeUndefined()
}, 180_000)

test('the time limit ends the waiting, and what was done is told', async () => {
  const [name, account] = [`${one.id}-app`, refs.serviceAccount(`${one.id}-app`, 'app')]
  one.write({ ...one.base(), namespaces: { [name]: {} }, serviceAccounts: [`${name}/app`] })
  await one.apply()
  await hold(account, ['example.com/hold'])
  const half = await destroy({ ...options(one), timeout: 3_000 })
  expect(failed(half)).toEqual([`ICE1103 k8s:demo:ServiceAccount/${name}/app`])
  expect(half.outcomes.some(({ state }) => state === 'done')).toBe(true)
  // Nothing more could be asked, so neither was the record saved nor the lease given back.
  expect(half.unrecorded).toMatchObject({ code: 'ICE4023' })
  await hold(account, [])
  await one.cluster.delete(refs.lease(`${one.id}-auth`, `icebreaker-${one.id}`))
  expect(removalExit(await destroy(options(one)))).toBe(0)
}, 120_000)
