import { expect, test } from '@jest/globals'
import { retry, retryAfterMs, type Attempt } from '../../src/http/retry.js'

const within = (withinMs: number, signal?: AbortSignal) => ({ withinMs, signal })

/** Yields the given attempts one after the other and counts them. */
function script(...attempts: Attempt<string>[]): { run: () => Promise<Attempt<string>>; made: () => number } {
  let made = 0
  return { run: async () => attempts[Math.min(made++, attempts.length - 1)]!, made: () => made }
}

const passing = (outcome: string, pauseMs = 10): Attempt<string> => ({ outcome, pauseMs })

test('it repeats until nothing more is to be repeated', async () => {
  const { run, made } = script(passing('a'), passing('b'), { outcome: 'c', pauseMs: undefined })
  expect(await retry(run, within(10_000))).toBe('c')
  expect(made()).toBe(3)
})

test('it does not wait for what would begin after the deadline', async () => {
  const { run, made } = script(passing('busy', 60_000))
  const started = Date.now()
  expect(await retry(run, within(1_000))).toBe('busy')
  expect(made()).toBe(1)
  expect(Date.now() - started).toBeLessThan(500)
})

test('an abort ends the wait with the signal’s reason', async () => {
  const abort = new AbortController()
  const waiting = retry(script(passing('busy', 5_000)).run, within(60_000, abort.signal))
  setTimeout(() => abort.abort(new Error('Ctrl-C')), 20)
  await expect(waiting).rejects.toThrow('Ctrl-C')
})

test('Retry-After is read in seconds and as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  expect(retryAfterMs('2', now)).toBe(2_000)
  expect(retryAfterMs('Thu, 01 Jan 2026 00:00:05 GMT', now)).toBe(5_000)
  expect(retryAfterMs('Wed, 31 Dec 2025 00:00:05 GMT', now)).toBe(0)
  for (const nonsense of [undefined, '', 'soon', ['1', '2']]) expect(retryAfterMs(nonsense, now)).toBeUndefined()
})
