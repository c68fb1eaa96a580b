import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { removalExit } from '../../src/commands/base/exit-code.js'
import type { FileInput } from '../../src/config/schema.js'
import { refs } from '../../src/kubernetes/index.js'
import { destroy } from '../../src/operations/destroy.js'
import { prune } from '../../src/operations/prune.js'
import type { RemovalOptions } from '../../src/operations/removals.js'
import type { RemovalResult } from '../../src/operations/results.js'
import { path } from '../../src/vault/index.js'
import { beforeKubernetes, beforeVault } from './recorder.js'
import { openScenario, pending, refusal, type Scenario } from './scenario.js'

let one: Scenario
beforeEach(async () => {
  one = await openScenario()
})
afterEach(() => one.close())

const options = (more: Partial<RemovalOptions> = {}): RemovalOptions => ({
  ...one.fileOptions(),
  dryRun: false,
  withData: false,
  changedToo: false,
  confirm: () => Promise.resolve(true),
  ...more,
})
const actions = ({ removals }: RemovalResult): Record<string, string> =>
  Object.fromEntries(removals.map(({ address, action }) => [address, action]))
const reasons = ({ outcomes }: RemovalResult): (string | undefined)[] => [
  ...new Set(outcomes.flatMap(({ state, reason }) => (state === 'skipped' ? [reason] : []))),
]

const role = { serviceAccounts: ['app'], audience: 'vault' }
const withRole = (file = one.base()): FileInput => ({
  ...file,
  policies: { [`${one.id}-p`]: { grants: [`read kv ${one.id}-kv/x`] } },
  engines: { [`${one.id}-kv`]: { type: 'kv' } },
  roles: { app: { ...role, namespaces: [`${one.id}-app`], policies: [`${one.id}-p`] } },
})

test('a KV secret that somebody removed and made anew is not ours, whatever is said about data and changes', async () => {
  const kv = `${one.id}-kv`
  const seeded = { app: { key: { literal: 'ours' } }, other: { key: { literal: 'ours' } } }
  one.write({ ...one.base(), engines: { [kv]: { type: 'kv', secrets: seeded } } })
  await one.apply()
  await one.vault.delete(path`${kv}/metadata/app`)
  await one.vault.write(path`${kv}/data/app`, { data: { key: 'theirs' } })
  await one.vault.write(path`${kv}/data/other`, { data: { key: 'rotated' } })
  // Their doing does not stand in the way of ours.
  expect(pending(await one.plan())).toEqual({})

  one.write({ ...one.base(), engines: { [kv]: { type: 'kv' } } })
  const everything = { withData: true, changedToo: true }
  const pruned = await prune(options(everything))
  expect(actions(pruned)).toEqual({ [`vault:${kv}/data/app`]: 'keep', [`vault:${kv}/data/other`]: 'delete' })
  expect(pruned.removals.find(({ action }) => action === 'keep')?.reason).toContain('made it anew')
  const all = actions(await destroy(options(everything)))
  expect(all).toMatchObject({ [`vault:${kv}/data/app`]: 'keep', [`vault:sys/mounts/${kv}`]: 'keep' })
  expect((await one.vault.read(path`${kv}/data/app`))?.data).toMatchObject({ data: { key: 'theirs' } })

  await one.vault.delete(path`${kv}/metadata/app`)
  expect(removalExit(await destroy(options(everything)))).toBe(0)
})

test('a KV secret that is made anew while somebody is asked is left alone, too', async () => {
  const kv = `${one.id}-kv`
  one.write({ ...one.base(), engines: { [kv]: { type: 'kv', secrets: { app: { key: { literal: 'ours' } } } } } })
  await one.apply()
  await one.vault.write(path`${kv}/data/app`, { data: { key: 'changed' } })
  one.write({ ...one.base(), engines: { [kv]: { type: 'kv' } } })
  const confirm = async () => {
    await one.vault.delete(path`${kv}/metadata/app`)
    await one.vault.write(path`${kv}/data/app`, { data: { key: 'one' } })
    await one.vault.write(path`${kv}/data/app`, { data: { key: 'theirs' } })
    return true
  }
  const result = await prune(options({ withData: true, changedToo: true, confirm }))
  expect(reasons(result)).toEqual(['somebody changed it meanwhile'])
  expect((await one.vault.read(path`${kv}/data/app`))?.data).toMatchObject({ data: { key: 'theirs' } })
})

test('a record that cannot be saved is a failure that says what to do, and the next run mends it', async () => {
  const kubernetes = await beforeKubernetes(one.folder)
  try {
    one.write(withRole())
    await one.apply()
    const demo = { ...one.base().clusters['demo']!, kubeconfig: kubernetes.kubeconfig }
    one.write({ ...one.base(), clusters: { demo } })
    kubernetes.meddle = ({ method, path: at }, step) =>
      step === 'before' && method === 'PUT' && at.includes('/configmaps/') ? 403 : undefined
    const result = await prune(options({ withData: true }))
    expect(result.outcomes.every(({ state }) => state === 'done')).toBe(true)
    expect(result.unrecorded).toMatchObject({
      code: 'ICE4023',
      next: [expect.stringContaining('run the same command')],
    })
    expect(removalExit(result)).toBe(1)
    kubernetes.meddle = () => undefined
    const again = await prune(options())
    expect([...new Set(Object.values(actions(again)))]).toEqual(['forget'])
    expect(removalExit(again)).toBe(0)
    expect((await prune(options())).removals).toEqual([])
  } finally {
    await kubernetes.close()
  }
})

test('where a login cannot be ended nothing else changes', async () => {
  const vault = await beforeVault(one.folder)
  try {
    const through = { ...one.base(), vault: { address: vault.address, caFile: vault.caFile } }
    one.write(withRole(through))
    process.env['VAULT_ADDR'] = vault.address
    const more = { vaultAddress: vault.address, withData: true }
    await one.apply({ vaultAddress: vault.address })
    vault.meddle = ({ method, path: at }, step) =>
      step === 'before' && method === 'DELETE' && at.endsWith('/role/app') ? 403 : undefined
    const half = await destroy(options(more))
    expect(half.outcomes.filter(({ state }) => state === 'failed').map(({ address }) => address)).toEqual([
      `vault:auth/${one.id}/role/app`,
    ])
    expect(half.outcomes.filter(({ state }) => state === 'done')).toEqual([])
    expect(reasons(half)).toContain('logins could not be ended first')
    expect(removalExit(half)).toBe(5)
    vault.meddle = () => undefined
    expect(removalExit(await destroy(options(more)))).toBe(0)
  } finally {
    await vault.close()
  }
})

test('what a cluster had in Vault goes when the file no longer names it; what is in the cluster stays, and is named', async () => {
  const demo = one.base().clusters['demo']!
  const old = { ...demo, auth: { ...demo.auth, path: `${one.id}-old` } }
  const bound = { ...old, auth: { ...old.auth, reviewer: { ...old.auth.reviewer, token: 'bound' as const } } }
  const roles = { app: { ...role, namespaces: [`${one.id}-app`] } }
  one.write({ ...one.base(), clusters: { demo, old: bound }, roles })
  await one.apply()
  one.write({ ...one.base(), roles })
  const result = await prune(options())
  const [config, mount] = [`vault:auth/${one.id}-old/config`, `vault:sys/auth/${one.id}-old`]
  expect(actions(result)).toMatchObject({ [config]: 'delete', [mount]: 'delete' })
  expect(result.removals.find(({ address }) => address === config)?.reason).toContain(
    'the file no longer names its cluster',
  )
  const kept = result.removals.filter(({ action }) => action === 'keep').map(({ address }) => address)
  expect(kept.length).toBeGreaterThan(0)
  expect(kept.every((address) => address.startsWith('k8s:old:'))).toBe(true)
  expect((await one.vault.read(path`sys/auth`))?.data).not.toHaveProperty([`${one.id}-old/`])
  expect(result.outcomes.every(({ state }) => state === 'done')).toBe(true)

  expect(await refusal(prune(options({ gone: ['demo'] })) as never)).toMatchObject({ code: 'ICE1100', exitCode: 2 })
  const last = await prune(options({ gone: ['old'] }))
  expect(new Set(Object.values(actions(last)))).toEqual(new Set(['forget']))
  expect(removalExit(last)).toBe(0)
  expect(Object.keys((await one.inventory()).objects).filter((address) => address.startsWith('k8s:old:'))).toEqual([])
})

test('a namespace of others gets the label that is asked for, and stays theirs', async () => {
  const name = `${one.id}-theirs`
  const ref = refs.namespace(name)
  const live = async () => (await one.cluster.get(ref))?.metadata
  await one.cluster.create(refs.namespace(''), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { team: 'theirs' } },
  })
  const labelled = (labels: Record<string, string>) => one.write({ ...one.base(), namespaces: { [name]: { labels } } })
  labelled({ tier: 'a' })
  const address = `k8s:demo:Namespace/${name}`
  expect(pending(await one.plan())).toMatchObject({ [address]: 'refuse' })
  const planned = (await one.plan({ adopt: 'all' })).plan.objects.find((object) => object.address === address)
  expect(planned).toMatchObject({ action: 'update', reason: expect.stringContaining('stays whose it is') })
  expect(planned?.changes.map(({ field }) => field)).toEqual(['labels'])
  await one.apply({ adopt: 'all' })
  expect((await live())?.labels).toEqual({ 'kubernetes.io/metadata.name': name, team: 'theirs', tier: 'a' })
  expect(pending(await one.plan())).toEqual({})
  expect((await one.inventory()).objects).not.toHaveProperty([address])
  const result = await destroy(options())
  expect(Object.keys(actions(result))).not.toContain(address)
  expect((await live())?.deletionTimestamp).toBeUndefined()
})

test('a namespace of another file keeps that file’s marks', async () => {
  const two = await openScenario()
  try {
    const name = `${one.id}-app`
    one.write({ ...one.base(), namespaces: { [name]: { labels: { tier: 'a' } } } })
    await one.apply()
    two.write({ ...two.base(), namespaces: { [name]: { labels: { more: 'b' } } } })
    await two.apply({ adopt: 'all' })
    expect((await one.cluster.get(refs.namespace(name)))?.metadata.labels).toMatchObject({
      'vault-icebreaker/file': one.id,
      tier: 'a',
      more: 'b',
    })
    expect(Object.keys(actions(await destroy({ ...options(), ...two.fileOptions() })))).not.toContain(
      `k8s:demo:Namespace/${name}`,
    )
    expect(actions(await destroy(options()))).toMatchObject({ [`k8s:demo:Namespace/${name}`]: 'delete' })
  } finally {
    await two.close()
  }
})
