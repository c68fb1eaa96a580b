import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { EXIT, FILE, KUBERNETES, USAGE, VAULT } from '../../src/catalogue/index.js'
import { refs } from '../../src/kubernetes/index.js'
import { authConfigure } from '../../src/operations/auth-configure.js'
import { authList } from '../../src/operations/auth-list.js'
import { authLogin, type AuthLoginOptions } from '../../src/operations/auth-login.js'
import { authShow } from '../../src/operations/auth-show.js'
import { authConfig, authMount } from '../../src/operations/steps/auth.js'
import { reviewer } from '../../src/operations/steps/reviewer.js'
import { Secret, Shown } from '../../src/secrets/index.js'
import { path, statusOf } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { changed, fieldsOf, openSteps, refused, type Steps } from './steps.js'

let steps: Steps

beforeAll(async () => {
  steps = await openSteps()
})
afterAll(() => steps.close())

const at = (name: string) => ({ at: { path: `${steps.id}-${name}` } })

describe('auth enable', () => {
  test('a mount is made once, and tuned by what is said alone', async () => {
    const address = `vault:sys/auth/${steps.id}-tuned`
    const section = { description: 'for tests', maxLeaseTTL: '24h', listingVisibility: 'unauth' }
    expect(changed(await steps.step(authMount, '', section, at('tuned')))).toMatchObject({
      [address]: 'create',
    })
    expect(changed(await steps.step(authMount, '', section, at('tuned')))).toEqual({})
    const tuned = await steps.step(authMount, '', { defaultLeaseTTL: '1h' }, at('tuned'))
    expect(fieldsOf(tuned, address)).toEqual(['defaultLeaseTTL'])
    const rows = (await steps.vault.read<Record<string, object>>(path`sys/auth`))!.data
    expect(rows[`${steps.id}-tuned/`]).toMatchObject({
      description: 'for tests',
      config: { max_lease_ttl: 86_400, default_lease_ttl: 3600, listing_visibility: 'unauth' },
    })
  })

  test('every field has a flag', () => {
    const flags = authMount.fields.map(({ flag }) => flag)
    expect(flags).toEqual(
      expect.arrayContaining(['description', 'local', 'seal-wrap', 'default-lease-ttl', 'max-lease-ttl', 'token-type']),
    )
    expect(flags).toContain('audit-non-hmac-request-keys')
  })

  test('somebody else’s mount is refused', async () => {
    await steps.vault.write(path`sys/auth/${steps.id}-theirs`, { type: 'kubernetes' })
    const told = await refused(steps.step(authMount, '', { description: 'mine' }, at('theirs')))
    expect(told.exit).toBe(EXIT.refused)
  })
})

describe('auth configure', () => {
  const configure = (section: object, name: string, more: object = {}) =>
    authConfigure(steps.options(authConfig, '', section as never, { ...at(name), ...more }))

  beforeAll(async () => {
    await steps.step(authMount, '', {}, at('conf'))
  })

  test('without a reviewer nothing is written, and what makes one is named', async () => {
    const told = await refused(configure({ namespace: `${steps.id}-nobody` }, 'conf'))
    expect(told).toMatchObject({ code: KUBERNETES.reviewerMissing.code, exit: 1 })
    expect(told.next.join()).toContain('icebreaker reviewer create')
    expect(await steps.vault.read(path`auth/${steps.id}-conf/config`)).toBeUndefined()
  })

  test('the config is written whole, and one field of it changed without losing the reviewer’s token', async () => {
    await steps.step(reviewer, '', {})
    const address = `vault:auth/${steps.id}-conf/config`
    const made = await configure({}, 'conf')
    expect(changed(made)).toEqual({ [address]: 'create' })
    expect(fieldsOf(made, address)).toEqual(
      expect.arrayContaining(['kubernetesHost', 'kubernetesCACert', 'tokenReviewerJWT']),
    )
    expect(changed(await configure({}, 'conf'))).toEqual({})
    expect(fieldsOf(await configure({ issuer: 'https://issuer.example.com' }, 'conf'), address)).toEqual(['issuer'])
    // What is not said stays.
    expect(changed(await configure({}, 'conf'))).toEqual({})
    expect((await steps.vault.read(path`auth/${steps.id}-conf/config`))?.data).toMatchObject({
      kubernetes_host: servers().apiServer,
      issuer: 'https://issuer.example.com',
      disable_local_ca_jwt: true,
      token_reviewer_jwt_set: true,
    })
  })

  test('a CA that does not fit is refused before anything is written', async () => {
    await steps.step(authMount, '', {}, at('badca'))
    const section = { apiServerCA: { file: servers().caFile } }
    const told = await refused(configure({}, 'badca', { at: { ...at('badca').at, section } }))
    expect(told.next.join(' ')).toContain('--api-server-ca')
    expect(await steps.vault.read(path`auth/${steps.id}-badca/config`)).toBeUndefined()
  })

  test('without the mount, what makes it is named', async () => {
    const told = await refused(configure({}, 'nomount'))
    expect(told.next).toEqual([`Mount it first: icebreaker auth enable --path ${steps.id}-nomount`])
  })
})

describe('auth show, auth list', () => {
  test('a mount without a config, one with, and whether the reviewer’s token is set', async () => {
    await steps.step(authMount, '', { description: 'bare' }, at('bare'))
    const bare = await authShow(steps.look(at('bare').at))
    expect(bare).toMatchObject({ path: `${steps.id}-bare`, type: 'kubernetes' })
    expect(bare.config).toBeUndefined()
    expect(bare.mount.find(({ field }) => field === 'description')).toMatchObject({ value: 'bare', set: true })

    await steps.vault.write(path`auth/${steps.id}-bare/config`, {
      kubernetes_host: 'https://10.0.0.1:6443',
      kubernetes_ca_cert: readFileSync(servers().apiServerCA, 'utf8'),
      disable_local_ca_jwt: true,
    })
    const { config } = await authShow(steps.look(at('bare').at))
    expect(config).toMatchObject({ reviewerTokenSet: false, others: {} })
    expect(config?.fields).toContainEqual({
      field: 'kubernetesHost',
      api: 'kubernetes_host',
      value: 'https://10.0.0.1:6443',
      set: true,
    })
    // What is true by default is shown all the same.
    expect(config?.fields).toContainEqual(
      expect.objectContaining({ field: 'disableLocalCAJWT', value: true, set: true }),
    )
  })

  test('mounts of both types are listed with their host; Vault is asked, and no cluster', async () => {
    await steps.vault.write(path`sys/auth/${steps.id}-jwt`, { type: 'jwt' })
    const keys = readFileSync(servers().signingKey, 'utf8')
    const { createPublicKey } = await import('node:crypto')
    const publicKey = createPublicKey(keys).export({ type: 'spki', format: 'pem' }).toString()
    await steps.vault.write(path`auth/${steps.id}-jwt/config`, { jwt_validation_pubkeys: [publicKey] })
    const { mounts } = await authList({ ...steps.look(), kubeconfig: '/nonexistent' })
    const own = mounts.filter(({ path: mount }) => mount.startsWith(steps.id))
    expect(own.find(({ type }) => type === 'jwt')).toMatchObject({ host: 'public keys', config: 'read' })
    expect(own.filter(({ type }) => type === 'kubernetes').length).toBeGreaterThan(0)
    expect(mounts.every(({ type }) => type === 'kubernetes' || type === 'jwt')).toBe(true)
    const { config } = await authShow(steps.look(at('jwt').at))
    expect(config?.others).toHaveProperty('jwt_validation_pubkeys')
    expect(config?.reviewerTokenSet).toBeUndefined()
  })

  test('the mount that was probably meant', async () => {
    await steps.step(authMount, '', {}, at('nearby'))
    expect(await refused(authShow(steps.look(at('nearbi').at)))).toMatchObject({
      code: VAULT.notThere.code,
      next: [`Did you mean ${steps.id}-nearby?`],
    })
  })
})

describe('auth login', () => {
  const account = () => `${steps.id}-app/app`
  const login = (more: Partial<AuthLoginOptions> = {}) =>
    authLogin({ ...steps.look(), as: account(), role: 'app', can: [], showSecret: false, ...more })
  const writeRole = (name: string, more: object = {}) =>
    steps.vault.write(path`auth/${steps.id}/role/${name}`, {
      bound_service_account_names: ['app'],
      bound_service_account_namespaces: [`${steps.id}-app`],
      audience: 'vault',
      token_policies: [`${steps.id}-app`],
      token_ttl: 300,
      ...more,
    })
  const isAlive = async (accessor: string): Promise<boolean> =>
    steps.vault.write(path`auth/token/lookup-accessor`, { accessor }).then(
      () => true,
      (error: unknown) => {
        if ([400, 403, 404].includes(statusOf(error) ?? 0)) return false
        throw error
      },
    )

  beforeAll(async () => {
    const { id, cluster, vault } = steps
    await steps.step(reviewer, '', {})
    await steps.step(authMount, '', {})
    await authConfigure(steps.options(authConfig, '', {}))
    const namespace = `${id}-app`
    await cluster.create(refs.namespace(namespace), {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    })
    const metadata = { name: 'app', namespace }
    await cluster.create(refs.serviceAccount(namespace, 'app'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    await vault.write(path`sys/mounts/${id}-kv`, { type: 'kv', options: { version: '2' } })
    await vault.write(path`sys/policies/acl/${id}-app`, {
      policy: `path "${id}-kv/data/app" { capabilities = ["read"] }`,
    })
    await writeRole('app')
  })

  const scratch = () => steps.cluster.list(refs.secret(`${steps.id}-app`, ''), 'app.kubernetes.io/component=scratch')

  test('what the workload gets, and then all of it is given back', async () => {
    const got = await login()
    expect(got).toMatchObject({
      account: account(),
      mount: steps.id,
      audience: 'vault',
      tokenPolicies: ['default', `${steps.id}-app`],
      ttl: '5m',
      type: 'service',
      metadata: { role: 'app', service_account_name: 'app', service_account_namespace: `${steps.id}-app` },
      entity: { aliases: [{ mount: `auth/${steps.id}/` }] },
      kept: false,
      left: [],
    })
    expect(JSON.stringify(got)).not.toMatch(/hvs\.|"s\./)
    expect(await isAlive(got.accessor)).toBe(false)
    expect(await scratch()).toEqual([])
  })

  test('what it may do: a grant by the engine that Vault has there, a path by what is allowed at it', async () => {
    const { id } = steps
    const { can } = await login({
      can: [`read kv ${id}-kv/app`, `create kv ${id}-kv/app`, `/v1/${id}-kv/data/app`, 'sys/mounts'],
    })
    expect(can).toEqual([
      {
        asked: `read kv ${id}-kv/app`,
        allowed: true,
        paths: [{ path: `${id}-kv/data/app`, needs: ['read'], has: ['read'] }],
      },
      {
        asked: `create kv ${id}-kv/app`,
        allowed: false,
        paths: [{ path: `${id}-kv/data/app`, needs: ['create'], has: ['read'] }],
      },
      {
        asked: `/v1/${id}-kv/data/app`,
        allowed: true,
        paths: [{ path: `${id}-kv/data/app`, needs: [], has: ['read'] }],
      },
      { asked: 'sys/mounts', allowed: false, paths: [{ path: 'sys/mounts', needs: [], has: ['deny'] }] },
    ])
  })

  test('a grant that means nothing is refused before there is a login', async () => {
    const told = await refused(login({ can: ['read kv nosuch-engine/app'] }))
    expect(told).toMatchObject({ code: FILE.badGrant.code, exit: 2 })
    expect(told.message).toMatch(/^--can: .*in no secrets engine that is mounted/)
    expect(await refused(login({ can: ['reed kv x/y'] }))).toMatchObject({ code: FILE.badGrant.code })
  })

  test('a token that lasts for one request is not used up, and one without the default policy is asked about', async () => {
    await writeRole('once', { token_num_uses: 1 })
    await writeRole('bare', { token_no_default_policy: true })
    for (const role of ['once', 'bare']) {
      const { can, left } = await login({ role, can: [`read kv ${steps.id}-kv/app`] })
      expect([can.map(({ allowed }) => allowed), left]).toEqual([[true], []])
    }
  })

  test('the token that is asked for lives on; what was made for it does not', async () => {
    const secretOut = join(steps.folder, 'login')
    const got = await login({ secretOut })
    expect(got).toMatchObject({ kept: true, savedTo: secretOut, left: [] })
    expect(got.token).toBeInstanceOf(Secret)
    const token = readFileSync(secretOut, 'utf8')
    const mine = steps.vault.withToken(new Secret(token))
    expect((await mine.read(path`auth/token/lookup-self`))?.data['accessor']).toBe(got.accessor)
    expect(await scratch()).toEqual([])
    expect(Math.abs(Date.parse(got.expiresAt) - Date.now() - 300_000)).toBeLessThan(30_000)
    await steps.vault.write(path`auth/token/revoke-accessor`, { accessor: got.accessor })

    const shown = await login({ showSecret: true })
    expect(shown.token).toBeInstanceOf(Shown)
    expect(await isAlive(shown.accessor)).toBe(true)
    await steps.vault.write(path`auth/token/revoke-accessor`, { accessor: shown.accessor })
  })

  test('a batch token has nothing to revoke', async () => {
    await writeRole('batch', { token_type: 'batch' })
    expect(await login({ role: 'batch' })).toMatchObject({ type: 'batch', accessor: '', left: [] })
  })

  test('who is refused leaves nothing behind', async () => {
    expect(await refused(login({ audience: 'another' }))).toMatchObject({
      code: VAULT.loginRefused.code,
      exit: EXIT.notPermitted,
    })
    await writeRole('others', { bound_service_account_names: ['other'] })
    expect((await refused(login({ role: 'others' }))).code).toBe(VAULT.loginRefused.code)
    expect(await scratch()).toEqual([])
  })

  test('what is no account is a wrong usage', async () => {
    expect(await refused((async () => login({ as: 'app' }))())).toMatchObject({ code: USAGE.wrongUsage.code, exit: 2 })
  })

  test('stopped before the login, nothing is left', async () => {
    const stop = new AbortController()
    stop.abort(new Error('stopped'))
    await expect(login({ stop: stop.signal })).rejects.toThrow('stopped')
    expect(await scratch()).toEqual([])
  })
})
