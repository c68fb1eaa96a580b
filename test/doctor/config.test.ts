import { describe, expect, test } from '@jest/globals'
import { generateKeyPairSync } from 'node:crypto'
import { DOCTOR, IceError, KUBERNETES, type CodeRecord } from '../../src/catalogue/index.js'
import { configTokenChecks } from '../../src/doctor/checks/config-tokens.js'
import { configChecks } from '../../src/doctor/checks/config.js'
import type { Known } from '../../src/doctor/contract.js'
import type { MountSubject } from '../../src/doctor/subject.js'
import { createRoot } from '../kubernetes/certificates.js'

const known = <T>(value: T): Known<T> => ({ known: true, value, from: 'operator', staleForMs: 0 })
const missing: Known<never> = {
  known: false,
  why: new IceError(KUBERNETES.forbidden, { message: 'It may not be read.' }),
}

const subject: MountSubject = { kind: 'mount', mount: 'demo', method: 'kubernetes', cluster: 'demo' }
const reviewer = { namespace: 'auth', serviceAccount: 'reviewer', token: 'secret' }

/** What the file says of the mount. */
const fileWith = (auth: object = {}, section: object = {}) =>
  ({ clusters: { demo: { ...section, auth: { method: 'kubernetes', path: 'demo', reviewer, ...auth } } } }) as never

function verdict(record: CodeRecord, given: object, file: never = fileWith(), isWritten = true) {
  const check = [...configChecks, ...configTokenChecks].find(({ records: [one] }) => one.code === record.code)
  return check!.judge(subject, given as Record<string, unknown>, { isWritten, file })
}

/** `CODE severity` of each problem, or why it is not known. */
function judged(record: CodeRecord, given: object, file?: never, isWritten?: boolean) {
  const said = verdict(record, given, file, isWritten)
  return 'unknown' in said ? said.unknown : said.map(({ severity = record.severity }) => `${record.code} ${severity}`)
}

/** How it is to be mended. */
function remedy(record: CodeRecord, given: object, file?: never, isWritten?: boolean) {
  const said = verdict(record, given, file, isWritten)
  return 'unknown' in said ? undefined : said[0]?.remedy
}

const pem = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString()

describe('a stored certificate that is no CA', () => {
  const leaf = async () => ({
    kubernetes_ca_cert: (await (await createRoot('a root')).issue({ commonName: 'a server' })).certificate,
  })

  test.each<[string, Known<object>, string | readonly string[]]>([
    ['is what the API server shows', known({ verdict: 'proven' }), ['ICE9114 warning']],
    ['is of another', known({ verdict: 'refused', reason: 'untrusted' }), ['ICE9114 error']],
    [
      'cannot be compared from here',
      known({ verdict: 'unreachable' }),
      expect.stringContaining('cannot be reached from here') as never,
    ],
    ['may not be compared', missing, expect.stringContaining('It may not be read.') as never],
  ])('%s', async (_what, handshake, expected) => {
    expect(judged(DOCTOR.caExpiredOrNotCA, { config: await leaf(), handshake })).toEqual(expected)
  })

  test('beside a CA it does no harm', async () => {
    const root = await createRoot('a root')
    const config = { kubernetes_ca_cert: (await leaf()).kubernetes_ca_cert + root.certificate }
    expect(judged(DOCTOR.caExpiredOrNotCA, { config, handshake: missing })).toEqual([])
  })
})

describe('no stored CA', () => {
  const config = { kubernetes_ca_cert: '', disable_local_ca_jwt: false }
  test.each<[string, object | undefined, string | readonly string[]]>([
    ['one is stored', undefined, []],
    ['Vault has one that fits', { reached: true, kind: 'reached', said: '' }, []],
    [
      'Vault’s pod has none',
      { reached: false, kind: 'noLocalCA', said: 'open …/ca.crt: no such file' },
      ['ICE9116 error'],
    ],
    ['Vault’s machine has none', { reached: false, kind: 'untrusted', said: 'x509: …' }, ['ICE9116 error']],
    [
      'it does not come so far',
      { reached: false, kind: 'refused', said: 'refused' },
      expect.stringContaining('refused') as never,
    ],
  ])('%s', (_what, met, expected) => {
    expect(judged(DOCTOR.caMissing, { config, met })).toEqual(expected)
  })
})

describe('the issuer', () => {
  const config = (issuer: string, disable = false) => ({ issuer, disable_iss_validation: disable })
  const real = known({ issuer: 'https://kubernetes.default.svc', algorithms: [] })
  test.each<[string, object, Known<unknown>, string | readonly string[]]>([
    ['is the cluster’s', config('https://kubernetes.default.svc'), real, []],
    ['is another', config('kubernetes/serviceaccount'), real, ['ICE9120 error']],
    // AKS once had it so: https://github.com/Azure/AKS/issues/2523
    ['has quotes', config('"https://kubernetes.default.svc"'), real, ['ICE9120 error']],
    ['is not checked', config('kubernetes/serviceaccount', true), real, []],
    ['is not named', config(''), real, []],
    ['may not be asked for', config('x'), missing, 'It may not be read.'],
    ['is not published', config('x'), known(undefined), 'The cluster does not publish who issues its tokens.'],
  ])('%s', (_what, stored, issuer, expected) => {
    expect(judged(DOCTOR.issuerEnforced, { config: stored, issuer })).toEqual(expected)
  })

  test('apply mends it only where the file says it right', () => {
    const given = { config: config('https://old.example.com'), issuer: real }
    const apply = { apply: ['vault:auth/demo/config'] }
    expect(remedy(DOCTOR.issuerEnforced, given)).toEqual(apply)
    const checked = { disableISSValidation: false }
    const right = fileWith({ ...checked, issuer: 'https://kubernetes.default.svc' })
    expect(remedy(DOCTOR.issuerEnforced, given, right)).toEqual(apply)
    expect(remedy(DOCTOR.issuerEnforced, given, fileWith({ ...checked, issuer: 'https://old.example.com' }))).toEqual({
      manual: [expect.stringContaining('"https://kubernetes.default.svc"') as never],
    })
    expect(remedy(DOCTOR.issuerEnforced, given, fileWith(), false)).toMatchObject({
      commands: [
        'icebreaker reviewer create',
        'icebreaker auth configure --path demo --adopt vault:auth/demo/config --disable-iss-validation',
      ],
    })
  })

  test('that is to be checked, and is not named', () => {
    expect(judged(DOCTOR.issuerFalseSense, { config: config('') })).toEqual(['ICE9121 info'])
    expect(judged(DOCTOR.issuerFalseSense, { config: config('x') })).toEqual([])
    expect(judged(DOCTOR.issuerFalseSense, { config: config('', true) })).toEqual([])
  })
})

describe('the public keys', () => {
  const [a, b, other] = [pem(), pem(), pem()]
  test.each<[string, readonly string[], Known<readonly string[]>, string | readonly string[]]>([
    ['none are stored', [], missing, []],
    ['all are stored', [b, a, other], known([a, b]), []],
    ['none of the cluster’s is', [other], known([a, b]), ['ICE9122 error']],
    ['one of two is', [a], known([a, b]), ['ICE9122 warning']],
    ['they may not be read', [a], missing, 'It may not be read.'],
    ['it is there, behind another', [other + a], known([a]), []],
  ])('%s', (_what, pem_keys, keys, expected) => {
    expect(judged(DOCTOR.pemKeysStale, { config: { pem_keys }, keys })).toEqual(expected)
  })

  test.each<[string, readonly string[], Known<readonly string[]>, string | readonly string[]]>([
    ['each by itself', [a, b], known([a]), []],
    ['the needed one first', [a + other], known([a]), ['ICE9123 warning']],
    ['the needed one behind', [other + a], known([a]), ['ICE9123 error']],
    ['the needed one behind, and by itself', [other + a, a], known([a]), ['ICE9123 warning']],
    ['nobody knows which is needed', [other + a], missing, ['ICE9123 warning']],
  ])('several in one element: %s', (_what, pem_keys, keys, expected) => {
    expect(judged(DOCTOR.pemKeysMultiBlock, { config: { pem_keys }, keys })).toEqual(expected)
  })
})

describe('a config that was wiped', () => {
  const whole = {
    kubernetes_ca_cert: 'a CA',
    token_reviewer_jwt_set: true,
    disable_local_ca_jwt: true,
    disable_iss_validation: true,
    issuer: '',
    pem_keys: [],
  }
  const record = { mark: { fingerprint: 'x', reviewerToken: 'secret' }, isUnchanged: false }
  test.each<[string, object, object | undefined, object, readonly string[]]>([
    [
      'a reviewer and the choice of the CA',
      { token_reviewer_jwt_set: false, disable_local_ca_jwt: false },
      record,
      {},
      ['ICE9124 error'],
    ],
    [
      'a CA and the choice of it',
      { kubernetes_ca_cert: '', disable_local_ca_jwt: false },
      record,
      {},
      ['ICE9124 error'],
    ],
    // That is ICE9201.
    ['a reviewer alone', { token_reviewer_jwt_set: false }, record, {}, []],
    ['nothing that matters alone', { disable_local_ca_jwt: false, issuer: '' }, record, { issuer: 'x' }, []],
    ['nothing', {}, record, {}, []],
    [
      'what the file does not set',
      { token_reviewer_jwt_set: false, disable_local_ca_jwt: false },
      record,
      { disableLocalCAJWT: false },
      [],
    ],
    [
      'as it was written',
      { token_reviewer_jwt_set: false, disable_local_ca_jwt: false },
      { ...record, isUnchanged: true },
      {},
      [],
    ],
    ['nobody wrote it for the file', { token_reviewer_jwt_set: false, disable_local_ca_jwt: false }, undefined, {}, []],
    [
      'what another mode does without',
      { token_reviewer_jwt_set: false, disable_local_ca_jwt: false },
      { ...record, mark: { reviewerToken: 'client' } },
      { reviewer: { token: 'client' } },
      [],
    ],
  ])('%s', (_what, lost, recorded, auth, expected) => {
    expect(judged(DOCTOR.configWiped, { config: { ...whole, ...lost }, record: recorded }, fileWith(auth))).toEqual(
      expected,
    )
  })
})

test('a mount of the method jwt has a config of another kind', () => {
  const other: MountSubject = { ...subject, method: 'jwt' }
  const around = { isWritten: true, file: fileWith() }
  expect([...configChecks, ...configTokenChecks].filter((check) => check.applies?.(other, around) !== false)).toEqual(
    [],
  )
})
