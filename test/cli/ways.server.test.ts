import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { freePort } from '../../src/sandbox/ports.js'
import { path } from '../../src/vault/index.js'
import { beforeVault, type Recorder } from '../operations/recorder.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { startFakeProvider } from '../vault/login/fake-provider.js'
import { emptyHome, icebreaker, operatorEnv, RUN, start } from './process.js'
import { openTerminal } from './terminal.js'
import { codes } from './told.js'

const PASSWORD = 'correct-horse-battery'
let scenario: Scenario
let vault: Recorder
let mount: string
const home = emptyHome()

beforeAll(async () => {
  scenario = await openScenario()
  vault = await beforeVault(scenario.folder)
  mount = `${scenario.id}-people`
  scenario.write({ ...scenario.base(), vault: { address: vault.address, caFile: vault.caFile } })
  const policy = 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'
  await scenario.vault.write(path`sys/policies/acl/${mount}`, { policy })
  await scenario.vault.write(path`sys/auth/${mount}`, { type: 'userpass' })
  await scenario.vault.write(path`auth/${mount}/users/ada`, { password: PASSWORD, token_policies: [mount] })
})
afterAll(async () => {
  await scenario.vault.delete(path`sys/auth/${mount}`)
  await scenario.vault.delete(path`sys/policies/acl/${mount}`)
  await vault.close()
  await scenario.close()
  rmSync(home, { recursive: true })
})

const env = () => ({ ...operatorEnv(home), VAULT_ADDR: vault.address, VAULT_TOKEN: undefined, ADA: PASSWORD })
const login = () => ['--login', `userpass,path=${mount},username=ada,password=env:ADA`]
const file = () => ['--file', scenario.file]
/** How often a path was asked for that ends so. */
const asked = (end: string): number => vault.requests.filter((request) => request.path.endsWith(end)).length

/** The first request of a path ends the command, once: the second signal would not wait for anything. */
function interruptAt(begin: string, child: { kill(signal: 'SIGINT'): boolean }): void {
  let met = false
  vault.meddle = ({ path: at }, step) => {
    if (met || step !== 'before' || !at.startsWith(begin)) return undefined
    met = child.kill('SIGINT')
    return undefined
  }
}

describe('off a terminal', () => {
  test('one login, one revocation, and nothing of it in the output', async () => {
    vault.requests.length = 0
    const ran = await icebreaker(['plan', ...file(), ...login()], env())
    expect(ran).toMatchObject({ exitCode: 0 })
    expect([asked('/login/ada'), asked('/revoke-self')]).toEqual([1, 1])
    expect(ran.stdout + ran.stderr).not.toContain(PASSWORD)
  })

  test('ICEBREAKER_LOGIN is the same as the flag; a wrong password is exit code 5', async () => {
    const [, text] = login()
    const good = await icebreaker(['plan', ...file()], { ...env(), ICEBREAKER_LOGIN: text })
    expect(good.exitCode).toBe(0)
    const wrong = await icebreaker(['plan', ...file(), ...login(), '-o', 'json'], { ...env(), ADA: 'wrong-password' })
    expect([wrong.exitCode, codes(wrong)]).toEqual([5, ['ICE2036']])
    expect(wrong.stdout + wrong.stderr).not.toContain('wrong-password')
    const nobody = await icebreaker(['plan', ...file(), '--login', 'oidc', '-o', 'json'], env())
    expect([nobody.exitCode, codes(nobody)]).toEqual([2, ['ICE1102']])
  })

  test('Ctrl-C gives the token back', async () => {
    vault.requests.length = 0
    const child = start(['plan', ...file(), ...login()], env())
    interruptAt('/v1/sys/', child)
    const { exitCode } = await child
    vault.meddle = () => undefined
    expect(exitCode).toBe(130)
    expect([asked('/login/ada'), asked('/revoke-self')]).toEqual([1, 1])
  })

  test('so does a step, whose requests Ctrl-C ends', async () => {
    vault.requests.length = 0
    const child = start(['auth', 'list', ...file(), ...login()], env())
    interruptAt('/v1/sys/auth', child)
    const { exitCode } = await child
    vault.meddle = () => undefined
    expect(exitCode).toBe(130)
    expect([asked('/login/ada'), asked('/revoke-self')]).toEqual([1, 1])
  })
})

describe('at a terminal', () => {
  const open = (args: readonly string[], columns = 100) =>
    openTerminal([process.execPath, RUN, ...args, ...file()], {
      env: { ...env(), ICEBREAKER_NO_BROWSER: '1', LANG: 'C.UTF-8' },
      columns,
    })

  test('the password is asked for, and is not shown', async () => {
    const terminal = open(['status', '--login', `userpass,path=${mount},username=ada`])
    await terminal.answer(`Password of ada (userpass) for ${vault.address}`, PASSWORD)
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).not.toContain(PASSWORD)
  })

  test('oidc: the whole address is shown, and the login goes on when the browser comes back', async () => {
    const provider = await startFakeProvider()
    const port = await freePort(new Set())
    const oidc = `${scenario.id}-oidc`
    await scenario.vault.write(path`sys/auth/${oidc}`, { type: 'oidc' })
    await scenario.vault.write(path`auth/${oidc}/config`, {
      oidc_discovery_url: provider.url,
      oidc_client_id: provider.clientID,
      oidc_client_secret: provider.clientSecret,
      default_role: 'people',
    })
    await scenario.vault.write(path`auth/${oidc}/role/people`, {
      user_claim: 'sub',
      allowed_redirect_uris: [`http://localhost:${port}/oidc/callback`],
      token_policies: [mount],
    })
    try {
      const terminal = open(['status', '-o', 'json', '--login', `oidc,path=${oidc},callbackPort=${port}`], 500)
      await terminal.waitFor(/state=\S+/)
      const page = /http:\/\/127\.0\.0\.1\S+state=\S+/.exec(terminal.screen())?.[0] ?? ''
      expect(await (await fetch(page)).text()).toContain('You are logged in')
      expect(await terminal.ended).toBe(0)
    } finally {
      await scenario.vault.delete(path`sys/auth/${oidc}`)
      await provider.close()
    }
  })
})

test('the file’s own login is what every command uses', async () => {
  const plain = readFileSync(scenario.file, 'utf8')
  const content = JSON.parse(plain) as { vault: object }
  writeFileSync(join(scenario.folder, 'ada'), `${PASSWORD}\n`, { mode: 0o600 })
  const own = { method: 'userpass', path: mount, username: 'ada', password: { file: 'ada' } }
  writeFileSync(scenario.file, JSON.stringify({ ...content, vault: { ...content.vault, login: own } }))
  for (const command of [
    ['status'],
    ['plan'],
    ['auth', 'list'],
    ['policy', 'show', 'default'],
    ['who-can', 'read', 'x/y', '--raw', '--live'],
  ]) {
    vault.requests.length = 0
    await icebreaker([...command, ...file()], env())
    expect([command[0], asked('/login/ada'), asked('/revoke-self')]).toEqual([command[0], 1, 1])
  }
  writeFileSync(scenario.file, plain)
})
