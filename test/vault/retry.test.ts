import { expect, test } from '@jest/globals'
import { failureOf } from '../../src/http/failure.js'
import { retryDelay, sendUntilFinal } from '../../src/vault/retry.js'
import type { Outcome } from '../../src/vault/transport.js'

const answer = (status: number, text = '{"errors":[]}', headers = {}): Outcome => ({
  kind: 'answer',
  status,
  text,
  headers,
})
const failure = (code: string, connected: boolean): Outcome => ({
  kind: 'failure',
  url: new URL('https://vault.example'),
  ...failureOf({ code }, connected),
})

/** What is done about an outcome of a request that may be repeated, and of one that may not. */
test.each<[string, Outcome, boolean, boolean]>([
  ['200', answer(200), false, false],
  ['400', answer(400), false, false],
  ['403', answer(403), false, false],
  ['404', answer(404), false, false],
  ['412: turned away unread', answer(412), true, true],
  ['429: turned away unread', answer(429), true, true],
  ['500', answer(500), true, false],
  ['502', answer(502), true, false],
  ['503', answer(503), true, false],
  ['503, sealed', answer(503, '{"errors":["Vault is sealed"]}'), false, false],
  ['504', answer(504), true, false],
  ['refused before it was sent', failure('ECONNREFUSED', false), true, true],
  ['reset before it was sent', failure('ECONNRESET', false), true, true],
  ['reset after it was sent', failure('ECONNRESET', true), true, false],
  ['closed after it was sent', failure('UND_ERR_SOCKET', true), true, false],
  ['an HTTP/2 stream broken', failure('ERR_HTTP2_STREAM_ERROR', true), true, false],
  ['timed out', failure('UND_ERR_HEADERS_TIMEOUT', true), false, false],
  ['no such host', failure('ENOTFOUND', false), false, false],
  ['DNS out of order', failure('EAI_AGAIN', false), true, true],
  ['a bad certificate', failure('CERT_HAS_EXPIRED', false), false, false],
  ['too large', failure('UND_ERR_RES_EXCEEDED_MAX_SIZE', true), false, false],
])('%s', (_name, outcome, repeatable, unrepeatable) => {
  const again = (may: boolean) => retryDelay(outcome, 1, { repeatable: may, retries: 3, answered: true }) !== undefined
  expect([again(true), again(false)]).toEqual([repeatable, unrepeatable])
})

test('after the last retry an outcome stands; a quota is waited for; what is not well, or was never, gets two', () => {
  const allowed = (outcome: Outcome, answered = true) => {
    const rules = { repeatable: true, retries: 7, answered }
    return [1, 2, 3, 7, 8, 50].filter((attempt) => retryDelay(outcome, attempt, rules) !== undefined)
  }
  expect(allowed(answer(429))).toEqual([1, 2, 3, 7, 8, 50])
  expect(allowed(answer(503))).toEqual([1, 2, 3, 7])
  expect(allowed(failure('ECONNREFUSED', false))).toEqual([1, 2, 3, 7])
  expect(allowed(failure('ECONNREFUSED', false), false)).toEqual([1, 2])
  expect(allowed(answer(500))).toEqual([1, 2])
  expect(allowed(answer(500, 'local node not active but active cluster node not found'))).toEqual([1, 2, 3, 7])
  expect(retryDelay(answer(503), 1, { repeatable: true, retries: 0, answered: true })).toBeUndefined()
})

test('the wait doubles with jitter up to 5 s; Retry-After counts, in seconds or as a date', () => {
  const rules = { repeatable: true, retries: 99, answered: true }
  for (const [attempt, whole] of [
    [1, 200],
    [2, 400],
    [3, 800],
    [9, 5000],
  ] as const) {
    const wait = retryDelay(answer(503), attempt, rules)!
    expect(wait).toBeGreaterThanOrEqual(whole / 2)
    expect(wait).toBeLessThanOrEqual(whole)
  }
  expect(retryDelay(answer(429, '', { 'retry-after': '7' }), 1, rules)).toBe(7000)
  expect(retryDelay(answer(429, '', { 'retry-after': '0' }), 1, rules)).toBe(100)
  const date = new Date(Date.now() + 5000).toUTCString()
  const wait = retryDelay(answer(429, '', { 'retry-after': date }), 1, rules)!
  expect(wait).toBeGreaterThan(3500)
  expect(wait).toBeLessThanOrEqual(5000)
  expect(retryDelay(answer(429, '', { 'retry-after': 'soon' }), 1, rules)).toBeLessThanOrEqual(200)
})

test('nothing is repeated beyond the deadline', async () => {
  let sent = 0
  const rules = { repeatable: true, retries: 99, answered: true, deadlineMs: 300, signal: undefined }
  const { outcome } = await sendUntilFinal(rules, async () => {
    sent += 1
    return answer(429, '', { 'retry-after': '60' })
  })
  expect([outcome, sent]).toMatchObject([{ status: 429 }, 1])
})

test('what was lost once may be done, whatever comes after', async () => {
  const outcomes = [failure('ECONNRESET', true), failure('ECONNREFUSED', false), failure('ECONNREFUSED', false)]
  const rules = { repeatable: true, retries: 2, answered: true, deadlineMs: 5000, signal: undefined }
  const sent = await sendUntilFinal(rules, async (attempt) => outcomes[attempt - 1]!)
  expect(sent).toMatchObject({ outcome: { code: 'ECONNREFUSED' }, mayBeDone: true })
})

test('an abort in a pause leaves the last outcome, and what may be done', async () => {
  const abort = new AbortController()
  setTimeout(() => abort.abort(new Error('Ctrl-C')), 20)
  const rules = { repeatable: true, retries: 9, answered: true, deadlineMs: 5000, signal: abort.signal }
  const sent = await sendUntilFinal(rules, async () => failure('ECONNRESET', true))
  expect(sent).toMatchObject({ outcome: { code: 'ECONNRESET' }, mayBeDone: true })
})
