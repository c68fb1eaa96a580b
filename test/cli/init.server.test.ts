import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { loadConfig } from '../../src/config/index.js'
import { path } from '../../src/vault/index.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { emptyHome, operatorEnv, RUN } from './process.js'
import { openTerminal } from './terminal.js'

let scenario: Scenario
let folder: string
const home = emptyHome()
beforeEach(async () => {
  scenario = await openScenario()
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-init-'))
})
afterEach(async () => {
  await scenario.close()
  rmSync(folder, { recursive: true })
})
afterAll(() => rmSync(home, { recursive: true }))

const env = () => ({ ...operatorEnv(home), KUBECONFIG: servers().kubeconfig, VAULT_CACERT: servers().caFile })

async function icebreaker(args: readonly string[]) {
  const options = { cwd: folder, env: env(), extendEnv: false, reject: false, stdin: 'ignore' } as const
  const { exitCode, stdout, stderr } = await execa(process.execPath, [RUN, ...args], options)
  return { exitCode, stdout, stderr }
}

/** Names that no other test uses. */
const names = (): readonly string[] => {
  const { id } = scenario
  const flags = {
    name: id,
    'auth-path': id,
    'reviewer-namespace': `${id}-auth`,
    namespace: `${id}-app`,
    'service-account': 'till',
    policy: id,
    engine: `${id}-engine`,
  }
  return Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])
}

const SPECIAL: Readonly<Record<string, () => readonly string[]>> = {
  'web-app': () => [],
  postgres: () => ['--connection-url', `${servers().postgres.host}:${servers().postgres.port}/app`],
  vso: () => {
    const { id } = scenario
    const place = ['--operator-namespace', `${id}-vso`, '--operator-role', `${id}-vso`]
    return [...place, '--transit-engine', `${id}-transit`]
  },
}

test.each(Object.keys(SPECIAL))(
  'what init writes for %s can be planned, applied and verified',
  async (template) => {
    const flags = [...names(), ...(SPECIAL[template]?.() ?? [])]
    const made = await icebreaker(['init', '--template', template, '--yes', ...flags, '--json'])
    expect(made).toMatchObject({ exitCode: 0 })
    expect(JSON.parse(made.stdout)).toMatchObject({ state: 'written', assumed: [] })

    expect(await icebreaker(['plan', '--exit-code'])).toMatchObject({ exitCode: 4 })
    const applied = await icebreaker(['apply', '--yes', '--json'])
    expect(applied).toMatchObject({ exitCode: 0 })
    const verified = await icebreaker(['verify', '--json'])
    expect(verified).toMatchObject({ exitCode: 0 })
    const { summary } = JSON.parse(verified.stdout) as { summary: Record<string, number> }
    expect(summary).toMatchObject({ failed: 0, skipped: 0 })
    expect(summary['passed']).toBeGreaterThan(5)
    expect(await icebreaker(['plan', '--exit-code'])).toMatchObject({ exitCode: 0 })
  },
  180_000,
)

test('an engine that is there is used as it is', async () => {
  const { id, vault } = scenario
  await vault.write(path`sys/mounts/${`${id}-engine`}`, { type: 'kv', options: { version: '1' } })
  await icebreaker(['init', '--template', 'web-app', '--yes', ...names()])
  const { file } = await loadConfig(join(folder, 'icebreaker.yaml'))
  expect(file.engines).toEqual({ [`${id}-engine`]: { existing: true, type: 'kv', version: 1 } })
  expect(await icebreaker(['apply', '--yes'])).toMatchObject({ exitCode: 0 })
}, 120_000)

describe('a conversation', () => {
  const open = (args: readonly string[] = []) =>
    openTerminal([process.execPath, RUN, 'init', ...args], { env: env(), cwd: folder })

  test('looks, offers what it saw, and writes', async () => {
    const { id, vault } = scenario
    await vault.write(path`sys/mounts/${`${id}-kv`}`, { type: 'kv', options: { version: '1' } })
    const terminal = open(['--policy', id])
    await terminal.answer('What is to get its secrets from Vault?')
    await terminal.answer('Name of the file', id)
    await terminal.answer(/Which cluster\?[\s\S]*icebreaker-sandbox/)
    await terminal.answer(`Where is Vault? (${servers().vaultAddress})`)
    await terminal.answer('Under which path of Vault', id)
    // What is typed leads to the choice that begins so.
    await terminal.answer(/In which namespace does it run\?[\s\S]*app \(new\)[\s\S]*default/, 'default')
    await terminal.answer(/As which service account\?[\s\S]*app \(new\)[\s\S]*default/, 'another one')
    await terminal.answer('Which one?', 'till')
    await terminal.answer(/the path of an engine[\s\S]*there already/, `${id}-kv`)
    await terminal.answer('Which secret of it? (a path) (till/config)')
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).toMatch(/icebreaker\.yaml is written[\s\S]*Next:\n {2}icebreaker plan$/)
    const { file } = await loadConfig(join(folder, 'icebreaker.yaml'))
    expect(file).toMatchObject({
      name: id,
      vault: { address: servers().vaultAddress },
      clusters: { 'icebreaker-sandbox': { context: 'icebreaker-sandbox', auth: { path: id } } },
      namespaces: {},
      serviceAccounts: ['default/till'],
      engines: { [`${id}-kv`]: { existing: true, version: 1 } },
      policies: { [id]: { grants: [`read kv ${id}-kv/till/config`] } },
      roles: { till: { serviceAccounts: ['till'], namespaces: ['default'] } },
    })
  })

  test('adds to the file: shows the difference, and asks', async () => {
    await icebreaker(['init', '--template', 'web-app', '--yes', ...names()])
    const before = readFileSync(join(folder, 'icebreaker.yaml'), 'utf8')
    const conversation = async (answer: string) => {
      const terminal = open()
      await terminal.waitFor('What shall be added to it?')
      terminal.press('space', 'enter')
      await terminal.waitFor('In which namespace does it run?')
      terminal.press('enter')
      await terminal.waitFor('As which service account?')
      terminal.press('enter')
      await terminal.waitFor('Which policies does it get?')
      terminal.press('space', 'enter')
      await terminal.answer('Write icebreaker.yaml?', answer)
      return { exitCode: await terminal.ended, screen: terminal.screen() }
    }
    const declined = await conversation('n')
    expect(declined.exitCode).toBe(7)
    expect(declined.screen).toMatch(/icebreaker\.yaml would change:[\s\S]* {2}\+ {3}app:\n/)
    expect(readFileSync(join(folder, 'icebreaker.yaml'), 'utf8')).toBe(before)

    expect(await conversation('y')).toMatchObject({ exitCode: 0, screen: expect.stringContaining('roles.app added') })
    expect(Object.keys((await loadConfig(join(folder, 'icebreaker.yaml'))).file.roles)).toEqual(['till', 'app'])
  })
})
