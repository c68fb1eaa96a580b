import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { phase, type IceEvent } from '../../src/events/index.js'
import { isLive, plainProgress } from '../../src/views/progress.js'
import { createTheme } from '../../src/views/theme.js'
import { createTracker } from '../../src/views/tracker.js'
import { proven, unchangedPlan } from './fixtures.js'
import { expectGolden, written } from './golden.js'

const events: readonly IceEvent[] = [
  {
    type: 'note',
    level: 'warning',
    code: 'ICE9009',
    text: 'The token file is readable for others.',
    address: 'vault:x',
  },
  { type: 'step', id: 'etcd', title: 'Start etcd', state: 'started' },
  { type: 'step', id: 'etcd', title: 'Start etcd', state: 'done', seconds: 1.25 },
  { type: 'note', level: 'info', text: 'Waiting for process 12.' },
  { type: 'step', id: 'vault', title: 'Start OpenBao', state: 'failed', seconds: 61, detail: 'it ended' },
  { type: 'object', address: 'vault:auth/demo/role/app', kind: 'AuthRole', action: 'create', state: 'started' },
  {
    type: 'object',
    address: 'vault:auth/demo/role/app',
    kind: 'AuthRole',
    action: 'create',
    state: 'done',
    seconds: 0.012,
  },
  {
    type: 'object',
    address: 'vault:a',
    kind: 'AuthRole',
    action: 'narrow',
    state: 'unknown',
    seconds: 0.1,
    reason: 'the answer was lost',
  },
  {
    type: 'object',
    address: 'vault:b',
    kind: 'AuthRole',
    action: 'update',
    state: 'skipped',
    reason: 'it needs vault:a',
  },
  { type: 'probe', name: 'demo: app/x as y: logs in', state: 'passed', seconds: 0.5, detail: 'policies default' },
  {
    type: 'probe',
    name: 'demo: app/x as y: read',
    state: 'failed',
    seconds: 0.5,
    detail: '::error::not allowed \u001b[31m',
  },
]

test.each(['human', 'json', 'ndjson', 'junit'] as const)('events as %s', async (format) => {
  const text = await written(format, async (view) => {
    events.forEach(view.listen)
    await view.result(proven)
  })
  expectGolden(`progress.${format}`, text)

  expect(text).not.toMatch(/\u001b/)
})

test('nothing moves but on a terminal that somebody looks at', () => {
  const terminal = { write: () => true, isTTY: true }
  expect(isLive(terminal, {})).toBe(true)
  expect(isLive(terminal, { CI: 'true' })).toBe(false)
  expect(isLive(terminal, { TERM: 'dumb' })).toBe(false)
  expect(isLive({ write: () => true }, {})).toBe(false)
  expect(isLive({ ...terminal, columns: 0 }, {})).toBe(false)
})

/** What a plain display writes; its clock is the test's. */
function plain() {
  const lines: string[] = []
  const theme = createTheme({ color: false, ascii: false, width: 80, obeyed: false })
  const progress = plainProgress((text) => lines.push(text), theme, 'icebreaker plan')
  return { lines, progress, after: (milliseconds: number) => jest.advanceTimersByTime(milliseconds) }
}

describe('off a terminal', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  test('a step that takes long is announced', () => {
    const { lines, progress, after } = plain()
    progress.show({ type: 'step', id: 'a', title: 'Build OpenBao', state: 'started' })
    progress.show({ type: 'step', id: 'b', title: 'Start etcd', state: 'started' })
    progress.show({ type: 'step', id: 'b', title: 'Start etcd', state: 'done', seconds: 0 })
    after(10_000)
    expect(lines).toEqual(['Start etcd: done (0 ms)\n', 'Build OpenBao …\n'])
  })

  test('a minor step is told of only where it takes long', () => {
    const { lines, progress, after } = plain()
    const step = { type: 'step', id: 'read', title: 'Read what is there', minor: true } as const
    progress.show({ ...step, state: 'started' })
    after(1000)
    progress.show({ ...step, state: 'done', seconds: 1 })
    after(10_000)
    expect(lines).toEqual([])
    progress.show({ ...step, state: 'started' })
    after(3000)
    progress.show({ ...step, state: 'done', seconds: 3 })
    expect(lines).toEqual(['Read what is there …\n', 'Read what is there: done (3.0 s)\n'])
  })

  test('where nothing is heard for a while a line says that it lasts; not while somebody is asked, nor at the end', async () => {
    const { lines, progress, after } = plain()
    progress.begin()
    after(4000)
    progress.show({ type: 'note', level: 'info', text: 'A note.' })
    after(4000)
    expect(lines).toEqual(['A note.\n'])
    after(1500)
    expect(lines.splice(1)).toEqual(['icebreaker plan: at work for 9.0 s …\n'])
    after(31_000)
    expect(lines.splice(1)).toEqual(['icebreaker plan: at work for 39 s …\n'])
    await progress.rest()
    after(100_000)
    expect(lines).toHaveLength(1)
    progress.begin()
    after(6000)
    expect(lines).toHaveLength(2)
  })
})

test('a part of the work is a minor step, also where it fails', async () => {
  const seen: IceEvent[] = []
  expect(
    await phase(
      (event) => seen.push(event),
      'Read',
      () => Promise.resolve(1),
    ),
  ).toBe(1)
  await expect(
    phase(
      (event) => seen.push(event),
      'Read',
      () => Promise.reject(new Error('x')),
    ),
  ).rejects.toThrow('x')
  expect(seen.map((event) => event.type === 'step' && [event.state, event.minor])).toEqual([
    ['started', true],
    ['done', true],
    ['started', true],
    ['failed', true],
  ])
})

test('machines are told of no minor steps, and the count knows none', async () => {
  const step = { type: 'step', id: 'read', title: 'Read', minor: true } as const
  const text = await written('ndjson', async (view) => {
    view.listen({ ...step, state: 'started' })
    view.listen({ ...step, state: 'done', seconds: 9 })
    await view.result(proven)
  })
  expect(text).not.toContain('"step"')
  const tracker = createTracker()
  tracker.see({ ...step, state: 'started' })
  expect(tracker.lines(5)).toEqual(['Read'])
  tracker.see({ ...step, state: 'done' })
  expect(tracker.lines(5)).toEqual([])
})

test('the tracker knows what is under way, and never needs more lines than it may have', () => {
  let now = 0
  const tracker = createTracker(() => now)
  for (let index = 0; index < 20; index++)
    tracker.see({ type: 'step', id: `${index}`, title: `Step ${index}`, state: 'started' })
  tracker.see({ type: 'step', id: '0', title: 'Step 0', state: 'done' })
  tracker.see({ type: 'probe', name: 'p', state: 'failed' })
  now = 65_000
  expect(tracker.running()).toHaveLength(19)
  expect(tracker.lines(6)).toEqual([
    '1 step done',
    '1 probe done, 1 FAILED',
    'Step 1  1 min 5 s',
    'Step 2  1 min 5 s',
    'Step 3  1 min 5 s',
    '… 16 more',
  ])
})

test('who is asked has the terminal alone; what happened meanwhile is told afterwards', async () => {
  const text = await written('human', async (view) => {
    const answers = ['first', 'second'].map((answer) =>
      view.quietly(async () => {
        await sleep(5)
        view.listen({ type: 'note', level: 'info', text: `during the ${answer} question` })
        await sleep(5)
        return answer
      }),
    )
    expect(await Promise.all(answers)).toEqual(['first', 'second'])
  })
  expect(text).toBe('=== stdout ===\n=== stderr ===\nduring the first question\nduring the second question\n')
})

test('a question that fails leaves the next one possible', async () => {
  await written('human', async (view) => {
    await expect(view.quietly(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await view.quietly(() => Promise.resolve(1))).toBe(1)
  })
})

test('a plan is shown to people before it is carried out; to a program it is an event', async () => {
  const text = (format: 'human' | 'json' | 'ndjson', asked: boolean) =>
    written(format, (view) => view.plan(unchangedPlan, asked))
  expect(await text('human', false)).toMatch(/stderr ===\nVault/)
  expect(await text('json', false)).toBe('=== stdout ===\n=== stderr ===\n')
  expect(await text('json', true)).toMatch(/stderr ===\nVault/)
  expect(await text('ndjson', false)).toMatch(/"type":"plan".*\n=== stderr ===\n$/)
})

test('signals name what is under way', async () => {
  const text = await written('human', (view) => {
    view.listen({ type: 'object', address: 'vault:a', kind: 'Policy', action: 'create', state: 'started' })
    view.stopping('SIGINT')
    view.leaving('SIGINT')
  })
  expectGolden('signals', text)
})
