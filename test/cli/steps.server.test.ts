import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { refs } from '../../src/kubernetes/index.js'
import { path } from '../../src/vault/index.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { emptyHome, icebreaker, operatorEnv, RUN } from './process.js'
import { openTerminal } from './terminal.js'
import { codes, json } from './told.js'

let scenario: Scenario
const home = emptyHome()
/** Where there is no icebreaker.yaml. */
let elsewhere: string

beforeAll(async () => {
  scenario = await openScenario()
  scenario.write(scenario.base())
  elsewhere = mkdtempSync(join(home, 'cwd-'))
})

afterAll(async () => {
  await scenario.close()
  rmSync(home, { recursive: true })
})

type Env = Readonly<Record<string, string | undefined>>
const run = (args: readonly string[], env: Env = {}) =>
  icebreaker([...args, '--file', scenario.file], { ...operatorEnv(home), ...env })

/** Without a file: everything by flags and the environment. */
const bare = (args: readonly string[]) => {
  const { kubeconfig, caFile } = servers()
  const env = { ...operatorEnv(home), KUBECONFIG: kubeconfig, VAULT_CACERT: caFile }
  return execa(process.execPath, [RUN, ...args], { env, cwd: elsewhere, extendEnv: false, reject: false })
}

const accountOf = (id: string) => `${id}-app/app`

test('a cluster is introduced step by step, each of them once', async () => {
  const { id, cluster, vault } = scenario
  const steps = [
    ['reviewer', 'create'],
    ['auth', 'enable', '--description', 'step by step'],
    ['auth', 'configure'],
    ['role', 'write', 'app', '--service-accounts', 'app', '--namespaces', `${id}-app`, '--audience', 'vault'],
  ]
  for (const step of steps) {
    const first = await run([...step, '--json'])
    expect([step, first.exitCode, json(first)]).toEqual([step, 0, expect.objectContaining({ operation: 'step' })])
    const again = await run(step)
    expect([step, again.exitCode, again.stdout]).toEqual([step, 0, expect.stringContaining('No changes')])
  }
  await cluster.create(refs.namespace(`${id}-app`), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `${id}-app` },
  })
  await cluster.create(refs.serviceAccount(`${id}-app`, 'app'), {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'app', namespace: `${id}-app` },
  })
  const login = await run(['auth', 'login', '--as', accountOf(id), '--role', 'app', '--can', 'auth/token/lookup-self'])
  expect([login.exitCode, login.stdout]).toEqual([0, expect.stringContaining('The token is revoked again.')])
  expect((await vault.read(path`auth/${id}/role/app`))?.data).toMatchObject({ audience: 'vault' })
})

describe('exit codes', () => {
  test('3 where something that is asked for is not allowed', async () => {
    const { id } = scenario
    const { exitCode } = await run(['auth', 'login', '--as', accountOf(id), '--role', 'app', '--can', 'sys/mounts'])
    expect(exitCode).toBe(3)
  })

  test('3 where the reviewer is not ready, 0 where it is', async () => {
    expect((await run(['reviewer', 'show'])).exitCode).toBe(0)
    expect((await run(['reviewer', 'show', '--service-account', 'nosuch'])).exitCode).toBe(3)
  })

  test('5 where the login is refused', async () => {
    const ran = await run(['auth', 'login', '--as', `${scenario.id}-app/default`, '--role', 'app', '--json'])
    expect([ran.exitCode, codes(ran)]).toEqual([5, ['ICE2036']])
  })

  test('6 where nothing is proven, and the CA is printed all the same', async () => {
    const { exitCode, stdout, stderr } = await run(['cluster', 'ca', '--api-server', 'https://127.0.0.1:1'])
    expect([exitCode, stdout, stderr]).toEqual([
      6,
      expect.stringContaining('-----BEGIN'),
      expect.stringContaining('Not proven'),
    ])
  })

  test('8 where it is somebody else’s', async () => {
    await scenario.vault.write(path`auth/${scenario.id}/role/theirs`, {
      bound_service_account_names: ['x'],
      bound_service_account_namespaces: ['y'],
    })
    const ran = await run(['role', 'write', 'theirs', '--audience', 'vault', '--json'])
    expect([ran.exitCode, codes(ran)]).toEqual([8, ['ICE4001']])
  })

  test('1 and the nearest name where there is no such thing', async () => {
    const ran = await run(['role', 'show', 'ap', '--json'])
    expect([ran.exitCode, json(ran).error?.next]).toEqual([1, ['Did you mean app?']])
  })
})

describe('off a terminal', () => {
  test('what is missing is named by its flag', async () => {
    const ran = await run(['role', 'write', 'new', '--json'])
    expect([ran.exitCode, codes(ran), json(ran).error?.message]).toEqual([
      2,
      ['ICE1102'],
      '--service-accounts is missing.',
    ])
  })

  test('of a role that exists one field can be said alone', async () => {
    const ran = await run(['role', 'write', 'app', '--token-ttl', '20m'])
    expect([ran.exitCode, ran.stdout]).toEqual([0, expect.stringContaining('tokenTTL: 0s → 20m')])
    expect((await scenario.vault.read(path`auth/${scenario.id}/role/app`))?.data).toMatchObject({
      audience: 'vault',
      bound_service_account_names: ['app'],
      token_ttl: 1200,
    })
  })

  test('what is meant of one field says nothing of another: the audience stays', async () => {
    const ran = await run(['role', 'write', 'app', '--service-accounts', '*', '--accept', 'wildcard'])
    expect([ran.exitCode, ran.stdout]).toEqual([0, expect.stringContaining('serviceAccounts: [app] → [*]')])
    const read = async () => (await scenario.vault.read(path`auth/${scenario.id}/role/app`))?.data
    expect(await read()).toMatchObject({ audience: 'vault', bound_service_account_names: ['*'] })
    await run(['role', 'write', 'app', '--service-accounts', 'app'])
    expect(await read()).toMatchObject({ audience: 'vault', bound_service_account_names: ['app'] })
  })
})

describe('standard output is data', () => {
  test('the CA alone, what is for people on standard error', async () => {
    const { stdout, stderr, exitCode } = await run(['cluster', 'ca'])
    expect(exitCode).toBe(0)
    expect(`${stdout.trim()}\n`).toBe(readFileSync(servers().apiServerCA, 'utf8').replace(/\n*$/, '\n'))
    expect(stderr).toMatch(/SHA-256\s+([0-9A-F]{2}:){31}/)
  })

  test.each([
    ['auth', 'list'],
    ['auth', 'show'],
    ['role', 'list'],
    ['role', 'show', 'app'],
    ['reviewer', 'show'],
    ['cluster', 'inspect'],
  ])('%s %s is one JSON document', async (...words) => {
    const ran = await run([...words, '-o', 'json'])
    expect(json(ran)).toMatchObject({ schemaVersion: 1, operation: words.slice(0, 2).join(' ') })
    expect(ran.stderr).toBe('')
  })
})

describe('secrets', () => {
  const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/

  test.each(['human', 'json', 'ndjson'])('a token is masked in %s, unless it is asked for', async (format) => {
    const masked = await run(['reviewer', 'token', '-o', format])
    expect(masked.stdout + masked.stderr).not.toMatch(JWT)
    expect(masked.stdout).toContain('(secret)')
    const shown = await run(['reviewer', 'token', '-o', format, '--show-secret'])
    expect([shown.stdout, shown.stderr]).toEqual([expect.stringMatching(JWT), expect.not.stringMatching(JWT)])
  })

  test('or written to a file, which must not be there', async () => {
    const out = join(elsewhere, 'reviewer.jwt')
    const ran = await run(['reviewer', 'token', '--secret-out', out])
    expect([ran.exitCode, readFileSync(out, 'utf8')]).toEqual([0, expect.stringMatching(JWT)])
    expect(ran.stdout + ran.stderr).not.toMatch(JWT)
    const again = await run(['reviewer', 'token', '--secret-out', out, '--json'])
    expect([again.exitCode, codes(again)]).toEqual([2, ['ICE1107']])
  })
})

describe('without a file', () => {
  test('the kubeconfig and the environment say where', async () => {
    const ca = await bare(['cluster', 'ca', '--json'])
    expect(json(ca)).toMatchObject({ cluster: 'default', apiServer: servers().apiServer })
    const list = await bare(['role', 'list', '--path', scenario.id, '--json'])
    expect(json(list)).toMatchObject({ mount: scenario.id, roles: expect.any(Array) })
  })

  test('a step is shown, and nothing written', async () => {
    const { id, vault } = scenario
    const words = ['auth', 'enable', '--path', `${id}-dry`, '--name', id, '--dry-run', '--json']
    expect(json(await bare(words))).toMatchObject({ operation: 'step', file: id, dryRun: true, outcomes: [] })
    expect((await vault.read(path`sys/auth`))?.data).not.toHaveProperty(`${id}-dry/`)
  })

  test('a CA file is meant from where one stands', async () => {
    const { apiServerCA, caFile } = servers()
    writeFileSync(join(elsewhere, 'api-ca.pem'), readFileSync(apiServerCA))
    writeFileSync(join(elsewhere, 'other-ca.pem'), readFileSync(caFile))
    expect(json(await bare(['cluster', 'ca', '--api-server-ca', 'api-ca.pem', '--json']))).toMatchObject({
      caFrom: 'file',
    })
    expect((await bare(['cluster', 'ca', '--api-server-ca', './other-ca.pem'])).exitCode).toBe(2)
  })

  test('a file that is named must be there', async () => {
    expect((await bare(['role', 'list', '--file', 'nosuch.yaml'])).exitCode).toBe(2)
  })
})

test('at a terminal what is missing is asked for', async () => {
  const { id, file, vault } = scenario
  const stdout = join(elsewhere, 'stdout')
  const words = [process.execPath, RUN, 'role', 'write', 'asked', '--file', file]
  const terminal = openTerminal(words, { env: { ...operatorEnv(home), CI: '1', NO_COLOR: '1' }, stdout })
  try {
    await terminal.answer('service accounts', 'app,other')
    await terminal.answer('namespaces', `${id}-app`)
    await terminal.answer('audience', 'vault')
    expect(await terminal.ended).toBe(0)
  } finally {
    await terminal.close()
  }
  expect(readFileSync(stdout, 'utf8')).toContain('Done: 1 object written.')
  expect((await vault.read(path`auth/${id}/role/asked`))?.data).toMatchObject({
    bound_service_account_names: ['app', 'other'],
    audience: 'vault',
  })
})

test('Ctrl-C at the question ends it with 130, and nothing is written', async () => {
  const words = [process.execPath, RUN, 'role', 'write', 'never', '--file', scenario.file]
  const terminal = openTerminal(words, { env: { ...operatorEnv(home), CI: '1' } })
  try {
    await terminal.waitFor('service accounts')
    terminal.press('interrupt')
    expect(await terminal.ended).toBe(130)
  } finally {
    await terminal.close()
  }
  expect(await scenario.vault.read(path`auth/${scenario.id}/role/never`)).toBeUndefined()
  expect(existsSync(join(elsewhere, 'icebreaker.yaml'))).toBe(false)
})
