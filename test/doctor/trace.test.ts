import { describe, expect, test } from '@jest/globals'
import { CATALOGUE, DOCTOR, type CodeRecord } from '../../src/catalogue/index.js'
import type { Checked, Finding } from '../../src/doctor/roots.js'
import { LOGIN_STEPS, traceOf } from '../../src/doctor/trace.js'

const checked = (
  state: Checked['state'],
  codes: readonly CodeRecord['code'][],
  more: Partial<Checked> = {},
): Checked => ({
  codes,
  subject: 'somewhere',
  state,
  ...more,
})

const finding = ({ code, severity, title }: CodeRecord): Finding => ({
  code,
  severity,
  title,
  subject: 'somewhere',
  message: title,
  evidence: {},
  remedy: { manual: [] },
  consequences: [],
  staleForMs: 0,
})

const trace = (checks: readonly Checked[], findings: readonly Finding[] = [], said?: string) =>
  Object.fromEntries(
    traceOf({ checks, findings }, said).map(({ title, state, detail }) => [
      title,
      detail === undefined ? state : `${state}: ${detail}`,
    ]),
  )

test('every code of a step is in the catalogue, and in one step only', () => {
  const known = CATALOGUE.map(({ code }) => code)
  const all = LOGIN_STEPS.flatMap(({ codes }) => codes)
  expect(all.filter((code) => !known.includes(code))).toEqual([])
  expect(all.filter((code, index) => all.indexOf(code) !== index)).toEqual([])
})

test('every error of a workload’s login has its step', () => {
  const all = LOGIN_STEPS.flatMap(({ codes }) => codes)
  const errors = Object.values<CodeRecord>(DOCTOR).filter(
    ({ code, severity }) => /^ICE9[34]/.test(code) && severity === 'error',
  )
  // These let somebody in, with less than they should get.
  const after: readonly string[] = [DOCTOR.policyMissing.code, DOCTOR.tooFewUses.code]
  expect(errors.filter(({ code }) => !all.includes(code)).map(({ code }) => code)).toEqual(after)
})

describe('the steps', () => {
  test('a login that worked has passed all of them, also those that nobody judged', () => {
    const steps = trace([checked('ok', ['ICE9406']), checked('unknown', ['ICE9105'], { why: 'not probed' })])
    expect(new Set(Object.values(steps))).toEqual(new Set(['ok']))
  })

  test('after the first that fails the others were not reached, unless they were judged', () => {
    const steps = trace(
      [
        checked('ok', ['ICE9301']),
        checked('problem', ['ICE9305']),
        checked('problem', ['ICE9302']),
        checked('unknown', ['ICE9105'], { why: 'nobody knows' }),
        checked('ok', ['ICE9401', 'ICE9402']),
        checked('explained', ['ICE9406', 'ICE9301'], { because: 'ICE9305' }),
      ],
      [finding(DOCTOR.audienceMismatch), finding(DOCTOR.nameNotBound)],
    )
    expect(steps).toMatchObject({
      'It is for the audience of the role': 'problem',
      'It is valid now': 'ok',
      'The role lets in the name': 'problem',
      'Vault reaches the API server': 'not reached',
      'Vault issues a token': 'explained',
    })
  })

  test('what is open says why, or what it takes', () => {
    const steps = trace([
      checked('unknown', ['ICE9301'], { why: 'The token may not read it.' }),
      checked('unknown', ['ICE9403'], { writes: 'a token' }),
      checked('skipped', ['ICE9302'], { because: 'ICE2010' }),
    ])
    expect(steps).toMatchObject({
      'The role exists': 'unknown: The token may not read it.',
      'The token is a JWT': 'unknown: needs --probe',
      'The role lets in the name': 'skipped: ICE2010',
    })
  })

  test('a check that found something else says nothing of the other steps of its codes', () => {
    const steps = trace([checked('problem', ['ICE9401', 'ICE9402'])], [finding(DOCTOR.tokenExpired)])
    expect(steps['It is valid now']).toBe('problem')
    const other = trace([checked('problem', ['ICE9405', 'ICE9401'])], [finding(DOCTOR.tokenExpired)])
    expect(other['The API server accepts the token']).toBe('not reached')
  })

  test('a check that may turn out to be many things is of the step of the usual one', () => {
    const steps = trace([
      checked('ok', ['ICE9301']),
      checked('unknown', ['ICE9406', 'ICE9301', 'ICE9302'], { why: 'nobody knocked' }),
    ])
    expect(steps).toMatchObject({
      'The role exists': 'ok',
      'The role lets in the name': 'unknown: nobody knocked',
      'Vault issues a token': 'unknown: nobody knocked',
    })
  })

  test('a note is no failure', () => {
    const note = { ...finding(DOCTOR.roleAbsent), severity: 'info' as const }
    expect(trace([checked('ok', ['ICE9301'])], [note])['The role exists']).toBe('ok')
  })

  test('what the token says of itself stands beside its step', () => {
    expect(trace([checked('ok', ['ICE9403'])], [], 'system:serviceaccount:a:b')['The token is a JWT']).toBe(
      'ok: system:serviceaccount:a:b',
    )
  })
})
