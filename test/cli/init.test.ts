import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/index.js'
import { tcpServer } from '../vault/faulty-server.js'
import { emptyHome, RUN, type Ran } from './process.js'
import { openTerminal } from './terminal.js'
import { codes, json } from './told.js'

const home = emptyHome()
afterAll(() => rmSync(home, { recursive: true }))

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-init-'))
  file = join(folder, 'icebreaker.yaml')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Nothing is there: no kubeconfig, no Vault. */
const env = { PATH: process.env['PATH'], HOME: home }

async function init(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const options = { cwd: folder, env: { ...env, ...more }, extendEnv: false, reject: false, stdin: 'ignore' } as const
  const { exitCode, signal, stdout, stderr } = await execa(process.execPath, [RUN, 'init', ...args], options)
  return { exitCode, signal, stdout, stderr }
}

describe('a new file, with no server anywhere', () => {
  test.each(['web-app', 'postgres', 'vso', 'ci'])('%s is written, and can be read by everything', async (template) => {
    const ran = await init(['--template', template, '--yes'])
    expect(ran).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/ICE3001[\s\S]*ICE2001/) })
    expect(ran.stdout).toMatch(/icebreaker\.yaml is written[\s\S]*marked CHECK[\s\S]*Next:[\s\S]* {2}icebreaker plan$/)
    expect(ran.stdout.includes('export PGPASSWORD=')).toBe(template === 'postgres')
    await loadConfig(file)
  })

  test('under another name, which the next command names', async () => {
    const ran = await init(['--yes', '--out', 'my file.yaml'])
    expect(ran.stdout).toMatch(/Next:\n {2}icebreaker plan --file 'my file\.yaml'$/)
    expect(readdirSync(folder)).toEqual(['my file.yaml'])
  })

  test('ICEBREAKER_FILE says where, as for every command', async () => {
    await init(['--yes'], { ICEBREAKER_FILE: 'mine.yaml' })
    expect(readdirSync(folder)).toEqual(['mine.yaml'])
  })

  test.each([[['--out', '-']], [['--dry-run']]])(
    '%j: standard output is the file, and nothing is written',
    async (args) => {
      const ran = await init(['--yes', '--name', 'shop', ...args])
      expect(parse(ran.stdout)).toMatchObject({ version: 1, name: 'shop' })
      expect(readdirSync(folder)).toEqual([])
    },
  )

  test('as JSON', async () => {
    const ran = await init(['--yes', '--json', '--name', 'shop'])
    const told = json(ran) as unknown as { yaml: string; notes: unknown[]; assumed: unknown[] }
    expect(told).toMatchObject({ operation: 'init', state: 'written', file: 'icebreaker.yaml', template: 'web-app' })
    expect(told.yaml).toBe(readFileSync(file, 'utf8'))
    expect([told.notes.length, told.assumed.length]).toEqual([2, 6])
  })

  test('every answer by a flag, or by its variable', async () => {
    const { exitCode } = await init(
      ['--context', 'c', '--vault-address', 'https://127.0.0.1:1', '--auth-path', 'a b'],
      {
        ICEBREAKER_INIT_TEMPLATE: 'web-app',
        ICEBREAKER_INIT_NAME: 'shop',
        ICEBREAKER_INIT_NAMESPACE: 'app',
        ICEBREAKER_INIT_SERVICE_ACCOUNT: 'till',
        ICEBREAKER_INIT_ENGINE: 'kv: "x"',
        ICEBREAKER_INIT_SECRET: '- a',
      },
    )
    expect(exitCode).toBe(0)
    expect((await loadConfig(file)).file).toMatchObject({
      name: 'shop',
      vault: { address: 'https://127.0.0.1:1' },
      clusters: { c: { context: 'c', auth: { path: 'a b' } } },
      engines: { 'kv: "x"': { secrets: { '- a': {} } } },
    })
  })

  test('a CA that is named by a path from here stands in the file by a path from there', async () => {
    writeFileSync(join(folder, 'ca.crt'), '')
    await execa('mkdir', [join(folder, 'deploy')])
    await init(['--yes', '--vault-ca-file', 'ca.crt', '--out', 'deploy/icebreaker.yaml'])
    expect((await loadConfig(join(folder, 'deploy/icebreaker.yaml'))).file.vault.caFile).toBe('../ca.crt')
  })
})

describe('refused, with nothing written and nothing contacted', () => {
  const refusals: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ['questions and nobody to ask', [], 'ICE1102', /--template, --name, --context, .*--yes/s],
    ['one answer missing', ['--template', 'ci', ...answers(), '--secret'], 'ICE1102', /missing: --engine\./],
    ['an answer that cannot be', ['--yes', '--namespace', 'My_App'], 'ICE1100', /--namespace: expected lower-case/],
    ['an answer to another question', ['--yes', '--grant', 'read kv a/b'], 'ICE1100', /--grant means nothing/],
    ['no such template', ['--template', 'web'], 'ICE1100', /web-app/],
    ['something to add, and no file', ['--add', 'role', '--yes'], 'ICE1100', /no file icebreaker\.yaml to add to/],
    ['something else to add', ['--add', 'secret', '--yes', '--out', 'there.yaml'], 'ICE1100', /expected one of role/],
    ['something to add to nothing', ['--add', 'role', '--yes', '--out', '-'], 'ICE1100', /needs a file/],
    ['a folder that is not there', ['--yes', '--out', 'none/x.yaml'], 'ICE1110', /its folder does not exist/],
  ]

  function answers(): readonly string[] {
    const ids = ['name', 'context', 'vault-address', 'auth-path', 'namespace', 'service-account']
    return ids.flatMap((id) => [`--${id}`, id === 'vault-address' ? 'https://vault' : 'x'])
  }

  test.each(refusals)('%s', async (_, args, code, words) => {
    const whole = args.at(-1) === '--secret' ? [...args, 'a/b'] : args
    const listener = await tcpServer((socket) => socket.destroy())
    const ran = await init([...whole, '--json'], { VAULT_ADDR: `https://127.0.0.1:${listener.port}` })
    await listener.close()
    expect([ran.exitCode, codes(ran)]).toEqual([2, [code]])
    expect(ran.stderr.replace(/\s+/g, ' ')).toMatch(words)
    expect(readdirSync(folder)).toEqual([])
    expect(listener.peak.connections).toBe(0)
  })

  const OURS = '# Mine\nversion: 1\n'
  test.each([[['--yes']], [['--yes', '--template', 'ci']], [[]], [['--yes', '--dry-run']]])(
    'a file that is there, with %j',
    async (args) => {
      writeFileSync(file, OURS)
      const ran = await init([...args, '--json'])
      expect([ran.exitCode, codes(ran)]).toEqual([2, ['ICE1109']])
      expect(json(ran).error?.next.join('\n')).toMatch(/--add role[\s\S]*--out/)
      expect(readFileSync(file, 'utf8')).toBe(OURS)
    },
  )

  test('a link, wherever it leads', async () => {
    symlinkSync(join(folder, 'elsewhere'), file)
    const ran = await init(['--yes', '--json'])
    expect([ran.exitCode, codes(ran)]).toEqual([2, ['ICE1110']])
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false)
  })
})

describe('adding to a file', () => {
  beforeEach(() => init(['--yes', '--name', 'shop', '--vault-address', 'https://127.0.0.1:1']))
  const role = ['--add', 'role', '--namespace', 'shop', '--service-account', 'till', '--policy', 'app']

  test('what was there stays, letter for letter', async () => {
    const before = readFileSync(file, 'utf8').replace('name: shop', 'name:    shop   # ours')
    writeFileSync(file, before)
    const ran = await init([...role, '--yes'])
    expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('roles.till added') })
    const after = readFileSync(file, 'utf8').split('\n')
    expect(before.split('\n').filter((line) => !after.includes(line))).toEqual([])
    expect((await loadConfig(file)).file.roles['till']).toMatchObject({ policies: ['app'], namespaces: ['shop'] })
  })

  test('only looked at', async () => {
    const before = readFileSync(file, 'utf8')
    const { stdout } = await init([...role, '--dry-run'])
    expect(parse(stdout)).toMatchObject({ roles: { till: {} } })
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  test.each([
    ['nobody to ask', role, 'ICE1102', /--yes/],
    ['a role that is there', [...role, '--role', 'app', '--yes'], 'ICE1100', /--role: the file has it already/],
    [
      'a grant in no engine',
      ['--add', 'policy', '--policy', 'p', '--grant', 'read kv nowhere/x', '--yes'],
      'ICE1100',
      /--grant: .*--add engine/,
    ],
    ['no grant', ['--add', 'policy', '--policy', 'p', '--yes'], 'ICE1100', /--grant: nothing was found/],
  ])('refused: %s', async (_, args, code, words) => {
    const before = readFileSync(file, 'utf8')
    const ran = await init([...args, '--json'])
    expect([ran.exitCode, codes(ran)]).toEqual([2, [code]])
    expect(ran.stderr.replace(/\s+/g, ' ')).toMatch(words)
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  test('a file with a mistake is told before anything is asked', async () => {
    writeFileSync(file, `${readFileSync(file, 'utf8')}rolls: {}\n`)
    const ran = await init([...role, '--yes', '--json'])
    expect(codes(ran)).toEqual(['ICE1002'])
  })
})

test('Ctrl-C at a question leaves nothing behind', async () => {
  const terminal = openTerminal([process.execPath, RUN, 'init'], { env, cwd: folder })
  await terminal.waitFor('What is to get its secrets from Vault?')
  terminal.press('enter')
  await terminal.waitFor('Name of the file')
  terminal.press('interrupt')
  expect(await terminal.ended).toBe(130)
  expect(readdirSync(folder)).toEqual([])
})

test('at a terminal, what is wrong is asked for again', async () => {
  const args = ['init', '--template', 'web-app', '--context', 'c', '--vault-address', 'https://127.0.0.1:1']
  const more = ['--auth-path', 'a', '--namespace', 'n', '--service-account', 's', '--engine', 'e', '--secret', 's']
  const terminal = openTerminal([process.execPath, RUN, ...args, ...more], { env, cwd: folder })
  await terminal.answer('Name of the file', 'Not Good')
  await terminal.waitFor(/Expected lower-case letters/)
  terminal.type('\u0015fine\r')
  expect(await terminal.ended).toBe(0)
  expect((await loadConfig(file)).file.name).toBe('fine')
})
