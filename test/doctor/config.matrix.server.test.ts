import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { Secret } from '../../src/secrets/index.js'
import { path, type Payload } from '../../src/vault/index.js'
import { createRoot } from '../kubernetes/certificates.js'
import { servers } from '../servers/index.js'
import { codes, errors, findingOf, openPatient, type Patient } from './patient.js'

let patient: Patient
let keys: readonly string[]
beforeAll(async () => {
  patient = await openPatient()
  keys = await patient.cluster.tokenKeys()
})
afterAll(() => patient.close())

const isVault = (): boolean => servers().product === 'vault'
const host = (): string => servers().apiServer
const clusterCA = (): string => readFileSync(servers().apiServerCA, 'utf8')
const strangersKey = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }).toString()

/** Somebody writes the config: all of it, with what is given in place of what is right. */
async function store(fields: Readonly<Record<string, Payload>>): Promise<void> {
  const token = await patient.cluster.readSecret(`${patient.id}-auth`, 'reviewer-token', 'token')
  await patient.vault.write(path`auth/${patient.id}/config`, {
    kubernetes_host: host(),
    kubernetes_ca_cert: clusterCA(),
    token_reviewer_jwt: token ?? new Secret(''),
    disable_local_ca_jwt: true,
    ...fields,
  })
}

/** The remedy, as it is printed, leaves nothing. */
async function mends(code: string): Promise<void> {
  await patient.follow(findingOf(await patient.examine(), code))
  expect(codes(await patient.examine())).toEqual([])
}

/** The certificate that the API server shows, PEM. */
function shownCertificate(): Promise<string> {
  const { port, hostname } = new URL(host())
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ca: clusterCA() }, () => {
      resolve(socket.getPeerX509Certificate()?.toString() ?? '')
      socket.destroy()
    }).once('error', reject)
  })
}

describe('ICE9104', () => {
  test.each([
    ['no scheme', () => host().replace('https://', '')],
    ['another scheme', () => host().replace('https', 'tcp')],
    ['a query', () => `${host()}?timeout=5s`],
  ])('a host with %s', async (_what, stored) => {
    await store({ kubernetes_host: stored() })
    expect(errors(await patient.examine())).toEqual(['ICE9104'])
    expect(errors(await patient.examineUnwritten())).toEqual(['ICE9104'])
  })

  test('its remedy mends it', () => mends('ICE9104'))

  test('a slash at its end does no harm', async () => {
    await store({ kubernetes_host: `${host()}/` })
    expect(errors(await patient.examine())).toEqual([])
  })
})

describe('ICE9113', () => {
  test('a CA in base64, where the server takes it', async () => {
    const stored = store({ kubernetes_ca_cert: Buffer.from(clusterCA()).toString('base64') })
    if (isVault()) return expect(stored).rejects.toThrow('no valid certificates')
    await stored
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9113'])
    expect(findingOf(result, 'ICE9113').evidence).toEqual({ kubernetes_ca_cert: 'base64 of a PEM' })
    await mends('ICE9113')
  })
})

describe('ICE9114', () => {
  test('a CA that has expired', async () => {
    const root = await createRoot('the CA of a test')
    const old = await root.issue({ commonName: 'an old CA', ca: true, notAfter: new Date(Date.now() - 1000) })
    await store({ kubernetes_ca_cert: old.certificate })
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9114'])
    expect(findingOf(result, 'ICE9114').message).toContain('an old CA expired at')
    await mends('ICE9114')
  })

  test('beside one that is valid it does no harm', async () => {
    const root = await createRoot('the CA of a test')
    const old = await root.issue({ commonName: 'an old CA', ca: true, notAfter: new Date(Date.now() - 1000) })
    await store({ kubernetes_ca_cert: old.certificate + clusterCA() })
    expect(errors(await patient.examine())).toEqual([])
  })

  test('the certificate of another server', async () => {
    const root = await createRoot('the CA of a test')
    const leaf = await root.issue({ commonName: 'another server' })
    await store({ kubernetes_ca_cert: leaf.certificate })
    expect(errors(await patient.examine())).toEqual(['ICE9114'])
  })

  test('the API server’s own certificate works, until it is renewed: a warning', async () => {
    await store({ kubernetes_ca_cert: await shownCertificate() })
    const result = await patient.examine()
    expect([errors(result), codes(result)]).toEqual([[], ['ICE9114']])
  })
})

describe('ICE9116', () => {
  test('no CA, and none of Vault’s own that fits', async () => {
    const stored = store({ kubernetes_ca_cert: '' })
    if (!isVault()) return expect(stored).rejects.toThrow('kubernetes_ca_cert must be given')
    await stored
    expect(errors(await patient.examine())).toEqual(['ICE9116'])
    const { checks, findings } = await patient.examine({}, { probe: false })
    expect(findings).toEqual([])
    expect(checks.find((check) => check.codes.includes('ICE9116'))).toMatchObject({ state: 'unknown' })
    await mends('ICE9116')
  })

  test('outside a pod, neither product takes a config that wants the pod’s CA', async () => {
    const stored = store({ kubernetes_ca_cert: '', disable_local_ca_jwt: false })
    await expect(stored).rejects.toThrow('ca.crt: no such file or directory')
  })
})

describe('ICE9120', () => {
  test('another issuer is demanded', async () => {
    await store({ issuer: 'https://elsewhere.example.com', disable_iss_validation: false })
    expect(errors(await patient.examine())).toEqual(['ICE9120'])
    expect(errors(await patient.examineUnwritten())).toEqual(['ICE9120'])
    await mends('ICE9120')
  })

  test('where the file itself says so, it is the file that is to be mended', async () => {
    const demo = patient.healthy.clusters['demo']!
    const wrong = { ...demo.auth, issuer: 'https://elsewhere.example.com', disableISSValidation: false }
    patient.write({ ...patient.healthy, clusters: { demo: { ...demo, auth: wrong } } })
    await patient.apply()
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9120'])
    expect(findingOf(result, 'ICE9120')).toMatchObject({
      remedy: { commands: [], safe: false },
      at: ['clusters', 'demo', 'auth', 'issuer'],
    })
    patient.write(patient.healthy)
    await patient.apply()
    expect(codes(await patient.examine())).toEqual([])
  })
})

test('ICE9121: an issuer is to be checked, and none is named: nothing is', async () => {
  await store({ issuer: '', disable_iss_validation: false })
  const result = await patient.examine()
  expect(result.findings.map(({ code, severity }) => [code, severity])).toEqual([['ICE9121', 'info']])
  // The login went well: the issuer that the documentation calls the default is not the cluster’s.
  expect((await patient.cluster.tokenIssuer())?.issuer).not.toMatch(/^kubernetes/)
  await mends('ICE9121')
})

describe('ICE9122', () => {
  test('keys of another cluster', async () => {
    await store({ pem_keys: [strangersKey()] })
    expect(errors(await patient.examine())).toEqual(['ICE9122'])
    await mends('ICE9122')
  })

  test('the cluster’s own keys do no harm', async () => {
    await store({ pem_keys: [...keys, strangersKey()] })
    expect(errors(await patient.examine())).toEqual([])
  })
})

describe('ICE9123', () => {
  test('the key that signs stands behind another in one element', async () => {
    const stored = store({ pem_keys: [strangersKey() + keys.join('')] })
    if (!isVault()) return expect(stored).rejects.toThrow('unexpected trailing data')
    await stored
    expect(errors(await patient.examine())).toEqual(['ICE9123'])
    await mends('ICE9123')
  })

  test('the other way round it is a warning', async () => {
    const stored = store({ pem_keys: [keys.join('') + strangersKey()] })
    if (!isVault()) return expect(stored).rejects.toThrow('unexpected trailing data')
    await stored
    const result = await patient.examine()
    expect([errors(result), codes(result)]).toEqual([[], ['ICE9123']])
  })
})

describe('ICE9124', () => {
  test('a write of a few fields wiped the rest', async () => {
    await patient.vault.write(path`auth/${patient.id}/config`, {
      kubernetes_host: host(),
      kubernetes_ca_cert: clusterCA(),
    })
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9124'])
    expect(Object.keys(findingOf(result, 'ICE9124').evidence)).toEqual(['token_reviewer_jwt', 'disable_local_ca_jwt'])
    await mends('ICE9124')
  })
})

describe('two at once', () => {
  test('both are named', async () => {
    await store({ issuer: 'https://elsewhere.example.com', disable_iss_validation: false, pem_keys: [strangersKey()] })
    expect(errors(await patient.examine())).toEqual(['ICE9120', 'ICE9122'])
    await mends('ICE9122')
  })

  test('a host that cannot be used, and an issuer', async () => {
    await store({
      kubernetes_host: 'kubernetes',
      issuer: 'https://elsewhere.example.com',
      disable_iss_validation: false,
    })
    expect(errors(await patient.examine())).toEqual(['ICE9104', 'ICE9120'])
    await mends('ICE9104')
  })
})
