import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DoctorOptions, DoctorResult } from '../../src/operations/doctor/types.js'
import { servers } from '../servers/index.js'
import { faultyServer } from '../vault/faulty-server.js'
import { leadingProxy, vaultInState, vaultWithClock, type Before } from './before-vault.js'
import { tokenWith } from './operator.js'
import { codes, errors, findingOf, openPatient, type Patient } from './patient.js'

let patient: Patient
beforeAll(async () => {
  patient = await openPatient()
})
afterAll(() => patient.close())

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  delete process.env['VAULT_PROXY_ADDR']
  delete process.env['VAULT_TLS_SERVER_NAME']
  delete process.env['VAULT_MAX_RETRIES']
  for (const one of open.splice(0)) await one.close()
})

const port = (): string => new URL(servers().vaultAddress).port
const isVault = (): boolean => servers().product === 'vault'

/** A file with this text in the patient’s folder. */
function saved(name: string, text: string): string {
  const file = join(patient.folder, name)
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

const at = (before: Before): Partial<DoctorOptions> => {
  open.push(before)
  return { vaultAddress: before.address, vaultCaFile: saved('before.pem', before.ca) }
}

/** What is not judged though no finding explains it. */
const unknown = ({ checks }: DoctorResult): readonly string[] =>
  checks.filter(({ state }) => state === 'unknown').map(({ codes: [code = ''], subject }) => `${code} ${subject}`)

describe('the operator’s way to Vault: one error, and nothing is guessed', () => {
  test.each<[string, string, () => Partial<DoctorOptions>]>([
    ['a port where nothing listens', 'ICE2011', () => ({ vaultAddress: 'https://127.0.0.1:1' })],
    ['a name that does not resolve', 'ICE2010', () => ({ vaultAddress: 'https://vault.invalid:8200' })],
    ['http to a server of https', 'ICE2014', () => ({ vaultAddress: `http://127.0.0.1:${port()}` })],
    ['a CA that did not sign its certificate', 'ICE2016', () => ({ vaultCaFile: servers().apiServerCA })],
    [
      'a server that is not Vault',
      'ICE2022',
      () => ({ vaultAddress: servers().apiServer, vaultCaFile: servers().apiServerCA }),
    ],
    ['a token that Vault does not know', 'ICE2027', () => ({ tokenFile: saved('bad', 'hvs.expired') })],
    ['a token file that holds none', 'ICE2005', () => ({ tokenFile: saved('none', '') })],
  ])('%s', async (_what, code, options) => {
    const result = await patient.examine({}, options())
    expect(codes(result)).toEqual([code])
    expect(unknown(result)).toEqual([])
    const below = result.checks.filter(({ codes }) => codes.some((one) => /^ICE91/.test(one)))
    expect(new Set(below.map(({ state, because }) => `${state} ${because}`))).toEqual(new Set([`skipped ${code}`]))
  })

  test('https to a server of http', async () => {
    const server = await faultyServer((_request, response) => response.json(200, {}))
    open.push(server)
    const result = await patient.examine({}, { vaultAddress: `https://127.0.0.1:${server.port}` })
    expect(codes(result)).toEqual(['ICE2015'])
  })

  test('a name that the certificate does not have', async () => {
    process.env['VAULT_TLS_SERVER_NAME'] = 'vault.example.com'
    expect(codes(await patient.examine())).toEqual(['ICE2017'])
  })

  test('a namespace that is not there', async () => {
    const result = await patient.examine({}, { vaultNamespace: 'nowhere' })
    expect(codes(result)).toEqual([isVault() ? 'ICE2037' : 'ICE2026'])
    expect(unknown(result)).toEqual([])
  })

  test.each([
    ['not initialised', 'ICE2023', { initialized: false, sealed: true }],
    ['sealed', 'ICE2024', { sealed: true }],
  ])('a replay of a Vault that is %s', async (_what, code, state) => {
    const result = await patient.examine({}, at(await vaultInState(state)))
    expect(codes(result)).toEqual([code])
    expect(unknown(result)).toEqual([])
  })
})

describe('ICE9012', () => {
  test('a restricted token: what it may not read is not judged, and named as a policy', async () => {
    const tokenFile = await tokenWith(patient, `path "auth/${patient.id}/role/*" { capabilities = ["read"] }`)
    const result = await patient.examine({}, { tokenFile, probe: false })
    expect([errors(result), codes(result)]).toEqual([[], ['ICE9012']])
    const { remedy, evidence } = findingOf(result, 'ICE9012')
    expect(evidence).toMatchObject({ [`auth/${patient.id}/config`]: 'read', 'sys/auth': 'read' })
    expect(evidence).not.toHaveProperty([`auth/${patient.id}/role/app`])
    expect(remedy.text).toContain(`path "auth/${patient.id}/role" { capabilities = ["list"] }`)
    expect(unknown(result)).toContain(`ICE9103 vault:auth/${patient.id}`)
    // What may be read is judged all the same.
    expect(result.checks.some(({ subject, state }) => subject.endsWith('/role/app') && state === 'ok')).toBe(true)
  })

  test('what `permissions --for doctor` prints is enough', async () => {
    const { permissions } = await import('../../src/operations/permissions.js')
    const { vault } = await permissions({
      file: patient.file,
      purpose: 'doctor',
      parts: ['vault'],
      subjects: [],
      proofByVault: false,
    })
    const tokenFile = await tokenWith(patient, vault!.policy)
    const result = await patient.examine({}, { tokenFile })
    expect(codes(result)).toEqual([])
    expect(unknown(result).filter((one) => !one.startsWith('ICE9014'))).toEqual([])
  })
})

describe('ICE9013', () => {
  test('a proxy that does not answer, before a Vault that does', async () => {
    process.env['VAULT_PROXY_ADDR'] = 'http://me:secret-of-the-proxy@127.0.0.1:1'
    const result = await patient.examine()
    expect(codes(result)).toEqual(['ICE9013'])
    expect(findingOf(result, 'ICE9013')).toMatchObject({
      evidence: { VAULT_PROXY_ADDR: '127.0.0.1:1' },
      consequences: ['ICE2020'],
    })
    expect(result.checks).toContainEqual(
      expect.objectContaining({ codes: ['ICE9103'], state: 'skipped', because: 'ICE9013' }),
    )
    expect(JSON.stringify(result)).not.toContain('secret-of-the-proxy')
  })

  test('a proxy that does not answer, before nothing: only what is certain is said', async () => {
    process.env['VAULT_PROXY_ADDR'] = 'http://127.0.0.1:1'
    expect(codes(await patient.examine({}, { vaultAddress: 'https://127.0.0.1:2' }))).toEqual(['ICE2020'])
  })
})

test('ICE9014, ICE9015, ICE9017: how a Vault is kept is judged where its address is not this machine’s', async () => {
  const proxy = await leadingProxy()
  open.push(proxy)
  process.env['VAULT_PROXY_ADDR'] = proxy.address
  process.env['VAULT_TLS_SERVER_NAME'] = 'localhost'
  const result = await patient.examine({}, { vaultAddress: 'https://vault.example.com:8200' })
  expect(errors(result)).toEqual([])
  expect(codes(result)).toEqual(['ICE9014', 'ICE9015', ...(isVault() ? ['ICE9017'] : [])])
  if (isVault()) expect(Object.keys(findingOf(result, 'ICE9017').evidence)).toEqual(['CVE-2026-89322', 'CVE-2026-3605'])
})

describe('ICE9016', () => {
  test.each([
    ['late: fresh tokens are from the future', -300, 'error'],
    ['early: tokens end early', 300, 'warning'],
  ])('a replay of a Vault whose clock is %s', async (_what, ahead, severity) => {
    const result = await patient.examine({}, at(await vaultWithClock(ahead)))
    expect(result.findings.map((finding) => [finding.code, finding.severity])).toEqual([['ICE9016', severity]])
  })

  test('half a minute is none', async () => {
    expect(codes(await patient.examine({}, at(await vaultWithClock(-30))))).toEqual([])
  })
})

describe('ICE9018', () => {
  const everything = 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'

  test('a token that ends within minutes', async () => {
    const result = await patient.examine({}, { tokenFile: await tokenWith(patient, everything, { ttl: '2m' }) })
    expect([errors(result), codes(result)]).toEqual([[], ['ICE9018']])
  })

  test('a token of a few uses', async () => {
    const result = await patient.examine(
      {},
      { tokenFile: await tokenWith(patient, everything, { num_uses: 90 }), probe: false },
    )
    expect([errors(result), codes(result)]).toEqual([[], ['ICE9018']])
  })
})

describe('ICE9020', () => {
  beforeEach(() => {
    process.env['VAULT_MAX_RETRIES'] = '1'
  })

  test('a replay of a standby that sends clients to an address that they do not reach', async () => {
    const location = 'https://127.0.0.1:1/v1/auth/token/lookup-self'
    const result = await patient.examine({}, at(await vaultInState({ standby: true }, { status: 307, location })))
    expect(codes(result)).toEqual(['ICE9020'])
    expect(findingOf(result, 'ICE9020').evidence).toMatchObject({ 'sent to': 'https://127.0.0.1:1' })
    expect(unknown(result)).toEqual([])
  })

  test('a replay of one that sends them to plain http', async () => {
    const location = 'http://127.0.0.1:1/v1/auth/token/lookup-self'
    const result = await patient.examine({}, at(await vaultInState({ standby: true }, { status: 307, location })))
    expect(codes(result)).toEqual(['ICE9020'])
  })
})
