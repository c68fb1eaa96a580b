import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { APPLY } from '../../src/catalogue/index.js'
import type { FileInput } from '../../src/config/schema.js'
import { refs, reviews, type Cluster } from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { startCluster, type ExtraCluster } from '../servers/extra.js'
import { servers } from '../servers/index.js'
import { expectSoon, openCluster, openScenario, pending, states, type Scenario } from './scenario.js'

let scenario: Scenario
/** A cluster whose tokens name an issuer that Vault can reach. */
let issuing: ExtraCluster
let itsAdmin: Cluster

beforeAll(async () => {
  issuing = await startCluster({ isIssuer: true })
  itsAdmin = await openCluster(issuing.kubeconfig, issuing.context)
})
afterAll(async () => {
  await itsAdmin.close()
  await issuing.stop()
})
beforeEach(async () => {
  scenario = await openScenario()
})
afterEach(() => scenario.close())

type Jwt = Extract<FileInput['clusters'][string]['auth'], { method: 'jwt' }>

/** `on`: instead of the cluster of the test run. */
function file({ id, base }: Scenario, auth: Partial<Jwt>, on?: ExtraCluster, role: object = {}): FileInput {
  const plain = base()
  const place = on === undefined ? plain.clusters['demo']! : { kubeconfig: on.kubeconfig, context: on.context }
  return {
    ...plain,
    inventory: { namespace: `${id}-auth` },
    clusters: { demo: { ...place, auth: { method: 'jwt', path: id, ...auth } } },
    namespaces: { [`${id}-auth`]: {}, [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    engines: { [`${id}-kv`]: { type: 'kv', secrets: { app: { key: { literal: 'one' } } } } },
    policies: { [`${id}-kv`]: { grants: [`read kv ${id}-kv/app`] } },
    roles: {
      app: {
        serviceAccounts: ['app'],
        namespaces: [`${id}-app`],
        audience: 'vault',
        policies: [`${id}-kv`],
        tokenTTL: '1m',
        ...role,
      },
    },
  }
}

async function expectProven(): Promise<void> {
  const result = await scenario.apply({ verify: 'always' })
  expect(Object.entries(states(result)).filter(([, state]) => state !== 'done')).toEqual([])
  const verdicts = result.verify!.probes.map(({ name, verdict, detail }) => [
    name.replace(/^demo: \S+ as app: /, '').replaceAll(scenario.id, 'ID'),
    verdict,
    ...(verdict === 'passed' ? [] : [detail]),
  ])
  expect(verdicts).toEqual(
    [
      'a path outside the policies is refused',
      'another audience is refused',
      'another namespace is refused',
      'another service account is refused',
      'logs in',
      'no other policies',
      'read kv ID-kv/app',
    ].map((name) => [name, 'passed']),
  )
  expect(pending(await scenario.plan())).toEqual({})
}

const config = async () => (await scenario.vault.read(path`auth/${scenario.id}/config`))!.data

test('pinned: the cluster’s own public key, and a trust that verify proves', async () => {
  scenario.write(file(scenario, { keys: 'pinned' }))
  await expectProven()
  const key = createPublicKey(readFileSync(servers().signingKey, 'utf8')).export({ type: 'spki', format: 'pem' })
  expect(await config()).toMatchObject({
    jwt_validation_pubkeys: [key.toString().trim()],
    bound_issuer: (await scenario.cluster.tokenIssuer())!.issuer,
    oidc_discovery_url: '',
    jwks_url: '',
  })
  const warnings = scenario.events.flatMap((event) => (event.type === 'note' ? [event.text] : []))
  expect(warnings).toContainEqual(expect.stringContaining('that was deleted logs in until it expires'))
  expect(warnings).toContainEqual(expect.stringContaining('The public keys are those of today'))
})

test('a role of several accounts and globs: who fits logs in, who does not is refused', async () => {
  scenario.write(
    file(scenario, { keys: 'pinned' }, undefined, {
      serviceAccounts: ['ap*', 'other'],
      accept: ['wildcard'],
      jwt: { boundAudiences: ['more'], claimMappings: { sub: 'who' } },
    }),
  )
  await scenario.apply()
  const { id, vault } = scenario
  expect((await vault.read(path`auth/${id}/role/app`))?.data).toMatchObject({
    role_type: 'jwt',
    bound_claims_type: 'glob',
    bound_audiences: ['vault', 'more'],
    bound_claims: {
      '/kubernetes.io/namespace': [`${id}-app`],
      '/kubernetes.io/serviceaccount/name': ['ap*', 'other'],
    },
    user_claim: '/kubernetes.io/serviceaccount/uid',
    user_claim_json_pointer: true,
    claim_mappings: { sub: 'who' },
  })
  await expect(logIn('app', 'more')).resolves.toMatchObject({ who: `system:serviceaccount:${id}-app:app` })
  await expect(logIn('default', 'vault')).rejects.toThrow(/serviceaccount\/name" does not match/)
})

async function logIn(account: string, audience: string): Promise<Readonly<Record<string, string>>> {
  const { id, vault, cluster } = scenario
  const request = { namespace: `${id}-app`, serviceAccount: account, audiences: [audience], expirationSeconds: 600 }
  const { token } = await cluster.requestToken(request)
  return (await vault.login(id, 'app', token)).metadata
}

test('what is said of it is true: the token of a deleted account goes on logging in', async () => {
  scenario.write(file(scenario, { keys: 'pinned' }))
  await scenario.apply()
  const { id, vault, cluster } = scenario
  const request = { namespace: `${id}-app`, serviceAccount: 'app', audiences: ['vault'], expirationSeconds: 600 }
  const { token } = await cluster.requestToken(request)
  await cluster.delete(refs.serviceAccount(`${id}-app`, 'app'))
  // The API server has never seen it, so it remembers nothing of it.
  await expectSoon(async () => {
    const review = { apiVersion: reviews.token.apiVersion, kind: reviews.token.kind }
    const body = { ...review, spec: { token: Secret.reveal(token), audiences: ['vault'] } }
    const { status } = await cluster.create(reviews.token, body)
    expect((status as { authenticated?: boolean }).authenticated).not.toBe(true)
  })
  expect((await vault.login(id, 'app', token)).tokenPolicies).toContain(`${id}-kv`)
})

test('a key that somebody took away is missed, and put back', async () => {
  scenario.write(file(scenario, { keys: 'pinned' }))
  await scenario.apply()
  const { id, vault } = scenario
  const { publicKey } = (await import('node:crypto')).generateKeyPairSync('rsa', { modulusLength: 2048 })
  const foreign = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  await vault.write(path`auth/${id}/config`, { jwt_validation_pubkeys: [foreign] })
  const { objects } = (await scenario.plan()).plan
  const changed = objects.find(({ kind }) => kind === 'AuthJWTConfig')!
  expect(changed.changes.map(({ field }) => field).sort()).toEqual(['boundIssuer', 'jwtValidationPubkeys'])
  await expectProven()
})

test('discovery: Vault asks the issuer, which must let everybody read its keys', async () => {
  scenario.write(file(scenario, {}, issuing))
  const { outcomes } = await scenario.apply()
  expect(outcomes.find(({ kind }) => kind === 'AuthJWTConfig')).toMatchObject({
    state: 'failed',
    error: { record: { code: APPLY.keysUnreachable.code } },
  })
  scenario.write(file(scenario, { anonymousDiscovery: true }, issuing))
  await expectProven()
  expect(await config()).toMatchObject({
    oidc_discovery_url: issuing.address,
    oidc_discovery_ca_pem: expect.stringContaining('BEGIN CERTIFICATE'),
    jwt_validation_pubkeys: [],
  })
  await removeFromIssuing()
})

test('jwks: Vault asks the API server itself; and from one source of the keys to another', async () => {
  scenario.write(file(scenario, { keys: 'jwks', anonymousDiscovery: true }, issuing))
  await expectProven()
  expect(await config()).toMatchObject({ jwks_url: `${issuing.address}/openid/v1/jwks`, oidc_discovery_url: '' })
  scenario.write(file(scenario, { keys: 'pinned' }, issuing))
  await expectProven()
  expect(await config()).toMatchObject({ jwks_url: '', jwks_ca_pem: '' })
  await removeFromIssuing()
})

async function removeFromIssuing(): Promise<void> {
  await itsAdmin.delete(refs.clusterRoleBinding(`icebreaker:${scenario.id}:demo:discovery`))
}

test('every field of the role and the config is set and taken away again', async () => {
  const own = {
    openbao: { config: { overrideAllowedServerNames: ['a'] }, role: { tokenPoliciesTemplateClaims: true } },
    vault: { config: { unsupportedCriticalCertExtensions: ['2.5.29.30'] }, role: {} },
  }[servers().product]
  const bare = file(scenario, { keys: 'pinned' })
  const full = file(
    scenario,
    {
      keys: 'pinned',
      boundIssuer: 'https://another.example.com',
      jwtSupportedAlgs: ['RS256', 'ES256'],
      defaultRole: 'app',
      description: 'as described',
      ...own.config,
    },
    undefined,
    {
      aliasNameSource: 'serviceaccount_name',
      tokenMaxTTL: '1h',
      jwt: {
        boundSubject: `system:serviceaccount:${scenario.id}-app:app`,
        boundClaims: { iss: ['b', 'a'], flag: true, count: 7 },
        boundClaimsType: 'string',
        userClaim: 'sub',
        groupsClaim: 'aud',
        claimMappings: { iss: 'issuer' },
        clockSkewLeeway: -1,
        expirationLeeway: '30s',
        notBeforeLeeway: 45,
        maxAge: '1h',
        oidcScopes: ['openid'],
        allowedRedirectURIs: ['https://example.com/callback'],
        verboseOIDCLogging: true,
        ...own.role,
      },
    },
  )
  for (const one of [bare, full, bare]) {
    scenario.write(one)
    expect(Object.values(states(await scenario.apply())).every((state) => state === 'done')).toBe(true)
    expect(pending(await scenario.plan())).toEqual({})
  }
})
