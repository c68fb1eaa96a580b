import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { USAGE } from '../../src/catalogue/index.js'
import { leaseRenew, leaseRevoke, type LeaseRenewOptions } from '../../src/operations/lease/act.js'
import { leaseList } from '../../src/operations/lease/list.js'
import type { LeaseOptions } from '../../src/operations/lease/scope.js'
import { lockdown } from '../../src/operations/lockdown/index.js'
import { lookOf } from '../../src/operations/steps/object.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { openBreak, type Break, type Entered } from './intruder.js'
import { limitedToken } from './limited.js'
import { refused } from './steps.js'

let one: Break
let [app, other]: Entered[] = []

beforeAll(async () => {
  one = await openBreak()
  app = await one.logIn(`${one.id}-app/app`, 'single')
  other = await one.logIn(`${one.id}-app/other`, 'app')
})
afterAll(() => one.close())

const options = (more: Partial<LeaseOptions>): LeaseOptions => ({
  ...one.fileOptions(),
  fileMustExist: true,
  step: lookOf(),
  ids: [],
  ...more,
})
const list = (more: Partial<LeaseOptions>) => leaseList(options(more))
const acting = (more: Partial<LeaseRenewOptions>): LeaseRenewOptions => ({
  ...options(more),
  dryRun: false,
  confirm: () => Promise.resolve(true),
  ...more,
})
const states = ({ outcomes }: Awaited<ReturnType<typeof leaseRevoke>>) =>
  outcomes.map(({ what, id, state }) => [what, id, state])

test('tokens of a workload and of a role, with what may hang on them', async () => {
  const user = await app!.databaseUser()
  const mine = await list({ workload: `${one.id}-app/app` })
  expect(mine).toMatchObject({
    scope: { kind: 'workload', mount: one.id },
    tokens: [{ token: { accessor: app!.login.accessor, role: 'single', account: `${one.id}-app/app` }, children: [] }],
    maybe: true,
  })
  expect(mine.leases.map(({ id }) => id)).toEqual([user.lease])
  const ofRole = await list({ role: 'app' })
  expect(ofRole.tokens.map(({ token }) => token.accessor)).toEqual([other!.login.accessor])
  const all = await list({})
  expect(all.tokens).toHaveLength(2)
  expect(all.leases.map(({ id }) => id)).toContain(user.lease)
  expect(JSON.stringify(all)).not.toContain(Secret.reveal(app!.login.token))
})

test('leases of an engine and below a prefix; renewed for as long as is asked, and revoked with the user', async () => {
  const [first, second] = [await app!.databaseUser(), await other!.databaseUser()]
  const prefix = `${one.id}-db/creds/app`
  const inEngine = (await list({ engine: `${one.id}-db` })).leases.map(({ id }) => id)
  expect(inEngine).toEqual(expect.arrayContaining([first.lease, second.lease]))
  expect((await list({ prefix: `${prefix}/` })).leases.map(({ id }) => id)).toEqual(inEngine)
  expect((await list({ prefix: `${one.id}-db/creds/ap` })).leases).toEqual([])

  const renewed = await leaseRenew(acting({ ids: [first.lease], increment: 1200 }))
  expect(renewed.outcomes).toMatchObject([{ state: 'done', ttlSeconds: 1200 }])
  const shown = await leaseRevoke(acting({ ids: [first.lease], dryRun: true }))
  expect([states(shown), await one.lives(first)]).toEqual([[['lease', first.lease, 'planned']], true])
  expect(states(await leaseRevoke(acting({ ids: [first.lease, 'none/such'] })))).toEqual([
    ['lease', first.lease, 'done'],
    ['lease', 'none/such', 'skipped'],
  ])
  expect([await one.lives(first), await one.lives(second)]).toEqual([false, true])
  const whole = await leaseRevoke(acting({ engine: `${one.id}-db` }))
  expect(whole.outcomes.every(({ state }) => state === 'done')).toBe(true)
  expect([await one.lives(second), (await list({ prefix })).leases]).toEqual([false, []])
})

test('tokens of a role are renewed, and revoked with their children and leases; nobody else’s', async () => {
  await one.vault.write(path`sys/policies/acl/${one.id}-make`, {
    policy: 'path "auth/token/create" { capabilities = ["update", "sudo"] }',
  })
  await one.vault.write(path`auth/${one.id}/role/app`, {
    token_policies: [`${one.id}-db`, `${one.id}-make`],
    bound_service_account_namespaces: [`${one.id}-app`],
  })
  const maker = await one.logIn(`${one.id}-app/other`, 'app')
  const child = (await maker.vault.write(path`auth/token/create`, { policies: [`${one.id}-db`] })).login!
  const orphan = (await maker.vault.write(path`auth/token/create`, { no_parent: true, policies: ['default'] })).login!
  const user = await maker.databaseUser()

  const tree = (await list({ role: 'app' })).tokens
  expect(tree.flatMap(({ children }) => children.map(({ accessor }) => accessor))).toEqual([child.accessor])
  const renewed = await leaseRenew(acting({ role: 'app', increment: 7200 }))
  expect(renewed.outcomes.map(({ state, ttlSeconds }) => [state, ttlSeconds])).toEqual([
    ['done', 7200],
    ['done', 7200],
  ])
  // An intruder could have made a token that hangs on nothing.
  const dry = await lockdown({
    ...acting({}),
    role: 'app',
    reopen: false,
    foreign: false,
    acceptOthers: false,
    asks: false,
    dryRun: true,
  } as never)
  expect(dry.tokens.suspects.map(({ accessor }) => accessor)).toContain(orphan.accessor)
  expect(dry.notes.join()).toContain('do not end with their maker')

  const revoked = await leaseRevoke(acting({ role: 'app' }))
  expect(revoked.outcomes.map(({ what, state }) => [what, state])).toEqual([
    ['token', 'done'],
    ['token', 'done'],
  ])
  expect(revoked.belowGone).toBe(1)
  expect([await maker.works(), await one.lives(user), await app!.works()]).toEqual([false, false, true])
  await expect(one.vault.withToken(child.token).read(path`auth/token/lookup-self`)).rejects.toThrow()
  expect(await one.vault.withToken(orphan.token).read(path`auth/token/lookup-self`)).toBeDefined()
  await one.vault.write(path`auth/token/revoke-accessor`, { accessor: orphan.accessor })
})

test('the token that runs this is never revoked', async () => {
  const self = await one.logIn(`${one.id}-app/app`, 'single')
  await one.vault.write(path`identity/entity/id/${self.login.entityId}`, { policies: [`${one.id}-operator`] })
  await one.vault.write(path`sys/policies/acl/${one.id}-operator`, {
    policy: 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }',
  })
  const asked = acting({ workload: `${one.id}-app/app` })
  process.env['VAULT_TOKEN'] = Secret.reveal(self.login.token)
  const done = await leaseRevoke(asked)
  const of = (accessor: string) => done.outcomes.find(({ id }) => id === accessor)
  expect(of(app!.login.accessor)).toMatchObject({ state: 'done' })
  expect(of(self.login.accessor)).toMatchObject({ state: 'skipped', reason: 'it is the token that runs this' })
  expect([await app!.works(), await self.works()]).toEqual([false, true])
})

test('what cannot be meant is refused before anything is asked', async () => {
  const usage = { code: USAGE.wrongUsage.code, exit: 2 }
  expect(await refused(leaseRevoke(acting({})))).toMatchObject(usage)
  expect(await refused(leaseRevoke(acting({ role: 'app', engine: 'x' })))).toMatchObject(usage)
  expect(await refused(leaseRevoke(acting({ prefix: `auth/${one.id}` })))).toMatchObject(usage)
  expect(await refused(list({ workload: 'app' }))).toMatchObject(usage)
})

test('a token that may not look at tokens is told what it needs', async () => {
  const asked = options({ role: 'app' })
  process.env['VAULT_TOKEN'] = await limitedToken(one, 'poor', 'path "sys/auth" { capabilities = ["read"] }')
  const told = await refused(leaseList(asked))
  expect(told).toMatchObject({ exit: 5 })
  expect(told.next.join()).toContain('auth/token/accessors')
})
