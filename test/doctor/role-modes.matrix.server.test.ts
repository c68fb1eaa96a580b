import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { path, type Payload } from '../../src/vault/index.js'
import { refs } from '../../src/kubernetes/index.js'
import type { Secret } from '../../src/secrets/index.js'
import { openScenario } from '../operations/scenario.js'
import { accountClaims, signedJwt } from './jwt.js'
import { codes, errors, findingOf, openPatient, smallTrust, type Patient } from './patient.js'

let patient: Patient
let healthy: Record<string, Payload>

const roleAt = () => path`auth/${patient.id}/role/app`
const namespace = () => `${patient.id}-app`
/** Whole: the method jwt takes no part of a role. */
const change = (data: Record<string, Payload>) => patient.vault.write(roleAt(), { ...healthy, ...data })
const tokenFor = async (audiences: readonly string[], serviceAccount = 'app'): Promise<Secret> => {
  const request = { namespace: namespace(), serviceAccount, audiences, expirationSeconds: 600 }
  return (await patient.cluster.requestToken(request)).token
}
const present = (token: Secret, role = 'app') =>
  patient.examine({ mount: patient.id, role, workload: { token: 'it' }, all: false }, { tokens: { it: token } })

afterEach(async () => {
  await patient.vault.delete(roleAt())
  await patient.vault.write(roleAt(), healthy)
})

describe('each client asks for itself', () => {
  let own = ''
  beforeAll(async () => {
    const scenario = await openScenario()
    own = (await scenario.cluster.tokenIssuer())?.issuer ?? ''
    await scenario.close()
    patient = await openPatient((scenario) => {
      const small = smallTrust(scenario)
      const { demo } = small.clusters
      return {
        ...small,
        inventory: { namespace: `${scenario.id}-auth` },
        clusters: { demo: { ...demo!, auth: { path: scenario.id, reviewer: { token: 'client' } } } },
        namespaces: { ...small.namespaces, [`${scenario.id}-auth`]: {} },
        roles: { app: { ...small.roles!['app']!, audience: own } },
      }
    })
    healthy = (await patient.vault.read(roleAt()))?.data as Record<string, Payload>
  })
  afterAll(() => patient.close())

  test('as it should be, nothing is found', async () => {
    expect(codes(await patient.examine())).toEqual([])
    expect(codes(await patient.examineUnwritten())).toEqual([])
  })

  test('ICE9306: the role asks for an audience that the API server does not accept', async () => {
    await change({ audience: 'vault' })
    const unwritten = await patient.examineUnwritten()
    expect(errors(unwritten)).toEqual(['ICE9306'])
    expect(findingOf(unwritten, 'ICE9306').evidence).toEqual({ role: 'vault', 'the API server accepts': own })
    await patient.follow(findingOf(unwritten, 'ICE9306'))
    expect(codes(await patient.examineUnwritten())).toEqual([])
    await patient.apply({ adopt: 'all' })
    await change({ audience: 'vault' })
    // By the file the audience is another one: that is the cause.
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9305'])
    expect(findingOf(result, 'ICE9305').consequences).toContain('ICE9306')
    await patient.follow(findingOf(result, 'ICE9305'))
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9306: the role asks for none, and the token is for somebody else', async () => {
    await change({ audience: '' })
    const result = await present(await tokenFor(['vault']))
    expect(errors(result)).toEqual(['ICE9306'])
  })
})

describe('the method jwt', () => {
  beforeAll(async () => {
    patient = await openPatient((scenario) => {
      const small = smallTrust(scenario)
      const { demo } = small.clusters
      return {
        ...small,
        inventory: { namespace: `${scenario.id}-auth` },
        clusters: { demo: { ...demo!, auth: { method: 'jwt', path: scenario.id, keys: 'pinned' } } },
        namespaces: { ...small.namespaces, [`${scenario.id}-auth`]: {} },
      }
    })
    healthy = (await patient.vault.read(roleAt()))?.data as Record<string, Payload>
  })
  afterAll(() => patient.close())

  test('as it should be, nothing is found', async () => {
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9301, ICE9305, ICE9309: what roles of both methods have in common', async () => {
    await patient.vault.delete(roleAt())
    expect(errors(await patient.examine())).toEqual(['ICE9301'])
    await patient.vault.write(roleAt(), healthy)
    await change({ bound_audiences: ['other'] })
    expect(errors(await patient.examine())).toEqual(['ICE9305'])
    await change({ bound_audiences: ['vault'], token_policies: ['nowhere'] })
    expect(errors(await patient.examine())).toEqual(['ICE9309', 'ICE9309'])
  })

  test('ICE9302: by what Vault says of the claims', async () => {
    expect(errors(await present(await tokenFor(['vault'], 'default')))).toEqual(['ICE9302'])
  })

  test('ICE9401, ICE9408: of a token that was handed in', async () => {
    const uid = (await patient.cluster.get(refs.serviceAccount(namespace(), 'app')))?.metadata.uid ?? ''
    const of = { namespace: namespace(), name: 'app', uid }
    const now = Math.floor(Date.now() / 1000)
    const old = accountClaims(of, { exp: now - 300, nbf: now - 900, iat: now - 900 })
    expect(errors(await present(signedJwt(old)))).toEqual(['ICE9401'])
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = join(mkdtempSync(join(tmpdir(), 'icebreaker-key-')), 'key.pem')
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    expect(errors(await present(signedJwt(accountClaims(of), key)))).toEqual(['ICE9408'])
  })
})
