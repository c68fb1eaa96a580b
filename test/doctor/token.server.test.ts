import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { generateKeyPairSync } from 'node:crypto'
import { refs } from '../../src/kubernetes/index.js'
import type { DoctorResult } from '../../src/operations/doctor/types.js'
import { Secret } from '../../src/secrets/index.js'
import { path, type Payload } from '../../src/vault/index.js'
import { openCluster } from '../operations/scenario.js'
import { startCluster } from '../servers/extra.js'
import { accountClaims, signedJwt } from './jwt.js'
import { codes, errors, findingOf, openPatient, type Patient } from './patient.js'

let patient: Patient
beforeAll(async () => {
  patient = await openPatient()
})
afterAll(() => patient.close())

const namespace = () => `${patient.id}-app`
const uidOf = async (name: string) =>
  (await patient.cluster.get(refs.serviceAccount(namespace(), name)))?.metadata.uid ?? ''
const claimsOf = async (more: object = {}) =>
  accountClaims({ namespace: namespace(), name: 'app', uid: await uidOf('app') }, { ...more })

/** Examines the login of this very token. */
const present = (token: Secret, role = 'app', written = true): Promise<DoctorResult> =>
  (written ? patient.examine : patient.examineUnwritten)(
    { mount: patient.id, role, workload: { token: 'it' }, all: false },
    { tokens: { it: token } },
  )

const tokenFor = async (audiences: readonly string[], name = 'app'): Promise<Secret> => {
  const request = { namespace: namespace(), serviceAccount: name, audiences, expirationSeconds: 600 }
  return (await patient.cluster.requestToken(request)).token
}

test('a good token yields nothing', async () => {
  expect(codes(await present(await tokenFor(['vault'])))).toEqual([])
  expect(codes(await present(signedJwt(await claimsOf())))).toEqual([])
})

describe('what the token says', () => {
  test('ICE9401: it has expired', async () => {
    const now = Math.floor(Date.now() / 1000)
    const result = await present(signedJwt(await claimsOf({ exp: now - 300, nbf: now - 900, iat: now - 900 })))
    expect(errors(result)).toEqual(['ICE9401'])
  })

  test('ICE9401: it expired a moment ago, which only the API server minds', async () => {
    const now = Math.floor(Date.now() / 1000)
    const result = await present(signedJwt(await claimsOf({ exp: now - 10, nbf: now - 900, iat: now - 900 })))
    expect(errors(result)).toEqual(['ICE9401'])
    expect(findingOf(result, 'ICE9401').evidence).toHaveProperty('clock of API server')
  })

  test('ICE9402: it is of tomorrow', async () => {
    const later = Math.floor(Date.now() / 1000) + 86_400
    const result = await present(signedJwt(await claimsOf({ exp: later + 600, nbf: later, iat: later })))
    expect(errors(result)).toEqual(['ICE9402'])
  })

  test('ICE9403: it is cut, or the Base64 text of a Secret', async () => {
    expect(errors(await present(new Secret('not.a-token')))).toEqual(['ICE9403'])
    const whole = Secret.reveal(await tokenFor(['vault']))
    const result = await present(new Secret(Buffer.from(whole).toString('base64')))
    expect(errors(result)).toEqual(['ICE9403'])
    expect(findingOf(result, 'ICE9403').remedy.text).toContain('base64 --decode')
    expect(JSON.stringify(result)).not.toContain(whole.slice(0, 40))
  })

  test('ICE9404: it is of nobody of Kubernetes', async () => {
    const now = Math.floor(Date.now() / 1000)
    const alice = { sub: 'alice', iss: 'https://idp.example.com', aud: 'vault', iat: now, nbf: now, exp: now + 600 }
    expect(errors(await present(signedJwt(alice)))).toEqual(['ICE9404'])
  })

  test('ICE9305: it is for somebody else', async () => {
    const result = await present(await tokenFor(['elsewhere']))
    expect(errors(result)).toEqual(['ICE9305'])
    expect(findingOf(result, 'ICE9305').evidence).toEqual({ token: 'elsewhere', role: 'vault' })
  })

  test('two faults are two findings: another audience, and expired', async () => {
    const now = Math.floor(Date.now() / 1000)
    const claims = await claimsOf({ aud: ['elsewhere'], exp: now - 300, nbf: now - 900, iat: now - 900 })
    expect(errors(await present(signedJwt(claims)))).toEqual(['ICE9305', 'ICE9401'])
  })

  test('ICE9407: somebody changed it, or it was cut at its end', async () => {
    const whole = Secret.reveal(await tokenFor(['vault']))
    expect(errors(await present(new Secret(whole.slice(0, -20))))).toEqual(['ICE9407'])
    const [head, , tail] = whole.split('.')
    const claims = Buffer.from(JSON.stringify(await claimsOf({ jti: 'other' }))).toString('base64url')
    expect(errors(await present(new Secret([head, claims, tail].join('.'))))).toEqual(['ICE9407'])
  })
})

describe('who it is of', () => {
  const made = async (name: string) => {
    const ref = refs.serviceAccount(namespace(), name)
    return patient.cluster.create(ref, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace: namespace() },
    })
  }

  test('ICE9302: an account that the role does not name; without a file the step that is printed mends it', async () => {
    await made('apq')
    const token = await tokenFor(['vault'], 'apq')
    const result = await present(token)
    expect(errors(result)).toEqual(['ICE9302'])
    expect(findingOf(result, 'ICE9302').message).toContain('Is app meant?')
    const unwritten = await present(token, 'app', false)
    expect(errors(unwritten)).toEqual(['ICE9302'])
    await patient.follow(findingOf(unwritten, 'ICE9302'))
    expect(codes(await present(token, 'app', false))).toEqual([])
    await patient.cluster.delete(refs.serviceAccount(namespace(), 'apq'))
    await patient.apply({ adopt: 'all' })
  })

  test('ICE9303: an account of another namespace', async () => {
    const request = {
      namespace: `${patient.id}-auth`,
      serviceAccount: 'reviewer',
      audiences: ['vault'],
      expirationSeconds: 600,
    }
    const { token } = await patient.cluster.requestToken(request)
    expect(errors(await present(token))).toEqual(['ICE9302', 'ICE9303'])
    await patient.vault.write(path`auth/${patient.id}/role/any`, {
      bound_service_account_names: ['reviewer'],
      bound_service_account_namespaces: [namespace()],
      audience: 'vault',
    })
    expect(errors(await present(token, 'any'))).toEqual(['ICE9303'])
    await patient.vault.delete(path`auth/${patient.id}/role/any`)
  })

  test('ICE9405: its account was deleted, then made anew', async () => {
    const role = path`auth/${patient.id}/role/brief`
    const bindings = { bound_service_account_names: ['brief'], bound_service_account_namespaces: [namespace()] }
    await patient.vault.write(role, { ...bindings, audience: 'vault' })
    await made('brief')
    const token = await tokenFor(['vault'], 'brief')
    await patient.cluster.delete(refs.serviceAccount(namespace(), 'brief'))
    const gone = await present(token, 'brief')
    expect(errors(gone)).toEqual(['ICE9405'])
    expect(findingOf(gone, 'ICE9405').message).toContain('does not exist any more')
    await made('brief')
    const anew = await present(token, 'brief')
    expect(errors(anew)).toEqual(['ICE9405'])
    expect(findingOf(anew, 'ICE9405').evidence).toMatchObject({ 'uid now': await uidOf('brief') })
    expect(codes(await present(await tokenFor(['vault'], 'brief'), 'brief'))).toEqual([])
    await patient.cluster.delete(refs.serviceAccount(namespace(), 'brief'))
    await patient.vault.delete(role)
  })

  test('ICE9405: the Secret that it is bound to is gone', async () => {
    const ref = refs.secret(namespace(), 'marker')
    const { metadata } = await patient.cluster.create(ref, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'marker', namespace: namespace() },
    })
    const { token } = await patient.cluster.requestToken({
      namespace: namespace(),
      serviceAccount: 'app',
      audiences: ['vault'],
      expirationSeconds: 600,
      boundTo: { kind: 'Secret', apiVersion: 'v1', name: 'marker', uid: metadata.uid ?? '' },
    })
    await patient.cluster.delete(ref)
    const result = await present(token)
    expect(errors(result)).toEqual(['ICE9405'])
    expect(findingOf(result, 'ICE9405').evidence).toMatchObject({ 'bound to': 'Secret marker' })
  })

  test('ICE9314: the account that is to log in does not exist', async () => {
    const result = await patient.examine({
      mount: patient.id,
      role: 'app',
      workload: { account: `${namespace()}/ap` },
      all: false,
    })
    expect(errors(result)).toEqual(['ICE9302', 'ICE9314'])
    expect(findingOf(result, 'ICE9314').message).toContain(`Is ${namespace()}/app meant?`)
  })

  test('ICE9408: it is of another cluster, which is named where the file knows it', async () => {
    const other = await startCluster()
    const admin = await openCluster(other.kubeconfig, other.context)
    try {
      const name = namespace()
      await admin.create(refs.namespace(name), { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'app', namespace: name } }
      await admin.create(refs.serviceAccount(name, 'app'), account)
      const { token } = await admin.requestToken({
        namespace: name,
        serviceAccount: 'app',
        audiences: ['vault'],
        expirationSeconds: 600,
      })
      expect(errors(await present(token))).toEqual(['ICE9408'])
      patient.write({
        ...patient.healthy,
        clusters: {
          ...patient.healthy.clusters,
          other: {
            kubeconfig: other.kubeconfig,
            context: other.context,
            auth: {
              path: `${patient.id}-other`,
              reviewer: { namespace: `${patient.id}-auth`, serviceAccount: 'reviewer' },
            },
          },
        },
      })
      const result = await present(token)
      expect(errors(result)).toEqual(['ICE9408'])
      expect(findingOf(result, 'ICE9408').message).toBe('The token is of the cluster other, not of demo.')
    } finally {
      patient.write(patient.healthy)
      await admin.close()
      await other.stop()
    }
  })
})

describe('what Vault minds', () => {
  test('ICE9410: the entity is disabled', async () => {
    expect(codes(await present(await tokenFor(['vault'])))).toEqual([])
    const table = (await patient.vault.read<Record<string, { accessor: string }>>(path`sys/auth`))?.data
    const lookup = { alias_name: await uidOf('app'), alias_mount_accessor: table?.[`${patient.id}/`]?.accessor ?? '' }
    const { id } = (await patient.vault.write<{ id: string }>(path`identity/lookup/entity`, lookup)).data
    await patient.vault.write(path`identity/entity/id/${id}`, { disabled: true })
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9410'])
    await patient.follow(findingOf(result, 'ICE9410'))
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9409: a quota on the logins of the mount', async () => {
    const name = path`sys/quotas/rate-limit/${patient.id}`
    await patient.vault.write(name, { path: `auth/${patient.id}/login`, rate: 1, interval: '1h' })
    process.env['VAULT_CLIENT_TIMEOUT'] = '2s'
    try {
      await patient.vault.login(patient.id, 'app', await tokenFor(['vault'])).catch(() => undefined)
      const result = await patient.examine()
      expect(errors(result)).toEqual(['ICE9409'])
      expect(findingOf(result, 'ICE9409').evidence).toMatchObject({
        status: 429,
        quotas: `${patient.id}: 1 in 3600 s at auth/${patient.id}/login`,
      })
    } finally {
      delete process.env['VAULT_CLIENT_TIMEOUT']
      await patient.vault.delete(name)
    }
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9406: nothing finer is proven, until the config is looked at', async () => {
    // A key that is none of the cluster's: Vault refuses every signature before it asks anybody.
    const at = path`auth/${patient.id}/config`
    const config = (await patient.vault.read(at))?.data as Record<string, Payload>
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
    const reviewer = (await patient.cluster.readSecret(`${patient.id}-auth`, 'reviewer-token', 'token')) ?? ''
    await patient.vault.write(at, { ...config, token_reviewer_jwt: reviewer, pem_keys: [pem] })
    const scope = { mount: patient.id, role: 'app', workload: { account: `${namespace()}/app` }, all: false }
    const alone = await patient.examine(scope, { only: ['ICE9406'] })
    expect(errors(alone)).toEqual(['ICE9406'])
    expect(findingOf(alone, 'ICE9406').message).toContain('the fault lies between Vault and the API server')
    const whole = await patient.examine(scope)
    expect(errors(whole)).toEqual(['ICE9122'])
    expect(whole.findings[0]?.consequences).toContain('ICE9406')
    await patient.vault.write(at, { ...config, token_reviewer_jwt: reviewer, pem_keys: [] })
  })
})
