import { expect, test } from '@jest/globals'
import { atPoints, openWatched } from './kill.js'
import { pending, states } from './scenario.js'

test('killed after any write, the next run finds what is there, knows it as ours, and finishes the work', async () => {
  const all = await run(undefined)
  expect(all).toBeGreaterThan(20)
  await atPoints(all, [6, 12], run)
}, 1_800_000)

/** @returns how many writes were made */
async function run(killAfter: number | undefined): Promise<number> {
  const { watched, direct, file, run: runs, close } = await openWatched()
  try {
    watched.write(file)
    const writes = await runs('apply', killAfter)
    // The next run knows Vault by its id, though it finds it at another address.
    direct.write({ ...file, vault: direct.base().vault })
    const left = states(await direct.apply())
    expect([killAfter, Object.entries(left).filter(([, state]) => state !== 'done')]).toEqual([killAfter, []])
    expect([killAfter, pending(await direct.plan())]).toEqual([killAfter, {}])
    const { objects } = await direct.inventory()
    expect(Object.values(objects).filter(({ intent }) => intent !== undefined)).toEqual([])
    return writes
  } finally {
    await close()
  }
}
