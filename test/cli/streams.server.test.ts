import { existsSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { path } from '../../src/vault/index.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { tcpServer } from '../vault/faulty-server.js'
import { emptyHome, icebreaker, operatorEnv, RUN } from './process.js'
import { json } from './told.js'

let scenario: Scenario
const home = emptyHome()

beforeAll(async () => {
  scenario = await openScenario()
  const { id } = scenario
  scenario.write({
    ...scenario.base(),
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    policies: { [id]: { grants: [`list kv ${id}-kv/app`] } },
    engines: { [`${id}-kv`]: { type: 'kv' } },
    roles: { app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault', policies: [id] } },
  })
})

afterAll(async () => {
  await scenario.close()
  rmSync(home, { recursive: true })
})

const run = (args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) =>
  icebreaker([...args, '--file', scenario.file], { ...operatorEnv(home), ...env })

// ESC, which begins every colour and every movement of the cursor; and the same of 8 bits.
const ESCAPES = /[\u001b\u009b]/

describe('standard output is data, and nothing else', () => {
  test('one JSON document, with what is for people on standard error', async () => {
    const ran = await run(['apply', '--yes', '-o', 'json'])
    expect(json(ran)).toMatchObject({ schemaVersion: 1, operation: 'apply', verify: { left: [] } })
    expect(ran.stdout.trimEnd().split('\n')[0]).toBe('{')
    expect(ran.stderr).toMatch(/create vault:sys\/auth\/\w+: done/)
    expect(ran.stdout + ran.stderr).not.toMatch(ESCAPES)
  })

  test('one JSON document a line, the first with the version', async () => {
    const { stdout, stderr } = await run(['verify', '-o', 'ndjson'])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string })
    expect(lines[0]).toMatchObject({ type: 'version', schemaVersion: 1 })
    expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['version', 'probe', 'result']))
    expect(stderr).toBe('')
  })

  test('one XML document', async () => {
    const { stdout } = await run(['verify', '-o', 'junit'])
    expect(stdout).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites [\s\S]*<\/testsuites>\n?$/)
  })
})

describe('off a terminal', () => {
  test('nobody is asked: the flag that answers is named, and nothing is contacted', async () => {
    const listener = await tcpServer((socket) => socket.destroy())
    const address = listener.address.replace('http:', 'https:')
    const ran = await run(['apply', '--vault-address', address], { VAULT_ADDR: address })
    expect(ran.exitCode).toBe(2)
    expect(ran.stderr).toContain('--yes')
    expect(listener.peak.connections).toBe(0)
    await listener.close()
  })

  test('there are no escape codes, whatever TERM says', async () => {
    const { stdout, stderr } = await run(['verify'], { TERM: 'xterm-256color' })
    expect(stdout + stderr).not.toMatch(ESCAPES)
  })
})

describe('at a terminal', () => {
  /** script(1) gives it one; both streams come out of it. */
  const atTerminal = async (env: Readonly<Record<string, string>>): Promise<string> => {
    const line = [process.execPath, RUN, 'verify', '--file', scenario.file].map((word) => `'${word}'`).join(' ')
    const { stdout } = await execa('script', ['-qec', line, '/dev/null'], {
      env: { ...operatorEnv(home), TERM: 'xterm-256color', ...env },
      extendEnv: false,
      stdin: 'ignore',
    })
    return stdout
  }

  test('there are colours and movement', async () => {
    const screen = await atTerminal({})
    expect(screen).toMatch(ESCAPES)
    expect(screen).toContain('The trust is proven.')
  })

  test.each([{ CI: 'true', NO_COLOR: '1' }, { TERM: 'dumb' }])('there are no escape codes with %j', async (env) => {
    const screen = await atTerminal(env)
    expect(screen).not.toMatch(ESCAPES)
    expect(screen).toContain('The trust is proven.')
  })

  test('NO_COLOR takes the colours away, CI the movement', async () => {
    expect(await atTerminal({ NO_COLOR: '1' })).not.toMatch(/\u001b\[[\d;]*m/)
    expect(await atTerminal({ CI: 'true' })).not.toMatch(/\u001b\[(?![\d;]*m)/)
  })
})

describe('a reader that goes away', () => {
  const shell = async (line: string) => {
    const env = { ...operatorEnv(home), NODE: process.execPath, RUN, FILE: scenario.file }
    const { stdout, stderr } = await execa('bash', ['-c', line], { env, extendEnv: false, reject: false })
    return { stdout, stderr }
  }

  test.each(['human', 'json', 'ndjson'])('ends %s without a trace of the stack', async (format) => {
    const { stdout, stderr } = await shell(
      `"$NODE" "$RUN" verify -f "$FILE" -o ${format} | head -c 1; echo " \${PIPESTATUS[0]}"`,
    )
    expect(stderr).not.toMatch(/EPIPE|\n\s+at |ICE1105/)
    expect(stdout).toMatch(/^. (?:0|1|13|141)$/)
  })

  test('a closed standard output or standard error, too', async () => {
    const { stdout, stderr } = await shell(
      `"$NODE" "$RUN" plan -f "$FILE" >&-; echo "$?"; "$NODE" "$RUN" plan -f "$FILE" 2>&-; echo "$?"`,
    )
    expect(stdout).toMatch(/^\d+\n[\s\S]*0$/)
    expect(stderr).not.toMatch(/\n\s+at |ICE1105/)
  })
})

/** A device that is full is what a full disk is to a program. */
const onFull = existsSync('/dev/full') ? describe : describe.skip

onFull('a full disk', () => {
  const toFull = (args: string, more: Readonly<Record<string, string>> = {}) => {
    const env = { ...operatorEnv(home), NODE: process.execPath, RUN, FILE: scenario.file, ...more }
    return execa('bash', ['-c', `"$NODE" "$RUN" ${args} >/dev/full`], { env, extendEnv: false, reject: false })
  }

  test.each([
    'plan -f "$FILE" -o human',
    'plan -f "$FILE" -o json',
    'verify -f "$FILE" -o ndjson',
    'help',
    'plan --help',
  ])('is told of on standard error, and %s exits with 1', async (args) => {
    const { exitCode, stderr } = await toFull(args)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/Error ICE1106: [\s\S]*ENOSPC[\s\S]*What to do:/)
    expect(stderr).not.toMatch(/\n\s+at |ICE1105/)
  })

  test('does not hide what is worse', async () => {
    const { exitCode, stderr } = await toFull('plan -f "$FILE" -o json', { VAULT_TOKEN: 's.AAAAAAAAAAAAAAAAAAAAAAAA' })
    expect(exitCode).toBe(5)
    expect(stderr).toContain('ICE1106')
  })

  test('is told of by --version, too', async () => {
    expect(await toFull('--version')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^icebreaker: .*ENOSPC/),
    })
  })

  test('breaks nothing off: what was begun is done', async () => {
    const { id, vault } = scenario
    await vault.delete(path`sys/policies/acl/${id}`)
    const { exitCode, stderr } = await toFull('apply --yes --no-verify -f "$FILE" -o ndjson')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('ICE1106')
    expect((await run(['plan', '--exit-code'])).exitCode).toBe(0)
  })
})

test.each(['/dev/null', '/sys', undefined])(
  'HOME=%s, where nothing can be written, is no reason to fail',
  async (nowhere) => {
    const caches = { XDG_CACHE_HOME: undefined, XDG_STATE_HOME: undefined }
    const { exitCode, stderr } = await run(['plan', '-o', 'json'], { HOME: nowhere, ...caches })
    expect([exitCode, stderr]).toEqual([0, ''])
  },
)
