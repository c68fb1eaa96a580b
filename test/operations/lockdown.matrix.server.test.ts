import { writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { APPLY, EXIT, USAGE, VAULT } from '../../src/catalogue/index.js'
import { lockdown, type LockdownOptions, type LockdownResult } from '../../src/operations/lockdown/index.js'
import { lookOf } from '../../src/operations/steps/object.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { openBreak, type Break, type Entered } from './intruder.js'
import { expectSoon, pending, refusal } from './scenario.js'
import { refused } from './steps.js'

let one: Break
beforeAll(async () => {
  one = await openBreak()
})
afterAll(() => one.close())

const run = (more: Partial<LockdownOptions>): Promise<LockdownResult> =>
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

const app = () => `${one.id}-app/app`
const other = () => `${one.id}-app/other`
const bound = async (role: string) => (await one.vault.read(path`auth/${one.id}/role/${role}`))!.data
const names = async (role: string) => (await bound(role))['bound_service_account_names']
const wrong = ({ checks }: LockdownResult) => checks.filter(({ verdict }) => verdict !== 'passed')
const letIn = async (entering: Promise<Entered>): Promise<boolean> =>
  entering.then(
    () => true,
    () => false,
  )

describe('a workload that somebody has broken into', () => {
  let [intruder, neighbour]: Entered[] = []
  let users: { theirs: Awaited<ReturnType<Entered['databaseUser']>>; others: typeof users.theirs }

  test('a dry run shows the tokens, what may hang on them and the roles, and changes nothing', async () => {
    intruder = await one.logIn(app(), 'app')
    // The plug-in finds the role whatever the case, and notes what was typed.
    const hidden = await one.logIn(app(), 'SINGLE')
    neighbour = await one.logIn(other(), 'app')
    users = { theirs: await intruder.databaseUser(), others: await neighbour.databaseUser() }
    const shown = await run({ workload: app(), dryRun: true })
    expect(shown.roles).toMatchObject([
      { role: 'app', action: 'narrow', ours: true, affects: [app()], others: [], after: `other in ${one.id}-app` },
      { role: 'single', action: 'narrow', ours: true, after: 'nobody' },
    ])
    expect(new Set(shown.tokens.logins.map(({ accessor }) => accessor))).toEqual(
      new Set([intruder.login.accessor, hidden.login.accessor]),
    )
    expect(shown.leases.before.map(({ id }) => id)).toContain(users.theirs.lease)
    expect(shown.checks).toEqual([])
    expect([await intruder.works(), await one.lives(users.theirs), await names('app')]).toEqual([
      true,
      true,
      ['app', 'other'],
    ])
  })

  test('nothing new, nothing left, and all of it proven; the neighbour goes on', async () => {
    const done = await run({ workload: app() })
    expect(wrong(done)).toEqual([])
    expect(done.errors).toEqual([])
    expect(done.tokens).toMatchObject({ revoked: 2, left: [], own: false })
    expect(done.leases).toMatchObject({ gone: [users.theirs.lease], others: [users.others.lease], stuck: [] })
    expect(done.checks.map(({ check }) => check)).toEqual([
      'role app',
      'role single',
      `login as ${app()} by app`,
      `login as ${app()} by single`,
      'tokens',
      'leases',
      `users of ${one.id}-db/main`,
      `sessions in ${one.id}-db/main`,
    ])
    expect(done.left).toEqual([])
    expect([await intruder!.works(), await one.lives(users.theirs)]).toEqual([false, false])
    expect([await neighbour!.works(), await one.lives(users.others)]).toEqual([true, true])
    expect([await letIn(one.logIn(app(), 'app')), await letIn(one.logIn(app(), 'single'))]).toEqual([false, false])
    expect(await letIn(one.logIn(other(), 'app'))).toBe(true)
  })

  test('again there is nothing to do but to prove it', async () => {
    const again = await run({ workload: app(), confirm: () => Promise.reject(new Error('asked')) })
    expect(again.roles.map(({ action }) => action)).toEqual(['none', 'none'])
    expect(wrong(again)).toEqual([])
    expect(again.checks.map(({ check }) => check)).toContain(`login as ${app()} by single`)
  })

  test('plan shows it, and apply does not open it; the rest can be applied', async () => {
    const { plan } = await one.plan()
    const role = plan.objects.find(({ address }) => address.endsWith('/role/app'))
    expect(role).toMatchObject({ action: 'refuse', locked: true, changes: [{ field: 'serviceAccounts' }] })
    expect(role!.reason).toContain('icebreaker lockdown --reopen --role app')
    expect(await refusal(one.apply())).toMatchObject({ code: APPLY.roleLocked.code, exitCode: EXIT.refused })
    expect(await refusal(one.apply({ adopt: 'all' }))).toMatchObject({ code: APPLY.roleLocked.code })
    await one.apply({ only: [`vault:sys/policies/acl/${one.id}-db`] })
    expect(await names('single')).toEqual(['icebreaker_locked:app'])
  })

  test('an apply that had looked before does not write over it', async () => {
    const role = { bound_service_account_namespaces: [`${one.id}-app`] }
    const to = (list: readonly string[]) =>
      one.vault.write(path`auth/${one.id}/role/app`, { ...role, bound_service_account_names: list })
    await to(['app', 'other', 'more'])
    await run({ reopen: true, role: 'single' })
    const result = await one.apply({
      confirm: async () => {
        await to(['icebreaker_locked:app', 'other'])
        return true
      },
    })
    expect(result.outcomes).toMatchObject([{ state: 'failed', error: { code: APPLY.roleLocked.code } }])
    expect(await letIn(one.logIn(app(), 'app'))).toBe(false)
    await run({ workload: app() })
  })

  test('it is opened again: as it was, and the file agrees', async () => {
    const opened = await run({ workload: app(), reopen: true })
    expect(opened.roles.map(({ action, outcome }) => [action, outcome?.state])).toEqual([
      ['reopen', 'done'],
      ['reopen', 'done'],
    ])
    expect(await letIn(one.logIn(app(), 'app'))).toBe(true)
    await one.apply()
    expect(pending(await one.plan())).toEqual({})
    expect((await run({ workload: app(), reopen: true })).roles.map(({ action }) => action)).toEqual(['none', 'none'])
  })
})

describe('a role, a cluster', () => {
  test('everybody of a role; others of the mount go on; the children of tokens go with them', async () => {
    const [byRole, bySingle] = [await one.logIn(other(), 'app'), await one.logIn(app(), 'single')]
    const user = await byRole.databaseUser()
    const done = await run({ role: 'APP' })
    expect([done.roles.map(({ role, after }) => [role, after]), wrong(done)]).toEqual([[['app', 'nobody']], []])
    expect([await byRole.works(), await one.lives(user), await bySingle.works()]).toEqual([false, false, true])
    expect(done.checks.map(({ check }) => check)).toEqual(
      expect.arrayContaining([`login as ${app()} by app`, `login as ${other()} by app`]),
    )
    expect(await names('app')).toEqual(['icebreaker_locked:app', 'icebreaker_locked:other'])
    // One of them again, and the other stays out.
    await run({ reopen: true, workload: other() })
    expect(await names('app')).toEqual(['icebreaker_locked:app', 'other'])
    await run({ reopen: true, role: 'app' })
    expect(pending(await one.plan())).toEqual({})
  })

  test('all of a cluster', async () => {
    const in1 = await one.logIn(app(), 'single')
    const done = await run({ step: lookOf({ cluster: 'demo' }) })
    expect([done.scope, wrong(done)]).toEqual([{ kind: 'cluster', of: 'demo' }, []])
    expect([await in1.works(), await letIn(one.logIn(other(), 'app'))]).toEqual([false, false])
    expect(done.again).toBe(`icebreaker lockdown --reopen --cluster demo --path ${one.id}`)
    await run({ step: lookOf({ cluster: 'demo' }), reopen: true })
    expect(pending(await one.plan())).toEqual({})
  })

  test('without a file a cluster alone says nothing', async () => {
    const nowhere = { file: `${one.folder}/none.yaml`, fileMustExist: false, step: lookOf({ cluster: 'demo' }) }
    expect(await refused(run(nowhere))).toMatchObject({ code: USAGE.wrongUsage.code })
  })

  test('what is not there is said', async () => {
    expect(await refused(run({ role: 'ap' }))).toMatchObject({ code: VAULT.notThere.code, next: ['Did you mean app?'] })
    expect(await refused(run({ workload: 'app' }))).toMatchObject({ code: USAGE.wrongUsage.code })
  })
})

describe('what needs consent', () => {
  const foreign = async (name: string, body: object) =>
    one.vault.write(path`auth/${one.id}/role/${name}`, { audience: 'vault', token_policies: [`${one.id}-db`], ...body })

  test('roles of others: refused before anything, until --foreign', async () => {
    await foreign('theirs', {
      bound_service_account_names: ['app'],
      bound_service_account_namespaces: [`${one.id}-app`],
    })
    const token = await one.logIn(app(), 'theirs')
    const told = await refused(run({ workload: app() }))
    expect(told).toMatchObject({ code: APPLY.notOurs.code, exit: EXIT.refused })
    expect([await names('single'), await token.works()]).toEqual([['app'], true])
    const done = await run({ workload: app(), foreign: true })
    expect([wrong(done), await token.works(), await names('theirs')]).toEqual([[], false, ['icebreaker_locked:app']])
    await run({ workload: app(), foreign: true, reopen: true })
    expect(await names('theirs')).toEqual(['app'])
    await one.vault.delete(path`auth/${one.id}/role/theirs`)
  })

  test('others who would be locked out: refused, until that is accepted; a glob keeps those who are there', async () => {
    await one.account('app-two')
    await foreign('wide', {
      bound_service_account_names: ['app*'],
      bound_service_account_namespaces: [`${one.id}-app`, `${one.id}-auth`],
      bound_service_account_namespace_selector: '{"matchLabels":{"none":"such"}}',
    })
    const kept = await one.logIn(`${one.id}-app/app-two`, 'wide')
    const done = await run({ workload: app(), foreign: true })
    const wide = done.roles.find(({ role }) => role === 'wide')
    expect(wide).toMatchObject({ others: [], later: ['app*'] })
    expect(await bound('wide')).toMatchObject({
      bound_service_account_names: ['icebreaker_locked:app*', 'app-two'],
      bound_service_account_namespace_selector: '{"matchLabels":{"none":"such"}}',
    })
    expect([await kept.works(), await letIn(one.logIn(`${one.id}-app/app-two`, 'wide')), wrong(done)]).toEqual([
      true,
      true,
      [],
    ])
    await run({ workload: app(), foreign: true, reopen: true })
    expect(await names('wide')).toEqual(['app*'])

    await foreign('cross', {
      bound_service_account_names: ['app', 'reviewer', 'other'],
      bound_service_account_namespaces: [`${one.id}-app`, `${one.id}-auth`],
    })
    await one.cluster.create(
      { apiVersion: 'v1', kind: 'ServiceAccount', resource: 'serviceaccounts', namespace: `${one.id}-auth` },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'app', namespace: `${one.id}-auth` } },
    )
    const told = await refused(run({ workload: app(), foreign: true }))
    expect(told).toMatchObject({ code: APPLY.othersLockedOut.code, exit: EXIT.refused })
    expect(await names('cross')).toEqual(['app', 'reviewer', 'other'])
    const accepted = await run({ workload: app(), foreign: true, acceptOthers: true })
    expect(accepted.roles.find(({ role }) => role === 'cross')).toMatchObject({ others: [`${one.id}-auth/app`] })
    expect(wrong(accepted)).toEqual([])
    await run({ workload: app(), foreign: true, reopen: true })
    await one.vault.delete(path`auth/${one.id}/role/cross`)
    await one.vault.delete(path`auth/${one.id}/role/wide`)
  })

  test('who says no changes nothing (7)', async () => {
    expect(await refused(run({ workload: app(), confirm: () => Promise.resolve(false) }))).toMatchObject({ exit: 7 })
    expect(await names('single')).toEqual(['app'])
  })
})

test('a database that cannot remove the user, and batch tokens, are told: it is not called closed', async () => {
  const intruder = await one.logIn(app(), 'single')
  const user = await intruder.databaseUser()
  await one.vault.write(path`${one.id}-db/roles/app`, {
    db_name: 'main',
    creation_statements: ['SELECT 1'],
    revocation_statements: ['DROP ROLE nobody_such'],
  })
  await one.vault.write(path`auth/${one.id}/role/single`, {
    token_type: 'batch',
    bound_service_account_namespaces: [`${one.id}-app`],
  })
  const done = await run({ workload: app() })
  expect(done.leases.stuck).toEqual([user.lease])
  expect(wrong(done).map(({ check, verdict }) => [check, verdict])).toEqual([['leases', 'failed']])
  expect(done.notes.join()).toContain(`identity/entity/id/${intruder.login.entityId} disabled=true`)
  await run({ workload: app(), reopen: true })
  await one.apply()
  await expectSoon(async () => {
    await one.vault.write(path`sys/leases/revoke`, { lease_id: user.lease, sync: true }, { repeatable: true })
  })
})

test('after Ctrl-C what is done is told, and what is not', async () => {
  const intruder = await one.logIn(app(), 'single')
  const stop = new AbortController()
  const stopped = await run({
    workload: app(),
    stop: stop.signal,
    confirm: () => {
      stop.abort()
      return Promise.resolve(true)
    },
  })
  expect(stopped.interrupted).toBe(true)
  expect(stopped.roles.map(({ outcome }) => outcome?.state)).toEqual(['skipped', 'skipped'])
  expect(stopped.tokens.left).toContain(intruder.login.accessor)
  expect(await intruder.works()).toBe(true)
})

describe('what cannot be proven is said', () => {
  const opened: pg.Client[] = []
  afterEach(() => run({ workload: app(), reopen: true }))
  afterAll(() => Promise.all(opened.map((client) => client.end().catch(() => undefined))))

  const verdicts = ({ checks }: LockdownResult) =>
    Object.fromEntries(checks.map(({ check, verdict }) => [check, verdict]))

  test('an open session of a user that is gone goes on: with what ends it', async () => {
    const intruder = await one.logIn(app(), 'single')
    const { user, password } = await intruder.databaseUser()
    const { host, port, database, superuser } = servers().postgres
    const session = new pg.Client({ host, port, database, user, password })
    session.on('error', () => undefined)
    opened.push(session)
    await session.connect()
    const done = await run({ workload: app() })
    const sessions = done.checks.find(({ check }) => check.startsWith('sessions'))
    expect(sessions).toMatchObject({ verdict: 'failed' })
    const ending = /SELECT pg_terminate_backend\(\d+\)/.exec(sessions!.detail)![0]
    const administrator = new pg.Client({ host, port, database, ...superuser })
    opened.push(administrator)
    await administrator.connect()
    await administrator.query(ending)
    await expect(session.query('SELECT 1')).rejects.toThrow()
  })

  test('a database that does not let us look', async () => {
    const intruder = await one.logIn(app(), 'single')
    await intruder.databaseUser()
    const done = await run({
      workload: app(),
      confirm: () => {
        process.env['PGPASSWORD'] = 'another'
        return Promise.resolve(true)
      },
    })
    expect(verdicts(done)).toMatchObject({ leases: 'passed', [`users of ${one.id}-db/main`]: 'skipped' })
  })

  test('without a file: nothing is ours, and the leases alone tell of the users', async () => {
    const intruder = await one.logIn(app(), 'single')
    const user = await intruder.databaseUser()
    const { kubeconfig, caFile } = servers()
    const bare = {
      ...one.fileOptions(),
      file: `${one.folder}/none.yaml`,
      fileMustExist: false,
      kubeconfig,
      vaultCaFile: caFile,
      step: lookOf({ path: one.id }),
    }
    expect(await refused(run({ ...bare, role: 'single' }))).toMatchObject({ code: APPLY.notOurs.code })
    const done = await run({ ...bare, role: 'single', foreign: true })
    expect([wrong(done), await intruder.works(), await one.lives(user)]).toEqual([[], false, false])
    await run({ ...bare, role: 'single', foreign: true, reopen: true })
    expect(pending(await one.plan())).toEqual({})
  })

  test('a cluster that is gone does not keep Vault from being closed', async () => {
    const intruder = await one.logIn(app(), 'single')
    const kubeconfig = `${one.folder}/gone.json`
    const { context } = servers()
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': context,
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [{ name: 'u', user: { token: 'none' } }],
        contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
      }),
    )
    const asked = { workload: app(), kubeconfig, foreign: true, acceptOthers: true }
    expect(await refused(run({ ...asked, foreign: false }))).toMatchObject({ exit: EXIT.refused })
    const done = await run(asked)
    expect(done.roles.map(({ outcome }) => outcome?.state)).toEqual(['done', 'done'])
    expect(await intruder.works()).toBe(false)
    expect(verdicts(done)).toMatchObject({ tokens: 'passed', [`login as ${app()} by app`]: 'skipped' })
    expect(await letIn(one.logIn(other(), 'app'))).toBe(true)
    await run({ workload: app(), reopen: true })
    expect(pending(await one.plan())).toEqual({})
  })
})
