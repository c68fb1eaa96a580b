import { describe, expect, test } from '@jest/globals'
import { EXIT, IceError, type CodeRecord } from '../../src/catalogue/index.js'
import type { AnyCheck } from '../../src/doctor/contract.js'
import type { Judged } from '../../src/doctor/examine.js'
import { rootsOf } from '../../src/doctor/roots.js'
import type { Subject } from '../../src/doctor/subject.js'

const record = (number: number, severity: CodeRecord['severity'] = 'error'): CodeRecord => ({
  code: `ICE${number}`,
  severity,
  exit: EXIT.problems,
  title: `title ${number}`,
  meaning: '',
  remedy: '',
})

const vault: Subject = { kind: 'vault' }
const mount = (path: string): Subject => ({ kind: 'mount', mount: path, method: 'kubernetes', cluster: 'demo' })
const role = (path: string, name: string): Subject => ({
  kind: 'role',
  mount: path,
  method: 'kubernetes',
  cluster: 'demo',
  role: name,
})

interface Options {
  readonly explains?: readonly CodeRecord['code'][]
  readonly severity?: CodeRecord['severity']
  readonly ok?: boolean
  readonly because?: number
  readonly alike?: readonly CodeRecord['code'][]
  readonly problem?: Partial<Judged['problems'][number]>
}

function judged(
  number: number,
  subject: Subject,
  { explains = [], severity, ok, because, alike = [], problem }: Options = {},
): Judged {
  const one = record(number, severity)
  const check: AnyCheck = { records: [one], subject: subject.kind, wants: {}, explains, alike, judge: () => [] }
  const because_ = because === undefined ? undefined : new IceError(record(because), { message: 'not to be had' })
  const isOpen = because !== undefined
  return {
    check,
    subject,
    problems:
      ok || isOpen ? [] : [{ record: one, message: `problem ${number}`, remedy: { manual: ['mend it'] }, ...problem }],
    ...(because_ && { unknown: { why: because_.message, because: because_ } }),
    staleForMs: 0,
  }
}

const seen = (all: readonly Judged[]) => {
  const { findings, checks } = rootsOf(all)
  return {
    findings: findings.map(({ code, consequences }) => [code, ...consequences].join(' ')),
    states: checks.map(({ codes, state, because }) => [...codes, state, ...(because ? [because] : [])].join(' ')),
  }
}

describe('one fault, one error', () => {
  test('what a finding explains is its consequence', () => {
    const all = [judged(1, mount('a'), { explains: ['ICE2'] }), judged(2, role('a', 'r')), judged(3, role('a', 'r'))]
    expect(seen(all)).toEqual({
      findings: ['ICE1 ICE2', 'ICE3'],
      states: ['ICE1 problem', 'ICE2 explained ICE1', 'ICE3 problem'],
    })
  })

  test('a consequence may hang above its cause', () => {
    const all = [judged(2, mount('a')), judged(1, role('a', 'r'), { explains: ['ICE2'] })]
    expect(seen(all).findings).toEqual(['ICE1 ICE2'])
  })

  test('on another mount it is a fault of its own', () => {
    const all = [judged(1, mount('a'), { explains: ['ICE2'] }), judged(2, role('b', 'r'))]
    expect(seen(all).findings).toEqual(['ICE1', 'ICE2'])
  })

  test('a chain has one root', () => {
    const all = [
      judged(3, role('a', 'r')),
      judged(2, mount('a'), { explains: ['ICE3'] }),
      judged(1, vault, { explains: ['ICE2'] }),
    ]
    expect(seen(all).findings).toEqual(['ICE1 ICE2'])
  })

  test('two that explain each other: one is told', () => {
    const all = [judged(1, vault, { explains: ['ICE2'] }), judged(2, vault, { explains: ['ICE1'] })]
    expect(seen(all).findings).toEqual(['ICE1 ICE2'])
  })

  test('a warning explains nothing', () => {
    const all = [judged(1, vault, { explains: ['ICE2'], severity: 'warning' }), judged(2, vault)]
    expect(seen(all).findings).toEqual(['ICE2', 'ICE1'])
  })

  test('what was found at two subjects by the same words of one is told once', () => {
    expect(seen([judged(1, vault), judged(1, vault)]).findings).toEqual(['ICE1'])
  })
})

describe('what could not be judged', () => {
  test('because of a finding: skipped', () => {
    expect(seen([judged(1, vault), judged(2, role('a', 'r'), { because: 1 })]).states[1]).toBe('ICE2 skipped ICE1')
  })

  test('because of what nobody found: unknown, never ok', () => {
    expect(seen([judged(1, vault, { ok: true }), judged(2, role('a', 'r'), { because: 1 })]).states).toEqual([
      'ICE1 ok',
      'ICE2 unknown ICE1',
    ])
  })
})

test('of several that one check finds at one subject none explains another', () => {
  const one = judged(1, vault, { explains: ['ICE1'] })
  const [problem] = one.problems
  const problems = problem === undefined ? [] : [problem, { ...problem, message: 'another' }]
  expect(rootsOf([{ ...one, problems }]).findings.map(({ message }) => message)).toEqual(['problem 1', 'another'])
})

test('the gravest come first', () => {
  const all = [judged(1, vault, { severity: 'info' }), judged(2, vault, { severity: 'warning' }), judged(3, vault)]
  expect(seen(all).findings).toEqual(['ICE3', 'ICE2', 'ICE1'])
})

describe('what is elsewhere and hangs on it all the same', () => {
  const pod: Subject = {
    kind: 'consumer',
    cluster: 'demo',
    apiVersion: 'v1',
    object: 'Pod',
    namespace: 'app',
    name: 'x',
  }
  const restsOn = ['vault:auth/a/role/r']

  test('whatever explains a code explains what is alike', () => {
    const login = judged(2, pod, { alike: ['ICE9'], problem: { restsOn } })
    expect(seen([judged(1, role('a', 'r'), { explains: ['ICE9'] }), login]).findings).toEqual(['ICE1 ICE2'])
    expect(seen([judged(1, role('b', 'r'), { explains: ['ICE9'] }), login]).findings).toEqual(['ICE1', 'ICE2'])
    expect(seen([judged(1, role('a', 'r'), { explains: ['ICE8'] }), login]).findings).toEqual(['ICE1', 'ICE2'])
  })

  test('a consequence may name its causes', () => {
    const named = judged(2, pod, { problem: { restsOn, because: ['ICE1'] } })
    expect(seen([judged(1, role('a', 'r')), named]).findings).toEqual(['ICE1 ICE2'])
    expect(seen([judged(3, role('a', 'r')), named]).findings).toEqual(['ICE2', 'ICE3'])
    expect(seen([judged(1, role('b', 'r')), named]).findings).toEqual(['ICE1', 'ICE2'])
  })
})
