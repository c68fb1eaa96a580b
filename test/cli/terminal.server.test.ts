import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { beforeVault, type Recorder } from '../operations/recorder.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { emptyHome, operatorEnv, RUN } from './process.js'

let scenario: Scenario
let vault: Recorder
const home = emptyHome()

beforeAll(async () => {
  vault = await beforeVault(home)
  scenario = await openScenario({ vaultAddress: vault.address, vaultCaFile: vault.caFile })
  scenario.write(scenario.base())
  // A Vault that takes its time with every second question.
  vault.meddle = async ({ path }, step) => {
    if (step === 'before' && path.startsWith('/v1/sys/auth')) await sleep(2200)
    return undefined
  }
})

afterAll(async () => {
  await scenario.close()
  await vault.close()
  rmSync(home, { recursive: true })
})

const env = (more: Readonly<Record<string, string>>) => ({ ...operatorEnv(home), VAULT_ADDR: vault.address, ...more })

/** script(1) gives it a terminal; both streams come out of it. */
async function screen(args: readonly string[], more: Readonly<Record<string, string>>): Promise<string> {
  const line = [process.execPath, RUN, ...args, '--file', scenario.file].map((word) => `'${word}'`).join(' ')
  const { stdout } = await execa('script', ['-qec', `stty cols 60 rows 24; ${line}`, '/dev/null'], {
    env: env({ TERM: 'xterm-256color', ...more }),
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
  })
  return stdout
}

test('what takes long is shown with a spinner, what for, and for how long', async () => {
  const drawn = stripVTControlCharacters(await screen(['plan'], { LANG: 'C.UTF-8' }))
  expect(drawn).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] icebreaker plan {2}\d s/)
  expect(drawn).toMatch(/› Read what is there/)
  expect(drawn).toContain('Plan: ')
})

test('without Unicode it is ASCII, and no line is wider than the terminal', async () => {
  const drawn = await screen(['plan', '--output', 'json'], { LANG: 'C' })
  expect(drawn).toMatch(/^[\x08-\x7e]*$/)
  const text = stripVTControlCharacters(drawn)
  expect(text).toMatch(/[-\\|/] icebreaker plan {2}\d s/)
  expect(text).toContain('> Read what is there')
  const shown = text.slice(0, text.indexOf('{'))
  expect(shown.split(/[\r\n]+/).filter((line) => line.length > 60)).toEqual([])
})

test('NO_COLOR leaves the movement and takes the colours', async () => {
  const drawn = await screen(['plan'], { NO_COLOR: '1' })
  expect(drawn).toMatch(/icebreaker plan {2}\d s/)
  expect(drawn).not.toMatch(/\u001b\[[\d;]*m/)
})

test.each([{ TERM: 'dumb' }, { CI: '1' }])('with %j it is plain lines', async (more) => {
  const drawn = await screen(['plan'], { NO_COLOR: '1', ...more })
  expect(drawn).toContain('Read what is there ')
  expect(drawn).not.toContain('\u001b')
})

test('off a terminal a line tells of it, and standard output is the document alone', async () => {
  const { stdout, stderr } = await execa(process.execPath, [RUN, 'plan', '-o', 'json', '--file', scenario.file], {
    env: env({}),
    extendEnv: false,
    stdin: 'ignore',
  })
  expect(JSON.parse(stdout)).toMatchObject({ operation: 'plan' })
  expect(stderr).toMatch(/^Read what is there …\nRead what is there: done \(\d+(?:\.\d)? s\)$/)
})
