import { describe, expect, test } from '@jest/globals'
import { DOCTOR, IceError } from '../../src/catalogue/index.js'
import type { Known, Verdict } from '../../src/doctor/contract.js'
import { judgeFromHere, judgeWay, type View } from '../../src/doctor/checks/path-judge.js'
import { metOf, type Met } from '../../src/kinds/auth-config-met.js'
import type { CertificateFacts, CertificateProof } from '../../src/kubernetes/index.js'

const known = <T>(value: T) => ({ known: true, value, from: 'operator', staleForMs: 0 }) as const
const unknown = { known: false, why: new IceError(DOCTOR.notProbed, { message: 'It would make something.' }) } as const

const leaf: CertificateFacts = {
  subject: 'CN=kube-apiserver',
  issuer: 'CN=kubernetes',
  sans: ['DNS:kubernetes.default.svc', 'IP Address:10.96.0.1'],
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2100-01-01T00:00:00.000Z',
  fingerprint256: 'AA:BB',
  ca: false,
}
const authority = { ...leaf, subject: 'CN=kubernetes', ca: true }
const PROVEN: CertificateProof = { verdict: 'proven', ...leaf }
const refused = (reason: 'untrusted' | 'name' | 'expired'): CertificateProof => ({
  verdict: 'refused',
  reason,
  code: 'X',
  ...leaf,
})

const SERVER = 'https://api.example:6443'

function view(host: string, more: Partial<View> = {}): View {
  const file = { clusters: { demo: { auth: { method: 'kubernetes', path: 'demo', reviewer: { token: 'secret' } } } } }
  return {
    subject: { kind: 'mount', mount: 'demo', method: 'kubernetes', cluster: 'demo' },
    scene: { file: file as never, isWritten: true },
    config: { kubernetes_host: host },
    handshake: known(PROVEN),
    authorities: known([authority]),
    kin: known({ kin: 'same', shown: leaf, server: SERVER }),
    record: known(undefined),
    ...more,
  }
}

const tail = (words: string): Met => metOf(`namespace not authorized err=${words}`)
const REFUSED = tail('Get "https://x": dial tcp 127.0.0.1:1: connect: connection refused')
const TIMEOUT = tail('Get "https://x": dial tcp 10.0.0.1:1: i/o timeout')
const UNTRUSTED = tail('Get "https://x": tls: x509: certificate signed by unknown authority')
const UNAUTHORIZED = tail('failed to get namespace (code 401 status Unauthorized)')
const REACHED = metOf('namespace not authorized')

const told = (verdict: Verdict): readonly (string | undefined)[] | string =>
  'unknown' in verdict ? 'unknown' : verdict.map(({ record }) => record?.code)

const way = (met: Met, more: object = {}) => ({ met, isFresh: true, ...more })
const judged = (host: string, met: Met, more: Partial<View> = {}, stored: Known<Met> = unknown) =>
  told(judgeWay(view(host, more), way(met), stored))

describe('what Vault meets, with what is seen from here', () => {
  test.each([
    ['https://127.0.0.1:6443', REFUSED, PROVEN, 'ICE9106'],
    ['https://localhost:6443', UNTRUSTED, PROVEN, 'ICE9106'],
    ['https://[::1]:6443', REFUSED, PROVEN, 'ICE9106'],
    // Here nothing listens either: the port is wrong.
    ['https://127.0.0.1:6443', REFUSED, { verdict: 'unreachable', reason: 'refused', code: 'ECONNREFUSED' }, 'ICE9107'],
    ['https://10.1.2.3:6443', TIMEOUT, PROVEN, 'ICE9106'],
    ['https://192.168.1.2:6443', REFUSED, PROVEN, 'ICE9106'],
    ['https://[fd00::7]:6443', TIMEOUT, PROVEN, 'ICE9106'],
    // Connected it is, there as here: the server is at fault.
    ['https://127.0.0.1:6443', tail('Get "https://x": context canceled'), PROVEN, 'ICE9108'],
    ['https://127.0.0.1:6443', tail('Get "https://x": EOF'), PROVEN, 'ICE9109'],
    // A private address that Vault reaches, and finds another certificate at, is no question of where it stands.
    ['https://10.1.2.3:6443', UNTRUSTED, PROVEN, 'ICE9112'],
    ['https://203.0.113.7:6443', TIMEOUT, PROVEN, 'ICE9108'],
    ['https://api.example:6443', TIMEOUT, PROVEN, 'ICE9108'],
  ] as const)('%s: %o', (host, met, handshake, code) => {
    expect(judged(host, met, { handshake: known<CertificateProof>(handshake) })).toEqual([code])
  })

  test('a proxy, as in its own words (a replay)', () => {
    expect(judged(SERVER, tail('Get "https://x": proxyconnect tcp: dial tcp 10.0.0.9:3128: connect: refused'))).toEqual(
      ['ICE9119'],
    )
    expect(judged(SERVER, tail('Get "https://x": Forbidden'))).toEqual(['ICE9119'])
  })

  test('a CA that is itself at fault is told by another check', () => {
    const over = [{ ...authority, notAfter: '2020-01-01T00:00:00.000Z' }]
    for (const authorities of [known(undefined), known(over), known([leaf])])
      expect(judged(SERVER, UNTRUSTED, { authorities })).toBe('unknown')
    expect(
      judged(SERVER, tail('x509: certificate has expired or is not yet valid'), { authorities: known(over) }),
    ).toBe('unknown')
  })

  test('a CA that was proven once, and a config that stands as it was written', () => {
    const record = known({ mark: { fingerprint: 'f' }, isUnchanged: true })
    expect(judged(SERVER, UNTRUSTED, { record })).toEqual(['ICE9115'])
    expect(judged(SERVER, UNTRUSTED, { record: known({ ...record.value, isUnchanged: false }) })).toEqual(['ICE9112'])
  })

  test('what nobody knows is not guessed', () => {
    expect(judged(SERVER, tail('something new'))).toBe('unknown')
    expect(judged(SERVER, metOf('permission denied'))).toBe('unknown')
  })
})

describe('a new token that is refused', () => {
  const stranger = known({ kin: 'stranger' as const, shown: leaf, server: SERVER })

  test('the stored one is taken: it is another cluster', () => {
    expect(judged('https://other:6443', UNAUTHORIZED, {}, known(REACHED))).toEqual(['ICE9111'])
  })
  test('an API server shows a certificate that this cluster did not sign', () => {
    expect(judged('https://other:6443', UNAUTHORIZED, { kin: stranger })).toEqual(['ICE9111'])
  })
  test('it is no API server that shows it, or it does not speak as one: a front end', () => {
    const front = known({ ...stranger.value, shown: { ...leaf, sans: ['DNS:rancher.example'] } })
    expect(judged('https://rancher.example', UNAUTHORIZED, { kin: front })).toEqual(['ICE9110'])
    const said = tail('failed to get namespace (code 401 status must authenticate)')
    expect(judged('https://rancher.example', said, { kin: stranger })).toEqual(['ICE9110'])
  })
  test('nobody looks at it', () => {
    const nobody =
      'failed to get namespace (code 403 status namespaces "x" is forbidden: User "system:anonymous" cannot get resource "namespaces")'
    expect(judged(SERVER, tail(nobody))).toEqual(['ICE9110'])
  })
  test('the cluster’s own API server refuses it, too', () => {
    expect(told(judgeWay(view(SERVER), way(UNAUTHORIZED, { accepted: false }), unknown))).toBe('unknown')
  })
  test('over the connections that are there nothing tells the token from the address', () => {
    expect(told(judgeWay(view(SERVER), { met: UNAUTHORIZED, isFresh: false }, unknown))).toBe('unknown')
  })
})

describe('what is seen from here alone', () => {
  const here = (host: string, handshake: CertificateProof, more: Partial<View> = {}) =>
    told(judgeFromHere(view(host, { handshake: known(handshake), ...more })))

  test('the cluster’s own CA proves the certificate, and the stored one does not', () => {
    expect(here(SERVER, refused('untrusted'))).toEqual(['ICE9112'])
    expect(here(SERVER, refused('name'))).toEqual(['ICE9117'])
    expect(here(SERVER, PROVEN)).toEqual([])
  })
  test('on this machine’s loopback Vault sees another server', () => {
    expect(here('https://127.0.0.1:6443', refused('untrusted'))).toBe('unknown')
  })
  test('what shows a stranger’s certificate here need not stand before Vault', () => {
    const kin = known({ kin: 'stranger' as const, shown: leaf, server: SERVER })
    expect(here(SERVER, refused('untrusted'), { kin })).toBe('unknown')
  })
  test('reachability is Vault’s to tell', () => {
    expect(here(SERVER, { verdict: 'unreachable', reason: 'timeout', code: 'TIMEOUT' })).toBe('unknown')
  })
})

describe('what mends it', () => {
  const remedy = (host: string, met: Met, more: Partial<View> = {}) => {
    const verdict = judgeWay(view(host, more), way(met), unknown)
    return 'unknown' in verdict ? undefined : verdict[0]?.remedy
  }
  test('apply, where the file has another address', () => {
    expect(remedy('https://wrong:6443', REFUSED)).toEqual({ apply: ['vault:auth/demo/config'] })
  })
  test('somebody, where it has this one', () => {
    expect(remedy(SERVER, REFUSED)).toEqual({ manual: [expect.stringContaining('clusters.demo.apiServer')] })
  })
  test('steps, where there is no file', () => {
    const scene = { ...view(SERVER).scene, isWritten: false }
    expect(remedy('https://wrong:6443', REFUSED, { scene })).toMatchObject({
      commands: [
        'icebreaker reviewer create --token secret',
        'icebreaker auth configure --path demo --adopt vault:auth/demo/config --reviewer-token secret',
      ],
    })
  })
  test('the CA: apply where it finds one that fits, else somebody', () => {
    expect(remedy(SERVER, UNTRUSTED)).toEqual({ apply: ['vault:auth/demo/config'] })
    const kin = known({ kin: 'stranger' as const, shown: leaf, server: SERVER })
    expect(remedy(SERVER, UNTRUSTED, { kin })).toEqual({ manual: [expect.stringContaining('apiServerCA')] })
  })
})
