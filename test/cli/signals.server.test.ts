import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { refs } from '../../src/kubernetes/index.js'
import type { ApplyResult, VerifyRunResult } from '../../src/operations/results.js'
import { beforeVault, type Recorder } from '../operations/recorder.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { emptyHome, operatorEnv, start } from './process.js'
import { json } from './told.js'

let scenario: Scenario
let vault: Recorder
let home: string

beforeEach(async () => {
  home = emptyHome()
  scenario = await openScenario()
  vault = await beforeVault(scenario.folder)
  const { id } = scenario
  scenario.write({
    ...scenario.base(),
    vault: { address: vault.address, caFile: vault.caFile },
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    engines: { [`${id}-kv`]: { type: 'kv', secrets: { app: { key: { generate: {} } } } } },
    policies: { [id]: { grants: [`read kv ${id}-kv/app`] } },
    roles: { app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault', policies: [id] } },
  })
})

afterEach(async () => {
  await vault.close()
  await scenario.close()
  rmSync(home, { recursive: true })
})

const command = (...args: string[]) =>
  start([...args, '--file', scenario.file], { ...operatorEnv(home), VAULT_ADDR: vault.address })

type Child = ReturnType<typeof command>

/** Calls `then` when the request whose path ends so has come, and holds it until that has ended. */
function holdAt(path: string, then: () => Promise<unknown>): void {
  let met = false
  vault.meddle = async (request, step) => {
    if (met || step !== 'before' || request.method === 'GET' || !request.path.endsWith(path)) return
    met = true
    await then()
  }
}

/** Lets the signal arrive, and what would begin after it begin. */
async function signalled(child: Child, signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
  child.kill(signal)
  await sleep(400)
}

const applied = (stdout: string) => json({ stdout }) as unknown as ApplyResult
const verified = (stdout: string) => json({ stdout }) as unknown as VerifyRunResult

describe('apply', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'finishes on %s what is under way, says what is done and what not, and the next run does the rest',
    async (signal, exit) => {
      const child = command('apply', '--yes', '-o', 'json')
      let begun = 0
      holdAt(`/sys/mounts/${scenario.id}-kv`, async () => {
        await signalled(child, signal)
        begun = vault.writes().length
      })
      const { exitCode, stdout, stderr } = await child
      expect(exitCode).toBe(exit)
      expect(vault.writes()).toHaveLength(begun)
      const { outcomes, interrupted } = applied(stdout)
      expect(interrupted).toBe(true)
      const states = Object.fromEntries(outcomes.map(({ address, state }) => [address, state]))
      expect(states[`vault:sys/mounts/${scenario.id}-kv`]).toBe('done')
      expect(states[`vault:${scenario.id}-kv/data/app`]).toBe('skipped')
      expect(Object.values(states).filter((state) => state !== 'done' && state !== 'skipped')).toEqual([])
      expect(stderr).toContain(`${signal}: stopping`)

      vault.meddle = () => undefined
      const next = await command('apply', '--yes', '-o', 'json')
      expect(next.exitCode).toBe(0)
      expect(applied(next.stdout).verify?.probes.map(({ verdict }) => verdict)).not.toContain('failed')
      expect((await command('plan', '--exit-code')).exitCode).toBe(0)
    },
  )

  test('leaves at once on the second signal, and names what it left', async () => {
    const child = command('apply', '--yes')
    let second = 0
    holdAt(`/sys/mounts/${scenario.id}-kv`, async () => {
      await signalled(child, 'SIGINT')
      child.kill('SIGINT')
      second = Date.now()
      await sleep(5000)
    })
    const { exitCode, stderr } = await child
    expect(Date.now() - second).toBeLessThan(2000)
    expect(exitCode).toBe(130)
    expect(stderr).toContain(`vault:sys/mounts/${scenario.id}-kv`)
    expect(stderr).toMatch(/left at once/)
  })

  test('begins nothing more when --timeout is over', async () => {
    const child = command('apply', '--yes', '-o', 'json', '--timeout', '2s')
    holdAt(`/sys/mounts/${scenario.id}-kv`, () => sleep(2500))
    const { exitCode, stdout } = await child
    expect(exitCode).toBe(6)
    const states = Object.fromEntries(applied(stdout).outcomes.map(({ address, state }) => [address, state]))
    expect(states[`vault:sys/mounts/${scenario.id}-kv`]).toBe('done')
    expect(states[`vault:${scenario.id}-kv/data/app`]).toBe('skipped')
  })
})

test('verify gives everything back after SIGINT', async () => {
  const { id, cluster } = scenario
  expect((await command('apply', '--yes', '--no-verify')).exitCode).toBe(0)
  const child = command('verify', '-o', 'json')
  holdAt(`/auth/${id}/login`, () => signalled(child, 'SIGINT'))
  const { exitCode, stdout } = await child
  expect(exitCode).toBe(130)
  const { verify, interrupted } = verified(stdout)
  expect(interrupted).toBe(true)
  expect(verify.left).toEqual([])
  expect(verify.probes.map(({ verdict }) => verdict)).toContain('passed')
  expect(verify.probes.filter(({ detail }) => detail === 'the run was stopped').length).toBeGreaterThan(0)
  for (const namespace of [`${id}-app`, `${id}-auth`])
    expect(await cluster.list(refs.secret(namespace, ''), 'app.kubernetes.io/component=scratch')).toEqual([])
  expect(vault.requests.filter(({ path }) => path.endsWith('/login'))).toHaveLength(1)
  expect(vault.requests.filter(({ path }) => path.endsWith('/revoke-self'))).toHaveLength(1)
})
