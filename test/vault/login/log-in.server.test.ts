import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { FILE, USAGE, VAULT } from '../../../src/catalogue/index.js'
import type { IceEvent } from '../../../src/events/index.js'
import { freePort } from '../../../src/sandbox/ports.js'
import { createResolver, redact, Secret } from '../../../src/secrets/index.js'
import {
  createVault,
  lookupSelf,
  openVault,
  path,
  vaultSettings,
  type Login,
  type LoginHelp,
  type Vault,
} from '../../../src/vault/index.js'
import { servers } from '../../servers/index.js'
import { startFakeDirectory } from './fake-directory.js'
import { startFakeProvider, type FakeProvider } from './fake-provider.js'

const id = `login-${randomBytes(4).toString('hex')}`
const folder = mkdtempSync(join(tmpdir(), 'icebreaker-login-'))
const emitted: IceEvent[] = []
const METHODS = ['approle', 'userpass', 'jwt', 'oidc']
// OpenBao has it as a plugin of its own, which does not come with the server.
const testOnVault = servers().product === 'vault' ? test : test.skip
let operator: Vault

beforeAll(async () => {
  const { vaultAddress: address, caFile, token } = servers()
  operator = createVault({ address, tls: { ca: [readFileSync(caFile, 'utf8')] }, token: new Secret(token) })
  for (const type of METHODS) await operator.write(path`sys/auth/${`${id}-${type}`}`, { type })
})
afterAll(async () => {
  for (const type of METHODS) await operator.delete(path`sys/auth/${`${id}-${type}`}`)
  await operator.close()
  rmSync(folder, { recursive: true })
})

/** Opens Vault as a command does, with what the environment and the terminal would give. */
function open(login: Login, env: Record<string, string> = {}, help: Partial<LoginHelp> = {}): Promise<Vault> {
  const { vaultAddress, caFile } = servers()
  const settings = vaultSettings({ env: { VAULT_ADDR: vaultAddress, VAULT_CACERT: caFile }, login })
  const secrets = createResolver({
    env,
    baseDir: folder,
    readKubernetesSecret: () => Promise.resolve(undefined),
  })
  const borrow = () => Promise.reject(new Error('no cluster'))
  return openVault(settings, {
    emit: (event) => void emitted.push(event),
    help: { resolve: (source) => secrets.resolve(source), borrow, ...help },
  })
}

const isAlive = (accessor: string): Promise<boolean> =>
  operator.write(path`auth/token/lookup-accessor`, { accessor }).then(
    () => true,
    () => false,
  )

/** The token works while the client is open, and is gone when it is closed. */
async function expectOwn(vault: Vault): Promise<void> {
  const { accessor } = await lookupSelf(vault)
  expect(await isAlive(accessor)).toBe(true)
  await vault.close()
  await vault.close()
  expect(await isAlive(accessor)).toBe(false)
}

const refusedLogin = { code: VAULT.loginRefused.code, exitCode: 5 }

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string; next: readonly string[] }> {
  return work.then(
    () => Promise.reject(new Error('it worked')),
    (error: unknown) => error as never,
  )
}

describe('approle', () => {
  const mount = `${id}-approle`
  async function role(name: string, settings: object = {}): Promise<string> {
    await operator.write(path`auth/${mount}/role/${name}`, {
      token_policies: ['default'],
      token_ttl: '60s',
      ...settings,
    })
    return (await operator.read<{ role_id: string }>(path`auth/${mount}/role/${name}/role-id`))!.data.role_id
  }
  const secretID = async (name: string): Promise<string> =>
    (await operator.write<{ secret_id: string }>(path`auth/${mount}/role/${name}/secret-id`, {})).data.secret_id
  const login: Login = { method: 'approle', path: mount, roleID: { env: 'ROLE' }, secretID: { env: 'SECRET' } }
  const wrapped: Login = {
    method: 'approle',
    path: mount,
    roleID: { env: 'ROLE' },
    wrappedSecretID: { file: 'wrapped' },
  }

  /** A response-wrapping token, by the header that Vault's own command line sends. */
  async function wrap(target: string, ttl = '60s'): Promise<string> {
    const { vaultAddress, caFile, token } = servers()
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const headers = { 'x-vault-token': token, 'x-vault-wrap-ttl': ttl }
    request(`${vaultAddress}/v1/${target}`, { method: 'POST', ca: readFileSync(caFile), headers }, resolve)
      .on('error', reject)
      .end()
    return (JSON.parse(await text(await promise)) as { wrap_info: { token: string } }).wrap_info.token
  }

  test('a role ID and a secret ID; the token of the run is gone after it', async () => {
    const env = { ROLE: await role('plain'), SECRET: await secretID('plain') }
    await expectOwn(await open(login, env))
    const inFile: Login = { ...login, secretID: { file: 'secret-id' } }
    await expect(open(inFile, env)).rejects.toMatchObject({ code: FILE.secretFileUnreadable.code })
    writeFileSync(join(folder, 'secret-id'), `${env.SECRET}\n`, { mode: 0o600 })
    await expectOwn(await open(inFile, env))
  })

  test('a wrong secret ID, and one that was for one use only', async () => {
    const env = { ROLE: await role('once', { secret_id_num_uses: 1 }), SECRET: await secretID('once') }
    const wrong = await failure(open(login, { ...env, SECRET: 'no-such-secret-id' }))
    expect(wrong).toMatchObject(refusedLogin)
    expect(JSON.stringify(wrong)).not.toContain('no-such-secret-id')
    expect(wrong.next.join(' ')).toContain(`approle is mounted at auth/${mount}`)
    await expectOwn(await open(login, env))
    await expect(open(login, env)).rejects.toMatchObject(refusedLogin)
  })

  test('a wrapped secret ID opens once, and only if it is one', async () => {
    const env = { ROLE: await role('wrapped') }
    const put = (token: string): void => writeFileSync(join(folder, 'wrapped'), token, { mode: 0o600 })
    put(await wrap(`auth/${mount}/role/wrapped/secret-id`))
    await expectOwn(await open(wrapped, env))
    expect(await failure(open(wrapped, env))).toMatchObject({ code: VAULT.wrappedSecret.code, exitCode: 5 })
    // Somebody has put a token of their own in its place: it is not even opened.
    const other = await wrap('auth/token/create')
    put(other)
    const swapped = await failure(open(wrapped, env))
    expect(swapped).toMatchObject({ code: VAULT.wrappedSecret.code })
    expect(swapped.message).toContain('auth/token/create')
    expect(JSON.stringify(swapped)).not.toContain(other)
    await expect(operator.write(path`sys/wrapping/lookup`, { token: new Secret(other) })).resolves.toBeDefined()
  })

  test('without a role ID the wrapped secret is not used up', async () => {
    const token = await wrap(`auth/${mount}/role/wrapped/secret-id`)
    writeFileSync(join(folder, 'wrapped'), token, { mode: 0o600 })
    await expect(open(wrapped)).rejects.toMatchObject({ code: FILE.secretNotInEnvironment.code })
    await expectOwn(await open(wrapped, { ROLE: await role('wrapped') }))
  })

  test('a run that outlives the token’s lifetime renews it', async () => {
    const env = { ROLE: await role('short', { token_ttl: '4s', token_max_ttl: '5m' }), SECRET: await secretID('short') }
    const vault = await open(login, env)
    await sleep(7000)
    await expectOwn(vault)
  })

  test('a token of few uses is warned of; one that is used up needs no revoking', async () => {
    const env = { ROLE: await role('few', { token_num_uses: 1 }), SECRET: await secretID('few') }
    emitted.length = 0
    const vault = await open(login, env)
    expect(emitted).toMatchObject([{ level: 'warning', text: expect.stringContaining('1 requests only') }])
    await lookupSelf(vault)
    await vault.close()
    expect(emitted).toHaveLength(1)
  })

  test('a batch token cannot be revoked, and is not', async () => {
    const env = { ROLE: await role('batch', { token_type: 'batch' }), SECRET: await secretID('batch') }
    emitted.length = 0
    const vault = await open(login, env)
    await lookupSelf(vault)
    await vault.close()
    expect(emitted).toEqual([])
  })

  test('a token that could not be revoked is told by its accessor', async () => {
    const policy = `${id}-stubborn`
    await operator.write(path`sys/policies/acl/${policy}`, {
      policy: 'path "auth/token/revoke-self" { capabilities = ["deny"] }',
    })
    const settings = { token_policies: [policy], token_no_default_policy: true }
    const env = { ROLE: await role('stubborn', settings), SECRET: await secretID('stubborn') }
    emitted.length = 0
    await (await open(login, env)).close()
    expect(emitted).toMatchObject([{ code: VAULT.tokenLeft.code, text: expect.stringMatching(/accessor \S+\)/) }])
    await operator.delete(path`sys/policies/acl/${policy}`)
  })
})

describe('userpass and ldap', () => {
  const password = 'correct-horse-battery'
  const userpass: Login = { method: 'userpass', path: `${id}-userpass`, username: 'ada', password: { env: 'PW' } }

  beforeAll(async () => {
    await operator.write(path`auth/${`${id}-userpass`}/users/ada`, { password, token_policies: ['default'] })
  })

  test('a user of Vault’s own', async () => {
    await expectOwn(await open(userpass, { PW: password }))
    const wrong = await failure(open(userpass, { PW: 'wrong-password' }))
    expect(wrong).toMatchObject(refusedLogin)
    expect(JSON.stringify(wrong)).not.toContain('wrong-password')
    await expect(open({ ...userpass, username: 'nobody' }, { PW: password })).rejects.toMatchObject(refusedLogin)
  })

  test('the password is asked for, and the question names the server', async () => {
    const { password: _, ...asking } = userpass
    const questions: string[] = []
    const resolve = (source: object) => {
      questions.push((source as { prompt: string }).prompt)
      return Promise.resolve(new Secret(password))
    }
    await expectOwn(await open(asking, {}, { resolve }))
    expect(questions).toEqual([`Password of ada (userpass) for ${servers().vaultAddress}`])
    await expect(open(asking)).rejects.toMatchObject({ code: FILE.secretNotAsked.code, exitCode: 2 })
  })

  testOnVault('a user of a directory', async () => {
    const directory = await startFakeDirectory({ 'cn=ada,ou=users': password })
    const mount = `${id}-ldap`
    await operator.write(path`sys/auth/${mount}`, { type: 'ldap' })
    await operator.write(path`auth/${mount}/config`, {
      url: directory.url,
      userdn: 'ou=users',
      userattr: 'cn',
      token_policies: ['default'],
    })
    const ldap: Login = { ...userpass, method: 'ldap', path: mount }
    try {
      await expectOwn(await open(ldap, { PW: password }))
      await expect(open(ldap, { PW: 'wrong-password' })).rejects.toMatchObject(refusedLogin)
    } finally {
      await operator.delete(path`sys/auth/${mount}`)
      await directory.close()
    }
  })

  test('a second factor is refused in so many words', async () => {
    const methods = await operator.write<{ method_id: string }>(path`identity/mfa/method/totp`, {
      issuer: 'test',
      method_name: id,
    })
    const { method_id } = methods.data
    const mounts = (await operator.read<Record<string, { accessor: string }>>(path`sys/auth`))!.data
    await operator.write(path`identity/mfa/login-enforcement/${id}`, {
      mfa_method_ids: [method_id],
      auth_method_accessors: [mounts[`${id}-userpass/`]!.accessor],
    })
    try {
      const mfa = await failure(open(userpass, { PW: password }))
      expect(mfa).toMatchObject({ code: VAULT.mfaNeeded.code, exitCode: 5 })
    } finally {
      await operator.delete(path`identity/mfa/login-enforcement/${id}`)
      await operator.delete(path`identity/mfa/method/totp/${method_id}`)
    }
  })
})

test('jwt: a token of another issuer', async () => {
  const mount = `${id}-jwt`
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  await operator.write(path`auth/${mount}/config`, { jwt_validation_pubkeys: [pem], default_role: 'ci' })
  await operator.write(path`auth/${mount}/role/ci`, {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_audiences: ['vault'],
    token_policies: ['default'],
  })
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const jwt = (aud: string): string => {
    const now = Math.floor(Date.now() / 1000)
    const head = `${part({ alg: 'RS256' })}.${part({ sub: 'pipeline', aud, iat: now, exp: now + 60 })}`
    return `${head}.${createSign('RSA-SHA256').update(head).sign(privateKey, 'base64url')}`
  }
  const login: Login = { method: 'jwt', path: mount, role: 'ci', token: { env: 'CI_JWT' } }
  await expectOwn(await open(login, { CI_JWT: jwt('vault') }))
  await expectOwn(await open({ ...login, role: undefined }, { CI_JWT: jwt('vault') }))
  const foreign = jwt('somebody else')
  const wrong = await failure(open(login, { CI_JWT: foreign }))
  expect(wrong).toMatchObject(refusedLogin)
  expect(JSON.stringify(wrong)).not.toContain(foreign)
})

describe('oidc', () => {
  const mount = `${id}-oidc`
  let provider: FakeProvider
  let callbackPort: number
  let login: Login

  beforeAll(async () => {
    provider = await startFakeProvider()
    callbackPort = await freePort(new Set())
    login = { method: 'oidc', path: mount, role: 'people', callbackPort, timeout: 20 }
    await operator.write(path`auth/${mount}/config`, {
      oidc_discovery_url: provider.url,
      oidc_client_id: provider.clientID,
      oidc_client_secret: new Secret(provider.clientSecret),
    })
    await operator.write(path`auth/${mount}/role/people`, {
      user_claim: 'sub',
      allowed_redirect_uris: [`http://localhost:${callbackPort}/oidc/callback`],
      token_policies: ['default'],
    })
  })
  afterAll(() => provider.close())

  /** The person with the browser: goes where the text says, and is sent from there. */
  const person = (visit: (page: string) => Promise<unknown>) => {
    const seen = { text: '', pages: [] as string[] }
    const help: Partial<LoginHelp> = {
      attend: (text, wait) => {
        seen.text = text
        return wait()
      },
      browse: (url) => {
        seen.pages.push(url)
        void visit(url)
      },
    }
    return { seen, help }
  }
  const follow = async (page: string): Promise<string> => (await fetch(page)).text()

  test('a person logs in with a browser', async () => {
    let shown = ''
    const { seen, help } = person(async (page) => {
      shown = await follow(page)
    })
    await expectOwn(await open(login, {}, help))
    expect(shown).toContain('You are logged in')
    expect(seen.pages).toEqual([expect.stringContaining(`${provider.url}/authorize?`)])
    expect(seen.text).toContain(seen.pages[0])
    // The address must not be blanked out before the person sees it.
    expect(redact(seen.text)).toBe(seen.text)
  })

  test('off a terminal it is refused before anything is sent', async () => {
    await expect(open(login)).rejects.toMatchObject({ code: USAGE.nobodyToAsk.code, exitCode: 2 })
  })

  test('a person who says no, a browser that never comes back, a request of somebody else', async () => {
    provider.refuse()
    const no = await failure(open(login, {}, person(follow).help))
    expect(no).toMatchObject({ code: VAULT.browserLogin.code, exitCode: 5 })
    expect(no.message).toContain('the person said no')

    const late = await failure(open({ ...login, timeout: 1 } as Login, {}, person(() => Promise.resolve()).help))
    expect(late.message).toContain('within 1 seconds')

    let status = 0
    const forged = person(async (page) => {
      const answer = await fetch(`http://127.0.0.1:${callbackPort}/oidc/callback?code=evil&state=guessed`)
      status = answer.status
      await follow(page)
    })
    await expectOwn(await open(login, {}, forged.help))
    expect(status).toBe(400)
  })

  test('a stop ends the waiting', async () => {
    const stop = new AbortController()
    const { help } = person(() => {
      stop.abort(new Error('stopped'))
      return Promise.resolve()
    })
    await expect(open(login, {}, { ...help, signal: stop.signal })).rejects.toThrow('stopped')
  })

  test('a role that is not there, a redirect that it does not allow, a port that is taken', async () => {
    const help = person(follow).help
    expect(await failure(open({ ...login, role: 'nobody' } as Login, {}, help))).toMatchObject({ exitCode: 5 })
    // Of loopback every port is allowed where one is (RFC 8252, 7.3).
    await operator.write(path`auth/${mount}/role/elsewhere`, {
      user_claim: 'sub',
      allowed_redirect_uris: ['https://elsewhere.example/callback'],
    })
    expect(await failure(open({ ...login, role: 'elsewhere' } as Login, {}, help))).toMatchObject({ exitCode: 5 })
    const other = await freePort(new Set())
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(other, '127.0.0.1', resolve))
    const busy = await failure(open({ ...login, callbackPort: other } as Login, {}, help))
    expect(busy).toMatchObject({ code: VAULT.browserLogin.code })
    expect(busy.message).toContain('EADDRINUSE')
    await new Promise((resolve) => taken.close(resolve))
  })
})

test('nothing that lets somebody in goes to a server that only the file names', async () => {
  const env = { VAULT_ADDR: 'https://vault.example:8200' }
  let asked = false
  const settings = vaultSettings({
    env,
    file: { address: 'https://elsewhere.example:8200' },
    login: { method: 'userpass', path: 'userpass', username: 'ada' },
  })
  const help: LoginHelp = {
    resolve: () => {
      asked = true
      return Promise.resolve('never')
    },
    borrow: () => Promise.reject(new Error('never')),
  }
  await expect(openVault(settings, { emit: () => undefined, help })).rejects.toMatchObject({
    code: VAULT.foreignToken.code,
    exitCode: 2,
  })
  expect(asked).toBe(false)
})
