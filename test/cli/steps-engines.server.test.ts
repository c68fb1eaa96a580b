import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { path } from '../../src/vault/index.js'
import { databaseURL, makeUser } from '../operations/everything.js'
import { limitedToken } from '../operations/limited.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { emptyHome, icebreaker, operatorEnv, RUN } from './process.js'
import { openTerminal } from './terminal.js'
import { codes, json } from './told.js'

let scenario: Scenario
const home = emptyHome()
const PASSWORD = 'a-password-that-must-not-show'
let [kv, transit, database]: [string, string, string] = ['', '', '']

beforeAll(async () => {
  scenario = await openScenario()
  scenario.write(scenario.base())
  ;[kv, transit, database] = [`${scenario.id}-kv`, `${scenario.id}-transit`, `${scenario.id}-db`]
})

afterAll(async () => {
  await scenario.vault.write(path`sys/leases/revoke-prefix/${database}`, { sync: true }, { repeatable: true })
  await scenario.close()
  rmSync(home, { recursive: true })
})

type Env = Readonly<Record<string, string | undefined>>
const envOf = (more: Env = {}): Env => ({ ...operatorEnv(home), PW: PASSWORD, ...more })
const run = (args: readonly string[], env: Env = {}) => icebreaker([...args, '--file', scenario.file], envOf(env))

const piped = (args: readonly string[], input: string) =>
  execa(process.execPath, [RUN, ...args, '--file', scenario.file], {
    env: envOf(),
    extendEnv: false,
    reject: false,
    input,
  })

const connection = () => [
  ...['--plugin', 'postgresql-database-plugin', '--url', databaseURL(), '--username', 'vault'],
  ...['--password', 'env:PGPASSWORD'],
]
const CREATE = `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`
const role = ['--connection', 'main', '--creation', CREATE, '--revocation', 'DROP ROLE "{{name}}"']

test('engines are filled step by step, each of them once', async () => {
  const steps = [
    ['kv', 'enable', kv, '--max-versions', '3'],
    ['kv', 'put', `${kv}/app/creds`, 'username=literal:app', 'password=env:PW'],
    ['transit', 'enable', transit],
    ['transit', 'key', `${transit}/app`, '--auto-rotate-period', '720h'],
    ['database', 'configure', `${database}/main`, ...connection()],
    ['database', 'role', `${database}/app`, ...role],
    ['policy', 'write', scenario.id, '--grant', `read kv ${kv}/app/creds`, '--grant', `read database ${database}/app`],
  ]
  for (const step of steps) {
    const first = await run([...step, '--json'])
    expect([step, first.exitCode, json(first)]).toEqual([
      step,
      0,
      expect.objectContaining({ operation: 'step', command: step.slice(0, 2).join(' ') }),
    ])
    expect(first.stdout + first.stderr).not.toContain(PASSWORD)
    const again = await run(step)
    expect([step, again.exitCode, again.stdout]).toEqual([step, 0, expect.stringContaining('No changes')])
  }
  for (const [words, said] of [
    [['transit', 'check', `${transit}/app`], 'The key works.'],
    [['database', 'creds', `${database}/app`], 'It is revoked again.'],
  ] as const) {
    const { exitCode, stdout } = await run(words)
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining(said)])
  }
})

describe('exit codes', () => {
  test('8 where a secret would be overwritten', async () => {
    const ran = await run(['kv', 'put', `${kv}/app/creds`, 'username=literal:other', '--json'])
    expect([ran.exitCode, codes(ran)]).toEqual([8, ['ICE4015']])
    expect(ran.stdout + ran.stderr).not.toContain(PASSWORD)
  })

  test('1 and the nearest name where there is no such thing', async () => {
    const ran = await run(['kv', 'get', `${kv}/app/cred`, '--json'])
    expect([ran.exitCode, json(ran).error?.next]).toEqual([1, ['Did you mean creds?']])
    expect((await run(['transit', 'check', `${transit}/nosuch`])).exitCode).toBe(1)
  })

  test('2 for what cannot be understood; what may be a secret is not repeated', async () => {
    for (const words of [
      ['kv', 'put', `${kv}/x`, `password=${PASSWORD}`],
      ['kv', 'put', `${kv}/x`, PASSWORD],
      ['database', 'configure', `${database}/x`, ...connection().slice(0, -1), PASSWORD.replaceAll('-', '')],
      ['database', 'rotate-root', `${database}/main`, '--password', PASSWORD, '--confirm', `${database}/main`],
    ]) {
      const ran = await run([...words, '--json'])
      expect([words[1], ran.exitCode, codes(ran)]).toEqual([words[1], 2, ['ICE1100']])
      expect(ran.stdout + ran.stderr).not.toContain(PASSWORD)
      expect(ran.stdout + ran.stderr).not.toContain(PASSWORD.replaceAll('-', ''))
    }
    expect((await run(['transit', 'key', 'noslash'])).exitCode).toBe(2)
    expect((await run(['database', 'role', `${database}/app`, '--rotation-period', '1h'])).exitCode).toBe(2)
    expect((await run(['database', 'creds', `${database}/app`, '--probe-address', 'nowhere'])).exitCode).toBe(2)
  })

  test('3 where a proof that was asked for could not be made', async () => {
    const { exitCode, stdout } = await run(['database', 'creds', `${database}/app`, '--probe-address', '127.0.0.1:1'])
    expect([exitCode, stdout]).toEqual([3, expect.stringContaining('NOT PROVEN')])
  })

  test('5 where the token may not', async () => {
    const token = await limitedToken(scenario, 'none', `path "${kv}/data/other" { capabilities = ["read"] }`)
    const ran = await run(['kv', 'get', `${kv}/app/creds`, '--json'], { VAULT_TOKEN: token })
    expect([ran.exitCode, codes(ran)]).toEqual([5, ['ICE2028']])
  })

  test('8 where the user is not Vault’s alone', async () => {
    // A user of this test's own, and a superuser: nothing that others use may be rotated.
    const user = `${scenario.id}_root`
    const remove = await makeUser(user, 'SUPERUSER')
    try {
      const at = `${database}/${user}`
      const words = ['--plugin', 'postgresql-database-plugin', '--url', databaseURL(), '--username', user]
      await run(['database', 'configure', at, ...words, '--password', 'env:ROOT'], { ROOT: user })
      const asked = ['database', 'rotate-root', at, '--password', 'env:ROOT', '--accept', 'unchecked', '--confirm', at]
      const ran = await run([...asked, '--json'], { ROOT: user })
      expect([ran.exitCode, codes(ran)]).toEqual([8, ['ICE4016']])
    } finally {
      await remove()
    }
  })
})

describe('off a terminal', () => {
  test('what is missing is named by its flag', async () => {
    const missing = async (...words: string[]) => {
      const ran = await run([...words, '--json'])
      expect([ran.exitCode, codes(ran)]).toEqual([2, ['ICE1102']])
      return json(ran).error?.message ?? ''
    }
    expect(await missing('database', 'configure', `${database}/new`)).toBe('--plugin is missing.')
    expect(await missing('database', 'configure', `${database}/new`, ...connection().slice(0, -2))).toBe(
      '--password is missing.',
    )
    expect(await missing('database', 'role', `${database}/new`)).toBe('--connection is missing.')
    expect(await missing('database', 'rotate-root', `${database}/main`)).toContain('no terminal')
    expect(await missing('policy', 'write', `${scenario.id}-new`)).toContain('is missing')
  })

  test('the connection must be named once more before its password is rotated', async () => {
    const ran = await run(['database', 'rotate-root', `${database}/main`, '--confirm', 'another', '--json'])
    expect([ran.exitCode, codes(ran)]).toEqual([2, ['ICE1100']])
  })
})

describe('secrets', () => {
  test('a value comes alone, to the letter, and only where it is asked for', async () => {
    const one = ['kv', 'get', `${kv}/app/creds`, '--field', 'password']
    const masked = await run(one)
    expect(masked.stdout + masked.stderr).not.toContain(PASSWORD)
    expect((await run([...one, '--show-secret'])).stdout).toBe(PASSWORD)
    const shown = await run(['kv', 'get', `${kv}/app/creds`, '--show-secret', '-o', 'json'])
    expect(json(shown)).toMatchObject({ data: { username: 'app', password: PASSWORD }, shown: true })
  })

  test('also where the terminal has no Unicode', async () => {
    const odd = '…::set-output name=x::’y’'
    await piped(['kv', 'put', `${kv}/odd`, '-'], JSON.stringify({ odd }))
    const { stdout } = await run(['kv', 'get', `${kv}/odd`, '--field', 'odd', '--show-secret'], { LANG: 'C' })
    expect(stdout).toBe(odd)
  })

  test('or goes to a new file', async () => {
    const out = join(mkdtempSync(join(home, 'out-')), 'creds.json')
    const ran = await run(['database', 'creds', `${database}/app`, '--secret-out', out])
    expect([ran.exitCode, ran.stdout]).toEqual([0, expect.stringContaining('It lives until')])
    const { password } = JSON.parse(readFileSync(out, 'utf8')) as { password: string }
    expect(ran.stdout + ran.stderr).not.toContain(password)
    const again = await run(['database', 'creds', `${database}/app`, '--secret-out', out, '--json'])
    expect([again.exitCode, codes(again)]).toEqual([2, ['ICE1107']])
  })

  test('JSON comes in on standard input', async () => {
    const ran = await piped(['kv', 'put', `${kv}/piped`, '-'], JSON.stringify({ token: PASSWORD }))
    expect([ran.exitCode, ran.stdout]).toEqual([0, expect.stringContaining('(standard input)')])
    expect(ran.stdout + ran.stderr).not.toContain(PASSWORD)
    const { data } = (await scenario.vault.read<{ data: object }>(path`${kv}/data/piped`))!
    expect(data.data).toEqual({ token: PASSWORD })
    for (const [input, said] of [
      [`{"token": ${PASSWORD}`, 'not JSON'],
      [`["${PASSWORD}"]`, 'no JSON object'],
      [`{"port": 5432, "token": "${PASSWORD}"}`, 'is not a text'],
    ] as const) {
      const wrong = await piped(['kv', 'put', `${kv}/wrong`, '-', '--json'], input)
      expect([wrong.exitCode, json(wrong).error?.message]).toEqual([2, expect.stringContaining(said)])
      expect(wrong.stdout + wrong.stderr).not.toContain(PASSWORD)
    }
  })
})

test.each([
  [['kv', 'get'], () => [`${kv}/app/creds`]],
  [['transit', 'check'], () => [`${transit}/app`]],
  [['transit', 'rotate'], () => [`${transit}/app`, '--dry-run']],
  [['database', 'creds'], () => [`${database}/app`]],
  [['database', 'rotate-root'], () => [`${database}/main`, '--dry-run']],
])('%s is one JSON document', async (words, rest) => {
  const ran = await run([...words, ...rest(), '-o', 'json'])
  expect(json(ran)).toMatchObject({ schemaVersion: 1, operation: words.join(' ') })
})

describe('at a terminal', () => {
  const terminalFor = (words: readonly string[], stdout: string) =>
    openTerminal([process.execPath, RUN, ...words, '--file', scenario.file], {
      env: { ...envOf(), CI: '1', NO_COLOR: '1' },
      stdout,
    })

  test('what a new connection lacks is asked for, the password without an echo', async () => {
    const stdout = join(home, 'configure')
    const terminal = terminalFor(['database', 'configure', `${database}/asked`], stdout)
    const { password } = servers().postgres.vault
    try {
      await terminal.answer('plugin', 'postgresql-database-plugin')
      await terminal.answer('url', databaseURL())
      await terminal.answer(/\? username/, 'vault')
      await terminal.answer(/Password of Vault/, password)
      expect(await terminal.ended).toBe(0)
      expect(terminal.screen()).not.toContain(password)
    } finally {
      await terminal.close()
    }
    expect(readFileSync(stdout, 'utf8')).toContain('Done:')
    expect(await scenario.vault.list(path`${database}/config`)).toContain('asked')
  })

  test('a password is rotated only by whoever types which; anything else is a no', async () => {
    const { superuser } = servers().postgres
    const words = [
      ...['database', 'rotate-root', `${database}/other`, '--username', `literal:${superuser.user}`],
      ...['--password', 'env:PGPASSWORD'],
    ]
    await scenario.vault.write(path`${database}/config/other`, {
      plugin_name: 'mysql-database-plugin',
      connection_url: '{{username}}:{{password}}@tcp(127.0.0.1:1)/',
      username: 'nobody-else',
      password: 'x',
      verify_connection: false,
    })
    const stdout = join(home, 'rotate')
    const terminal = terminalFor([...words, '--accept', 'unchecked'], stdout)
    try {
      await terminal.answer(`Type ${database}/other to rotate it`, 'yes')
      expect(await terminal.ended).toBe(7)
    } finally {
      await terminal.close()
    }
    expect(existsSync(stdout) && readFileSync(stdout, 'utf8')).toBe('')
  })
})
