import { describe, expect, test } from '@jest/globals'
import { DOCTOR, IceError, VAULT, type CodeRecord } from '../../src/catalogue/index.js'
import { deniedChecks } from '../../src/doctor/checks/denied.js'
import { mountChecks } from '../../src/doctor/checks/mount.js'
import { vaultCareChecks } from '../../src/doctor/checks/vault-care.js'
import { vaultChecks } from '../../src/doctor/checks/vault.js'
import type { AnyCheck, Known } from '../../src/doctor/contract.js'
import type { Subject } from '../../src/doctor/subject.js'

const known = <T>(value: T): Known<T> => ({ known: true, value, from: 'operator', staleForMs: 0 })
const missing = (record: CodeRecord, evidence: Record<string, string> = {}): Known<never> => ({
  known: false,
  why: new IceError(record, { message: 'It cannot be had.', evidence }),
})

const all: readonly AnyCheck[] = [...vaultChecks, ...vaultCareChecks, ...deniedChecks, ...mountChecks]

/** `CODE severity` of each problem, or why it is not known. */
function judged(record: CodeRecord, given: object, subject: Subject = { kind: 'vault' }, isWritten = true) {
  const check = all.find((one) => one.records[0].code === record.code && one.subject === subject.kind)
  const verdict = check!.judge(subject, given as Record<string, unknown>, { isWritten, file: {} as never })
  return 'unknown' in verdict
    ? verdict.unknown
    : verdict.map(
        (problem) => `${(problem.record ?? record).code} ${problem.severity ?? (problem.record ?? record).severity}`,
      )
}

const here = { address: 'https://127.0.0.1:8200', namespace: undefined, isHere: true }
const there = { address: 'https://vault.example.com:8200', namespace: undefined, isHere: false }

describe('how Vault is kept is judged only where it is not on this machine', () => {
  test('audit devices', () => {
    expect(judged(DOCTOR.noAuditDevice, { place: there, devices: [] })).toEqual(['ICE9014 warning'])
    expect(judged(DOCTOR.noAuditDevice, { place: here, devices: [] })).toEqual([])
    expect(judged(DOCTOR.noAuditDevice, { place: there, devices: ['file/'] })).toEqual([])
  })

  test('a root token', () => {
    const token = { isRoot: true, displayName: 'root' }
    expect(judged(DOCTOR.rootTokenInUse, { place: there, token })).toEqual(['ICE9015 warning'])
    expect(judged(DOCTOR.rootTokenInUse, { place: here, token })).toEqual([])
    expect(judged(DOCTOR.rootTokenInUse, { place: there, token: { ...token, isRoot: false } })).toEqual([])
  })

  test('its version', () => {
    const health = { version: '1.21.0' }
    const mounts = (product?: string) => known({ product })
    expect(judged(DOCTOR.knownAdvisory, { place: there, health, mounts: mounts('vault') })).toEqual(['ICE9017 warning'])
    expect(judged(DOCTOR.knownAdvisory, { place: here, health, mounts: mounts('vault') })).toEqual([])
    expect(judged(DOCTOR.knownAdvisory, { place: there, health, mounts: mounts() })).toMatch(
      'HashiCorp Vault or OpenBao',
    )
    const denied = missing(VAULT.notPermitted)
    expect(judged(DOCTOR.knownAdvisory, { place: there, health, mounts: denied })).toMatch('HashiCorp Vault or OpenBao')
  })
})

describe('clocks', () => {
  const S = 1000
  test.each<[string, number, Record<string, number>, readonly string[]]>([
    ['all agree', 0, { demo: 0 }, []],
    ['within the leeway', -59 * S, { demo: 1 * S }, []],
    ['Vault is late', -120 * S, { demo: 0 }, ['ICE9016 error']],
    ['the API server is early', 0, { demo: 120 * S }, ['ICE9016 error']],
    ['Vault is early', 120 * S, { demo: 0 }, ['ICE9016 warning']],
    ['this machine is off', 300 * S, { demo: 300 * S }, ['ICE9016 warning']],
    ['one cluster of two', 0, { a: 0, b: 600 * S }, ['ICE9016 error']],
    ['nobody else to compare with', 300 * S, {}, []],
  ])('%s', (_what, vault, clusters, expected) => {
    expect(judged(DOCTOR.clockSkew, { clocks: { vault, clusters } })).toEqual(expected)
  })

  test('whose clock is off is said where three tell', () => {
    const check = vaultCareChecks.find(({ records: [record] }) => record.code === 'ICE9016')
    const said = (vault: number, api: number): string =>
      JSON.stringify(check!.judge({ kind: 'vault' }, { clocks: { vault, clusters: { a: api } } }, {} as never))
    expect(said(-120 * S, 0)).toContain('it is Vault’s that also differs')
    expect(said(0, 120 * S)).toContain('it is the API server’s that also differs')
    expect(said(-100 * S, 100 * S)).not.toContain('also differs')
  })
})

describe('the operator’s token', () => {
  const token = { ttlSeconds: 3600, expireTime: new Date(0), numUses: 0, renewable: true }
  test.each([
    ['lasts', {}, []],
    ['never ends', { ttlSeconds: 0, expireTime: undefined }, []],
    ['ends soon', { ttlSeconds: 60 }, ['ICE9018 warning']],
    ['has few uses', { numUses: 9 }, ['ICE9018 warning']],
    ['has many uses', { numUses: 1000 }, []],
  ])('%s', (_what, more, expected) => {
    expect(judged(DOCTOR.tokenEndsSoon, { token: { ...token, ...more } })).toEqual(expected)
  })
})

describe('a standby', () => {
  const standby = { initialized: true, sealed: false, standby: true, version: '2.7.2' }
  test.each<[string, object, Known<unknown>, readonly string[]]>([
    ['that forwards', standby, known({}), []],
    ['that leads nowhere', standby, missing(VAULT.refused, { address: 'https://10.0.0.9:8200' }), ['ICE9020 error']],
    ['whose redirect is not followed', standby, missing(VAULT.redirect, { location: 'http://a' }), ['ICE9020 error']],
    // Nobody could forward to it.
    ['of a cluster without an active node', standby, missing(VAULT.noActiveNode), []],
    ['that does not know the token', standby, missing(VAULT.tokenInvalid), []],
    ['no standby', { ...standby, standby: false }, missing(VAULT.refused), []],
  ])('%s', (_what, health, token, expected) => {
    expect(judged(DOCTOR.standbyCannotForward, { health, token })).toEqual(expected)
  })
})

test('a quota is told with its rules', () => {
  expect(judged(DOCTOR.quotaExceeded, { usedUp: undefined })).toEqual([])
  const usedUp = [{ name: 'tight', path: '', rate: 1, interval: 60 }]
  expect(judged(DOCTOR.quotaExceeded, { usedUp })).toEqual(['ICE9019 error'])
})

test('a proxy is to blame only where it is certain that it is', () => {
  const obstacle = { from: 'HTTPS_PROXY', proxy: 'proxy:3128', direct: 'CN=vault' }
  expect(judged(DOCTOR.proxyInTheWay, { obstacle })).toEqual(['ICE9013 error'])
  expect(judged(DOCTOR.proxyInTheWay, { obstacle: { ...obstacle, direct: undefined } })).toEqual([])
  expect(judged(DOCTOR.proxyInTheWay, { obstacle: undefined })).toEqual([])
})

describe('an auth mount in another namespace', () => {
  const moved = (...elsewhere: object[]) => ({ mount: 'demo', own: '', elsewhere })
  const subject = { kind: 'mount', mount: 'demo', method: 'kubernetes', cluster: 'demo' } as const

  test('by the file and without it', () => {
    const one = moved({ namespace: 'team-a', type: 'kubernetes', host: 'https://a:6443' })
    expect(judged(DOCTOR.mountInOtherNamespace, { moved: [one] })).toEqual(['ICE9011 error'])
    expect(judged(DOCTOR.mountInOtherNamespace, { moved: [moved()] })).toEqual([])
    const unwritten = mountChecks.find(
      (one) => one.records[0].code === 'ICE9011' && one.applies?.(subject, { isWritten: false, file: {} as never }),
    )
    expect(unwritten?.judge(subject, { moved: one }, {} as never)).toMatchObject([
      { message: expect.stringContaining('in the namespace team-a of Vault') as never },
    ])
  })
})
