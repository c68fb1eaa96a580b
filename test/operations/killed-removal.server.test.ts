import { expect, test } from '@jest/globals'
import type { FileInput } from '../../src/config/schema.js'
import { KINDS, type Address } from '../../src/kinds/index.js'
import { destroy } from '../../src/operations/destroy.js'
import { prune } from '../../src/operations/prune.js'
import type { RemovalResult } from '../../src/operations/results.js'
import { openSession } from '../../src/operations/session.js'
import type { Inventory } from '../../src/reconcile/inventory.js'
import { freshIo } from '../../src/reconcile/observe.js'
import { readLeft } from '../../src/reconcile/removal.js'
import { deepDump } from './dump.js'
import { atPoints, openWatched, type Watched } from './kill.js'
import type { Scenario } from './scenario.js'

test('destroy that is killed after any write is finished by the next, and nothing is lost on the way', async () => {
  const all = await destroyed(undefined)
  expect(all).toBeGreaterThan(15)
  // The last ones are the deletion of the namespace in which the record lies, and what comes before.
  await atPoints(all, [5, all - 1, all], destroyed)
}, 1_800_000)

test('prune that is killed after any write is finished by the next, and nothing is lost on the way', async () => {
  const clean = await pruned(undefined)
  expect(clean.writes).toBeGreaterThan(10)
  await atPoints(clean.writes, [7], async (point) => {
    const { left } = await pruned(point)
    expect([point, left]).toEqual([point, clean.left])
  })
}, 1_800_000)

/** @returns how many writes were made */
async function destroyed(killAfter: number | undefined): Promise<number> {
  return watchedRun(async ({ direct, file, run }) => {
    const before = await deepDump(direct)
    await direct.apply()
    const full = await direct.inventory()
    const writes = await run('destroy', killAfter)
    await expectNothingLost(direct, full, killAfter)
    if (killAfter !== undefined) expectDone(await destroy(removal(direct)), killAfter)
    expect([killAfter, await deepDump(direct)]).toEqual([killAfter, before])
    // Not even a record stays that could be in the way.
    direct.write({ ...file, vault: direct.base().vault })
    expect((await destroy(removal(direct))).removals).toEqual([])
    return writes
  })
}

/** @returns how many writes were made, and what is there in the end */
async function pruned(killAfter: number | undefined): Promise<{ writes: number; left: unknown }> {
  return watchedRun(async ({ watched, direct, file, run }) => {
    await direct.apply()
    const full = await direct.inventory()
    watched.write(small(file))
    direct.write({ ...small(file), vault: direct.base().vault })
    const writes = await run('prune', killAfter)
    await expectNothingLost(direct, full, killAfter)
    if (killAfter !== undefined) expectDone(await prune(removal(direct)), killAfter)
    expect((await prune(removal(direct))).removals).toEqual([])
    return { writes, left: await deepDump(direct) }
  })
}

async function watchedRun<T>(work: (all: Watched) => Promise<T>): Promise<T> {
  const all = await openWatched()
  try {
    all.watched.write(all.file)
    all.direct.write({ ...all.file, vault: all.direct.base().vault })
    return await work(all)
  } finally {
    await all.close()
  }
}

/** The trust alone. */
const small = ({ version, name, vault, clusters }: FileInput): FileInput => ({ version, name, vault, clusters })

const removal = (scenario: Scenario) => ({
  ...scenario.fileOptions(),
  dryRun: false,
  withData: true,
  changedToo: false,
  confirm: () => Promise.resolve(true),
})

function expectDone({ removals, outcomes }: RemovalResult, point: number): void {
  const kept = removals.filter(({ action }) => action === 'keep')
  expect([point, kept, outcomes.filter(({ state }) => state !== 'done')]).toEqual([point, [], []])
}

/** What the record named before and still stands it names still; where it is gone, so is everything but where it was. */
async function expectNothingLost(scenario: Scenario, before: Inventory, point: number | undefined): Promise<void> {
  const session = await openSession(scenario.fileOptions())
  try {
    const io = freshIo(session.io)
    const live = await Promise.all(
      Object.entries(before.objects).map(async ([address, { kind, id }]) => {
        const observed = await readLeft(
          KINDS.find((each) => each.kind === kind)!,
          id,
          io,
        )
        return observed === undefined ? [] : [address as Address]
      }),
    )
    const named = Object.keys(session.store.inventory.objects)
    const home = `k8s:demo:Namespace/${scenario.id}-auth`
    expect([point, live.flat().filter((address) => !named.includes(address) && address !== home)]).toEqual([point, []])
  } finally {
    await session.close()
  }
}
