import { expect, test } from '@jest/globals'
import type { IceEvent } from '../../src/events/index.js'
import type { Result } from '../../src/views/results.js'
import * as fixtures from './fixtures.js'
import { written } from './golden.js'

/** Words alone, as somebody hears them: no colour, no sign. */
const heard = (text: string): string =>
  text
    .replace(/\u001b\[[\d;]*m/g, '')
    .replace(/[^\p{L}\p{N}\s]/gu, ' ')
    .replace(/ +/g, ' ')

async function lines(result: Result, looks: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const text = await written('human', (view) => view.result(result), { env: looks, columns: 300 })
  return text.split('\n').map(heard)
}

/** The lines that speak of something. */
const about = (all: readonly string[], what: string): readonly string[] =>
  all.filter((line) => line.includes(heard(what).trim()))

const looks = [{ FORCE_COLOR: '1' }, { NO_COLOR: '1' }, { LANG: 'C', TERM: 'dumb' }]

test.each(looks)('every verdict of a plan is a word (%j)', async (look) => {
  const all = await lines(fixtures.mixedPlan, look)
  const left = all.findIndex((line) => line.startsWith('Left as they are'))
  for (const { action, address, reason } of fixtures.mixedPlan.plan.objects) {
    const [line = ''] = about(all, address)
    if (action !== 'none') expect(line.split(' ')).toContain(action)
    // What is as it should be is only counted.
    else if (reason !== undefined) expect(all.indexOf(line)).toBeGreaterThan(left)
  }
})

test.each(looks)('every outcome of an apply is a word (%j)', async (look) => {
  const all = await lines(fixtures.applyFailed, look)
  const words = { failed: 'FAILED', unknown: 'UNKNOWN' } as const
  for (const { state, address } of fixtures.applyFailed.outcomes) {
    if (state === 'done') continue
    const [line = ''] = about(all, address)
    if (state === 'skipped') expect(all[all.indexOf(line) - 1]).toContain('skipped')
    else expect(line.split(' ')).toContain(words[state])
  }
  expect(all.some((line) => /^FAILED \d+ of \d+ objects written/.test(line))).toBe(true)
})

test.each(looks)('every verdict of a verification is a word (%j)', async (look) => {
  const words = { passed: 'ok', failed: 'FAILED', skipped: 'skipped' } as const
  const all = await lines(fixtures.verified, look)
  for (const { name, role, verdict } of fixtures.verified.verify.probes) {
    const what = name.slice(name.lastIndexOf(': ') + 2)
    const found = about(all, what).filter((line) => line.trim().startsWith(words[verdict]))
    expect([role, what, found.length > 0]).toEqual([role, what, true])
  }
  expect(all.some((line) => line.startsWith('FAILED the trust is not as the file says'))).toBe(true)
  expect((await lines(fixtures.proven, look)).join(' ')).toContain('The trust is proven')
})

test.each(looks)('what runs and what does not is a word (%j)', async (look) => {
  const all = await lines({ operation: 'sandbox status', sandboxes: [fixtures.sandbox] }, look)
  for (const { title, state } of fixtures.sandbox.servers) {
    expect(about(all, title).join(' ').toLowerCase().split(' ')).toContain(state)
  }
})

test.each(looks)('every line of the progress ends with a word (%j)', async (look) => {
  const object = { type: 'object', address: 'vault:a', kind: 'AuthRole', action: 'create' } as const
  const probe = { type: 'probe', name: 'demo: app/x as y: logs in' } as const
  const step = { type: 'step', id: 'a', title: 'Start etcd' } as const
  const events: readonly (readonly [IceEvent, string])[] = [
    [{ ...step, state: 'done' }, 'done'],
    [{ ...step, state: 'failed' }, 'FAILED'],
    [{ ...object, state: 'done' }, 'done'],
    [{ ...object, state: 'failed' }, 'FAILED'],
    [{ ...object, state: 'skipped' }, 'skipped'],
    [{ ...object, state: 'unknown' }, 'UNKNOWN'],
    [{ ...probe, state: 'passed' }, 'ok'],
    [{ ...probe, state: 'failed' }, 'FAILED'],
    [{ ...probe, state: 'skipped' }, 'skipped'],
    [{ type: 'note', level: 'warning', text: 'It is late.' }, 'Warning'],
  ]
  for (const [event, word] of events) {
    const text = await written('human', (view) => view.listen(event), { env: look })
    expect(heard(text).split(/\s/)).toContain(word)
  }
})
