import { expect, test } from '@jest/globals'
import { retry } from '../../src/http/retry.js'
import { pauses, type Again } from '../../src/kubernetes/retry.js'

/** Makes attempts that all come to the same, and says when they began. */
async function attemptsOf(outcome: Again, attempts: number, withinMs = 10_000): Promise<number[]> {
  const starts: number[] = []
  const pauseAfter = pauses(attempts)
  const attempt = async () => {
    starts.push(Date.now())
    return { outcome: 'busy', pauseMs: pauseAfter(outcome) }
  }
  expect(await retry(attempt, { withinMs, signal: undefined })).toBe('busy')
  return starts
}

test('it gives up after the given number of attempts, with the last outcome', async () => {
  expect(await attemptsOf({ again: true }, 3)).toHaveLength(3)
})

test('what needs no repeat is not repeated', async () => {
  expect(await attemptsOf({ again: false, afterMs: 0 }, 3)).toHaveLength(1)
})

test('a server that says when to come back is asked again until the deadline', async () => {
  expect((await attemptsOf({ again: true, afterMs: 0 }, 1, 400)).length).toBeGreaterThan(1)
})

test('without a Retry-After the pauses grow', async () => {
  const starts = await attemptsOf({ again: true }, 3)
  const [first = 0, second = 0] = starts.slice(1).map((at, index) => at - starts[index]!)
  expect(first).toBeGreaterThanOrEqual(120)
  expect(second).toBeGreaterThanOrEqual(245)
})
