import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { FileInput } from '../../src/config/schema.js'
import { lockdown, type LockdownOptions } from '../../src/operations/lockdown/index.js'
import { lookOf } from '../../src/operations/steps/object.js'
import { path } from '../../src/vault/index.js'
import { openBreak, type Break } from './intruder.js'
import { pending } from './scenario.js'

let one: Break

/** The same by the method `jwt`, with keys that Vault is given. */
const byJwt = (file: FileInput, id: string): FileInput => ({
  ...file,
  inventory: { namespace: `${id}-auth` },
  namespaces: { ...file.namespaces, [`${id}-auth`]: {} },
  clusters: Object.fromEntries(
    Object.entries(file.clusters).map(([name, cluster]) => [
      name,
      { ...cluster, auth: { method: 'jwt' as const, path: id, keys: 'pinned' as const } },
    ]),
  ),
})

beforeAll(async () => {
  one = await openBreak(byJwt)
})
afterAll(() => one.close())

const run = (more: Partial<LockdownOptions>) =>
  lockdown({
    ...one.fileOptions(),
    fileMustExist: true,
    step: lookOf(),
    reopen: false,
    foreign: false,
    acceptOthers: false,
    asks: false,
    dryRun: false,
    confirm: () => Promise.resolve(true),
    ...more,
  })

const role = async (name: string) => (await one.vault.read(path`auth/${one.id}/role/${name}`))!.data

test('a role of the method jwt is narrowed by its claims, keeps all else, and is opened again', async () => {
  const app = `${one.id}-app/app`
  const [intruder, neighbour] = [await one.logIn(app, 'app'), await one.logIn(`${one.id}-app/other`, 'app')]
  const user = await intruder.databaseUser()
  const before = await role('app')
  const done = await run({ workload: app })
  expect(done.checks.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
  expect(done.checks.map(({ check }) => check)).toContain(`login as ${app} by app`)
  expect([await intruder.works(), await neighbour.works(), await one.lives(user)]).toEqual([false, true, false])
  const { bound_claims: claims, ...rest } = await role('app')
  const { bound_claims: claimsBefore, ...restBefore } = before
  expect(rest).toEqual(restBefore)
  expect(claims).toMatchObject({ '/kubernetes.io/serviceaccount/name': ['icebreaker_locked:app', 'other'] })
  expect(pending(await one.plan())).toMatchObject({ [`vault:auth/${one.id}/role/app`]: 'refuse' })
  await run({ workload: app, reopen: true })
  expect((await role('app'))['bound_claims']).toEqual(claimsBefore)
  expect(pending(await one.plan())).toEqual({})
})

test('a role that binds something else is not narrowed by guessing; it can be closed whole', async () => {
  const app = `${one.id}-app/app`
  const subject = `system:serviceaccount:${app.replace('/', ':')}`
  await one.vault.write(path`auth/${one.id}/role/subject`, {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_audiences: ['vault'],
    bound_subject: subject,
    token_policies: [`${one.id}-db`],
  })
  const intruder = await one.logIn(app, 'subject')
  const done = await run({ workload: app, foreign: true })
  // The login does not say who it was: its identity does.
  expect([await intruder.works(), done.roles.find((one) => one.role === 'subject')?.action]).toEqual([false, 'unknown'])
  const open = done.checks.filter(({ verdict }) => verdict !== 'passed')
  expect(open).toMatchObject([{ check: `login as ${app} by subject`, verdict: 'failed' }])
  expect(done.notes.join()).toContain('--role')
  await run({ workload: app, foreign: true, reopen: true })

  const closed = await run({ role: 'subject', foreign: true })
  expect(closed.checks.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
  await expect(one.logIn(app, 'subject')).rejects.toThrow()
  await run({ role: 'subject', foreign: true, reopen: true })
  expect(await (await one.logIn(app, 'subject')).works()).toBe(true)
  await one.vault.delete(path`auth/${one.id}/role/subject`)
})
