import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FileInput } from '../../src/config/schema.js'
import { claimsOf, refs } from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'
import { expectSoon, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { writeConfig } from './front.js'
import { codes, errors, findingOf, openPatient, smallTrust, type Patient } from './patient.js'

type Auth = FileInput['clusters'][string]['auth']

/** The small trust with another way to review. */
const trust =
  (auth: (id: string) => object, audience = 'vault') =>
  (scenario: Scenario): FileInput => {
    const plain = smallTrust(scenario)
    const demo = plain.clusters['demo']!
    return {
      ...plain,
      inventory: { namespace: `${scenario.id}-auth` },
      namespaces: { ...plain.namespaces, [`${scenario.id}-auth`]: {} },
      clusters: { demo: { ...demo, auth: { ...demo.auth, ...auth(scenario.id) } } },
      roles: { app: { ...plain.roles!['app']!, audience } },
    }
  }

const AUDIENCE = 'https://kubernetes.default.svc.cluster.local'

async function expectHealthy(patient: Patient): Promise<void> {
  expect(codes(await patient.examine())).toEqual([])
  expect(codes(await patient.examine({}, { probe: false }))).toEqual([])
}

describe('bound: a token that expires', () => {
  let patient: Patient
  const config = () => `vault:auth/${patient.id}/config` as const
  const bound = (id: string) => ({
    reviewer: { namespace: `${id}-auth`, serviceAccount: 'reviewer', token: 'bound', expiration: '1h' },
  })
  beforeAll(async () => {
    patient = await openPatient(trust(bound))
  })
  afterAll(() => patient.close())

  /** As if it had been written so long ago. */
  async function age(milliseconds: number): Promise<void> {
    const inventory = await patient.inventory()
    const { mark, ...entry } = inventory.objects[config()]!
    const old = mark as { issuedAt: string; expiresAt: string }
    const before = (instant: string) => new Date(Date.parse(instant) - milliseconds).toISOString()
    const aged = { ...old, issuedAt: before(old.issuedAt), expiresAt: before(old.expiresAt) }
    await patient.setInventory({
      ...inventory,
      objects: { ...inventory.objects, [config()]: { ...entry, mark: aged } },
    })
  }

  /** Signed by the cluster's key, expired a minute ago. */
  async function expired(): Promise<Secret> {
    const asked = { namespace: `${patient.id}-auth`, serviceAccount: 'reviewer', audiences: [], expirationSeconds: 600 }
    const { token } = await patient.cluster.requestToken(asked)
    const [header = '', payload = ''] = Secret.reveal(token).split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
    const exp = Math.floor(Date.now() / 1000) - 60
    const times = { exp, iat: exp - 3600, nbf: exp - 3600 }
    const body = `${header}.${Buffer.from(JSON.stringify({ ...claims, ...times })).toString('base64url')}`
    const key = createPrivateKey(readFileSync(servers().signingKey))
    return new Secret(`${body}.${sign('RSA-SHA256', Buffer.from(body), key).toString('base64url')}`)
  }

  test('a healthy trust', () => expectHealthy(patient))

  test('ICE9209: two thirds of its life are over', async () => {
    await age(45 * 60_000)
    const result = await patient.examine({}, { probe: false })
    expect(codes(result)).toEqual(['ICE9209'])
    await patient.follow(findingOf(result, 'ICE9209'))
    await expectHealthy(patient)
  })

  test('ICE9203: it has expired', async () => {
    const token = await expired()
    expect(claimsOf(token)?.expiresAt).toBeDefined()
    await writeConfig(patient, { token_reviewer_jwt: token })
    await age(2 * 3_600_000)
    expect(errors(await patient.examine({}, { probe: false }))).toEqual(['ICE9203'])
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9203'])
    expect(findingOf(result, 'ICE9203').evidence['Vault says']).toContain('code 401')
    await patient.follow(findingOf(result, 'ICE9203'))
    await expectHealthy(patient)
  })

  test('ICE9206: the Secret that it is bound to is gone', async () => {
    const mark = (await patient.inventory()).objects[config()]!.mark as { boundTo: string }
    await patient.cluster.delete(refs.secret(`${patient.id}-auth`, mark.boundTo))
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9206'])
    expect(findingOf(result, 'ICE9206').remedy.commands).toEqual([`icebreaker reviewer rotate --file ${patient.file}`])
    // What rotating does takes longer (reviewer.full.test.ts); this writes a new one, too.
    await age(2 * 3_600_000)
    await patient.apply()
    await expectHealthy(patient)
  })
})

describe('client: each workload asks for itself', () => {
  let patient: Patient
  beforeAll(async () => {
    patient = await openPatient(trust(() => ({ reviewer: { token: 'client' } }), AUDIENCE))
  })
  afterAll(() => patient.close())

  test('a healthy trust, with a file and without', async () => {
    await expectHealthy(patient)
    expect(codes(await patient.examineUnwritten())).toEqual([])
  })

  test('ICE9210: the workload may not', async () => {
    await patient.cluster.delete(refs.clusterRoleBinding(`icebreaker:${patient.id}:demo:clients`))
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9210'])
    expect(findingOf(result, 'ICE9210').message).toContain(`${patient.id}-app/app`)
    // Without a file nobody knows that it was meant so.
    expect(errors(await patient.examineUnwritten())).toEqual(['ICE9201'])
    await patient.follow(findingOf(result, 'ICE9210'))
    await expectSoon(() => expectHealthy(patient), 12)
  })

  test('ICE9207, without a file: an account that may review, for which Kubernetes has made no token', async () => {
    const { id, cluster } = patient
    const [namespace, name] = [`${id}-auth`, 'vault-reviewer']
    const account = refs.serviceAccount(namespace, name)
    const binding = refs.clusterRoleBinding(`icebreaker:${id}-hand-made`)
    await cluster.delete(refs.clusterRoleBinding(`icebreaker:${id}:demo:clients`))
    await cluster.create(account, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })
    await cluster.create(binding, {
      apiVersion: binding.apiVersion,
      kind: binding.kind,
      metadata: { name: binding.name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:auth-delegator' },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    })
    const result = await patient.examineUnwritten()
    expect(errors(result)).toEqual(['ICE9207'])
    await patient.follow(findingOf(result, 'ICE9207'))
    expect(codes(await patient.examineUnwritten())).toEqual([])
  })
})

describe('the method jwt: nobody is asked', () => {
  let patient: Patient
  beforeAll(async () => {
    patient = await openPatient((scenario) => {
      const { reviewer: _none, ...plain } = { ...trust(() => ({}))(scenario).clusters['demo']!.auth } as {
        reviewer: object
      }
      const file = trust(() => ({}))(scenario)
      const auth = { ...plain, method: 'jwt', keys: 'pinned' } as Auth
      return { ...file, clusters: { demo: { ...file.clusters['demo']!, auth } } }
    })
  })
  afterAll(() => patient.close())

  test('a healthy trust', () => expectHealthy(patient))
})
