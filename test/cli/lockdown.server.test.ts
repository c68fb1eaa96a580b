import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { APPLY } from '../../src/catalogue/index.js'
import { path } from '../../src/vault/index.js'
import { openBreak, type Break } from '../operations/intruder.js'
import { emptyHome, icebreaker, operatorEnv, RUN } from './process.js'
import { openTerminal } from './terminal.js'
import { codes } from './told.js'

let one: Break
const home = emptyHome()

beforeAll(async () => {
  one = await openBreak()
})
afterAll(async () => {
  await one.close()
  rmSync(home, { recursive: true })
})

const run = (...args: readonly string[]) => icebreaker([...args, '-f', one.file], operatorEnv(home))
const app = () => `${one.id}-app/app`
const single = async () => (await one.vault.read(path`auth/${one.id}/role/single`))!.data['bound_service_account_names']

test('what is meant must be said, and off a terminal that one is sure', async () => {
  const nothing = await run('lockdown', '--yes', '--json')
  expect([nothing.exitCode, ...codes(nothing)]).toEqual([2, 'ICE1100'])
  const unsure = await run('lockdown', '--role', 'single', '--json')
  expect([unsure.exitCode, ...codes(unsure)]).toEqual([2, 'ICE1102'])
  const both = await run('lockdown', '--role', 'single', '--workload', app(), '--yes', '--json')
  expect(both.exitCode).toBe(2)
  const revoking = await run('lease', 'revoke', '--yes', '--json')
  expect([revoking.exitCode, ...codes(revoking)]).toEqual([2, 'ICE1100'])
  expect(await single()).toEqual(['app'])
})

test('at a terminal it is shown, and done where yes is typed; anything else is no (7)', async () => {
  const intruder = await one.logIn(app(), 'single')
  const at = (answer: string) => {
    const terminal = openTerminal([process.execPath, RUN, 'lockdown', '--workload', app(), '-f', one.file], {
      env: operatorEnv(home),
      columns: 120,
    })
    return terminal.answer('Lock this down? Type yes', answer).then(() => terminal)
  }
  const no = await at('y')
  expect(await no.ended).toBe(7)
  expect(no.screen()).toContain('- narrow')
  expect(no.screen()).toContain(intruder.login.accessor)
  expect(await intruder.works()).toBe(true)
  const yes = await at('yes')
  expect([await yes.ended, yes.screen()]).toEqual([0, expect.stringContaining('Closed: workload')])
  expect(await intruder.works()).toBe(false)
})

test('plan tells it, apply exits with 8, and what is said opens it again', async () => {
  const planned = await run('plan', '--exit-code')
  expect([planned.exitCode, planned.stdout]).toEqual([8, expect.stringContaining('it is locked; to open it again')])
  const applied = await run('apply', '--yes', '--json')
  expect([applied.exitCode, ...codes(applied)]).toEqual([8, APPLY.roleLocked.code])
  const words = planned.stdout
    .replaceAll(/\s+/g, ' ')
    .match(/icebreaker (lockdown --reopen --role single --path \S+)/)?.[1]
  expect((await run(...words!.split(' '), '--yes')).exitCode).toBe(0)
  expect(await single()).toEqual(['app'])
  expect((await run('lockdown', '--reopen', '--cluster', 'demo', '--yes')).exitCode).toBe(0)
  expect((await run('plan', '--exit-code')).exitCode).toBe(0)
})

test('the document says all of it, and secrets are nowhere', async () => {
  const intruder = await one.logIn(app(), 'single')
  const user = await intruder.databaseUser()
  const done = await run('lockdown', '--role', 'single', '--yes', '--json')
  expect(done.exitCode).toBe(0)
  expect(JSON.parse(done.stdout)).toMatchObject({
    operation: 'lockdown',
    scope: { kind: 'role', of: 'single' },
    roles: [{ role: 'single', action: 'narrow', outcome: { state: 'done' } }],
    tokens: { revoked: 1, left: [] },
    leases: { gone: [user.lease] },
    again: `icebreaker lockdown --reopen --role single --cluster demo --path ${one.id}`,
  })
  expect(done.stdout + done.stderr).not.toContain(user.password)
  const listed = await run('lease', 'list', '--role', 'single')
  expect([listed.exitCode, listed.stdout]).toEqual([0, expect.stringContaining('0 logins')])
  expect((await run('lockdown', '--reopen', '--role', 'single', '--yes')).exitCode).toBe(0)
})
