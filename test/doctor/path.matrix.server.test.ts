import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Issuer } from '../kubernetes/certificates.js'
import {
  closedAddress,
  createRoot,
  LOGIN_PAGE,
  LOOPBACK,
  saying,
  startFront,
  startListener,
  toTheCluster,
  writeConfig,
  type Front,
} from './front.js'
import { codes, errors, findingOf, openPatient, smallTrust, type Patient } from './patient.js'

const PAGE = saying(200, LOGIN_PAGE, 'text/html')

let patient: Patient
let issuer: Issuer
const fronts: Front[] = []

beforeAll(async () => {
  issuer = await createRoot('front end')
  patient = await openPatient()
})
afterAll(() => patient.close())
afterEach(async () => {
  await Promise.all(fronts.splice(0).map((front) => front.close()))
})

async function front(options: Partial<Parameters<typeof startFront>[0]> = {}): Promise<string> {
  const started = await startFront({ issuer, reply: PAGE, ...options })
  fronts.push(started)
  return started.address
}

/** Stored by hand, this is exactly one error; what it prints as its remedy mends it. */
async function provoke(code: string, changes: Parameters<typeof writeConfig>[1]) {
  await writeConfig(patient, changes)
  const result = await patient.examine()
  expect(errors(result)).toEqual([code])
  const finding = findingOf(result, code)
  if (finding.remedy.commands.length > 0) await patient.follow(finding)
  else await patient.apply()
  expect(codes(await patient.examine())).toEqual([])
  return finding
}

test('a healthy trust', async () => {
  expect(codes(await patient.examine())).toEqual([])
})

test('ICE9105: a name that Vault cannot resolve', async () => {
  const { evidence } = await provoke('ICE9105', { kubernetes_host: 'https://api.cluster.invalid:6443' })
  expect(evidence).toMatchObject({ host: 'https://api.cluster.invalid:6443', 'seen from': 'Vault' })
  expect(evidence['Vault says']).toContain('lookup api.cluster.invalid')
})

test('ICE9107: a port at which nothing listens', async () => {
  const { evidence } = await provoke('ICE9107', { kubernetes_host: await closedAddress() })
  expect(evidence['from here']).toBe('unreachable: refused')
})

describe('ICE9109: what answers is no Kubernetes API', () => {
  test('a login page', async () => {
    await provoke('ICE9109', { kubernetes_host: await front(), kubernetes_ca_cert: issuer.certificate })
  })
  test('another protocol', async () => {
    const other = await startListener((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
    fronts.push(other)
    await provoke('ICE9109', { kubernetes_host: other.address })
  })
  test('it hangs up', async () => {
    const other = await startListener((socket) => socket.destroy())
    fronts.push(other)
    await provoke('ICE9109', { kubernetes_host: other.address })
  })
})

test('ICE9110: a front end with a login of its own (a replay of Rancher’s words)', async () => {
  const refuses = saying(401, '{"type":"error","status":"401","message":"must authenticate"}')
  await provoke('ICE9110', {
    kubernetes_host: await front({ reply: refuses }),
    kubernetes_ca_cert: issuer.certificate,
  })
})

test('ICE9112: a CA that did not sign it, while logins go on over the old connection', async () => {
  await patient.verify({ positiveOnly: true })
  await writeConfig(patient, { kubernetes_ca_cert: issuer.certificate })
  const result = await patient.examine()
  expect(errors(result)).toEqual(['ICE9112'])
  expect(codes(result)).toEqual(['ICE9112', 'ICE9125'])
  expect(findingOf(result, 'ICE9112').evidence).toMatchObject({
    'from here': 'refused: untrusted',
    'signed by the cluster’s own CA': 'true',
  })
  await patient.follow(findingOf(result, 'ICE9112'))
  expect(codes(await patient.examine())).toEqual([])
})

test('ICE9117: a certificate that does not name the host', async () => {
  const { evidence } = await provoke('ICE9117', {
    kubernetes_host: await front({ sans: [{ type: 'dns', value: 'api.example' }] }),
    kubernetes_ca_cert: issuer.certificate,
  })
  expect(evidence).toMatchObject({ 'from here': 'refused: name' })
})

test('ICE3105: a certificate that has expired', async () => {
  await provoke('ICE3105', {
    kubernetes_host: await front({ notAfter: new Date(Date.now() - 86_400_000) }),
    kubernetes_ca_cert: issuer.certificate,
  })
})

test('ICE9118: nothing newer than TLS 1.1', async () => {
  const tls = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const
  await provoke('ICE9118', { kubernetes_host: await front({ tls }), kubernetes_ca_cert: issuer.certificate })
})

test('a wrong name and a wrong CA: Go looks at the name first, and the CA shows once that is mended', async () => {
  const other = await createRoot('another')
  const misnamed = await front({ sans: [{ type: 'dns', value: 'api.example' }], reply: toTheCluster })
  await writeConfig(patient, { kubernetes_host: misnamed, kubernetes_ca_cert: other.certificate })
  expect(errors(await patient.examine())).toEqual(['ICE9117'])
  const named = await front({ reply: toTheCluster })
  await writeConfig(patient, { kubernetes_host: named, kubernetes_ca_cert: other.certificate })
  const second = await patient.examine()
  expect(errors(second)).toEqual(['ICE9112'])
  await patient.follow(findingOf(second, 'ICE9112'))
  expect(codes(await patient.examine())).toEqual([])
})

test('a bad way hides a bad token, which shows once the way is good', async () => {
  await writeConfig(patient, { kubernetes_host: await closedAddress(), token_reviewer_jwt: 'not.a.token' })
  expect(errors(await patient.examine())).toEqual(['ICE9107'])
  await patient.apply()
  expect(codes(await patient.examine())).toEqual([])
})

test('without leave to probe nothing is made, nothing is claimed of the way, and it says what would be made', async () => {
  await writeConfig(patient, { kubernetes_host: await closedAddress() })
  const result = await patient.examine({}, { probe: false })
  expect(codes(result)).toEqual([])
  expect(result.checks.find(({ codes }) => codes.includes('ICE9107'))).toMatchObject({ state: 'unknown' })
  expect(result.open).toContainEqual(expect.stringContaining('an auth mount auth/icebreaker-scratch-'))
  await patient.apply()
})

test('without a file', async () => {
  await writeConfig(patient, { kubernetes_ca_cert: issuer.certificate })
  const result = await patient.examineUnwritten()
  expect(errors(result)).toEqual(['ICE9112'])
  await patient.follow(findingOf(result, 'ICE9112'))
  expect(codes(await patient.examineUnwritten())).toEqual([])
  await patient.apply({ adopt: 'all' })
})

describe('behind a load balancer with a certificate of its own', () => {
  let behind: Patient
  let balancer: Front

  beforeAll(async () => {
    balancer = await startFront({ issuer, reply: toTheCluster, sans: LOOPBACK })
    behind = await openPatient((scenario) => {
      writeFileSync(join(scenario.folder, 'ca.pem'), issuer.certificate)
      const trust = smallTrust(scenario)
      const demo = { ...trust.clusters['demo']!, apiServer: balancer.address, apiServerCA: { file: 'ca.pem' } }
      return { ...trust, clusters: { demo } }
    })
  })
  afterAll(async () => {
    await behind.close()
    await balancer.close()
  })

  test('all is well', async () => {
    expect(codes(await behind.examine())).toEqual([])
  })

  test('ICE9115: it was given a certificate of another CA', async () => {
    const next = await createRoot('front end')
    await balancer.close()
    balancer = await startFront({ issuer: next, reply: toTheCluster, port: Number(new URL(balancer.address).port) })
    const result = await behind.examine()
    expect(errors(result)).toEqual(['ICE9115'])
    expect(findingOf(result, 'ICE9115').remedy).toMatchObject({
      commands: [],
      text: expect.stringContaining('apiServerCA'),
    })
    writeFileSync(join(behind.folder, 'ca.pem'), next.certificate)
    await behind.apply()
    expect(codes(await behind.examine())).toEqual([])
  })
})
