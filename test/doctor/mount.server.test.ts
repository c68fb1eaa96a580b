import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { tokenWith } from './operator.js'
import { codes, errors, findingOf, openPatient, type Patient } from './patient.js'

let patient: Patient
beforeAll(async () => {
  patient = await openPatient()
})
afterAll(() => patient.close())

/** Somebody disables the mount, and enables another method at its path, if one is named. */
async function remount(type?: string): Promise<void> {
  await patient.vault.delete(path`sys/auth/${patient.id}`)
  if (type !== undefined) await patient.vault.write(path`sys/auth/${patient.id}`, { type })
}

test('a healthy trust yields nothing, by the file and without it', async () => {
  expect(codes(await patient.examine())).toEqual([])
  expect(codes(await patient.examineUnwritten())).toEqual([])
})

describe('ICE9101', () => {
  test('a mount that was disabled: what was in it comes back with it', async () => {
    await remount()
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9101'])
    await patient.follow(findingOf(result, 'ICE9101'))
    expect(codes(await patient.examine())).toEqual([])
  })

  test('without a file: a path that nobody has', async () => {
    const result = await patient.examineUnwritten({ mount: `${patient.id}-typo` })
    expect(errors(result)).toEqual(['ICE9101'])
    const { evidence, remedy } = findingOf(result, 'ICE9101')
    expect(evidence['kubernetes mounts']).toContain(`auth/${patient.id}`)
    expect(remedy.commands).toEqual([`icebreaker auth enable --path ${patient.id}-typo`])
  })

  test('a token that does not see all mounts is no proof that one is missing', async () => {
    const tokenFile = await tokenWith(patient, 'path "auth/token/lookup-self" { capabilities = ["read"] }')
    const result = await patient.examineUnwritten({ mount: `${patient.id}-typo` }, { tokenFile })
    expect(codes(result)).toEqual(['ICE9012'])
    expect(result.checks).toContainEqual(
      expect.objectContaining({ codes: ['ICE9101'], state: 'unknown', because: 'ICE2028' }),
    )
  })
})

describe('ICE9102', () => {
  test.each(['userpass', 'jwt'])('another method at the path: %s', async (type) => {
    await remount(type)
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9102'])
    expect(findingOf(result, 'ICE9102')).toMatchObject({
      evidence: { type },
      remedy: { commands: [], safe: false },
      at: ['clusters', 'demo', 'auth', 'path'],
    })
  })

  test('once somebody has disabled it, the next one is named, and mended', async () => {
    await remount()
    await patient.follow(findingOf(await patient.examine(), 'ICE9101'))
    expect(codes(await patient.examine())).toEqual([])
  })
})

describe('ICE9103', () => {
  test('a mount that was made anew and never configured', async () => {
    await remount('kubernetes')
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9103'])
    await patient.follow(findingOf(result, 'ICE9103'))
    expect(codes(await patient.examine())).toEqual([])
  })
})

const inNamespaces = servers().product === 'openbao' ? describe : describe.skip
inNamespaces('ICE9011', () => {
  const namespace = () => `${patient.id}-team`
  const there = () => `${patient.id}-there`
  beforeAll(async () => {
    await patient.vault.write(path`sys/namespaces/${namespace()}`, {})
    await patient.vault.write(path`${namespace()}/sys/auth/${there()}`, { type: 'kubernetes' })
    await patient.vault.write(path`${namespace()}/auth/${there()}/config`, {
      kubernetes_host: servers().apiServer,
      kubernetes_ca_cert: patient.cluster.certificateAuthority ?? '',
      disable_local_ca_jwt: true,
    })
  })
  afterAll(() => patient.vault.delete(path`sys/namespaces/${namespace()}`))

  test('the mount is in a namespace below', async () => {
    const result = await patient.examineUnwritten({ mount: there() })
    expect(errors(result)).toEqual(['ICE9011'])
    expect(findingOf(result, 'ICE9011').evidence).toMatchObject({ 'asked in': 'root', 'found in': namespace() })
  })

  test('by the file: everything is in another namespace than the one that was asked', async () => {
    const result = await patient.examine({}, { vaultNamespace: namespace() })
    expect(errors(result)).toEqual(['ICE9011'])
    expect(findingOf(result, 'ICE9011').evidence).toMatchObject({ 'asked in': namespace(), 'found in': 'root' })
  })

  test('one of the same path for another cluster proves nothing', async () => {
    await patient.vault.write(path`${namespace()}/auth/${there()}/config`, {
      kubernetes_host: 'https://another.example.com:6443',
      kubernetes_ca_cert: patient.cluster.certificateAuthority ?? '',
      disable_local_ca_jwt: true,
    })
    expect(errors(await patient.examineUnwritten({ mount: there() }))).toEqual(['ICE9101'])
  })
})
