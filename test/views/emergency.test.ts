import { describe, expect, test } from '@jest/globals'
import { EXIT, IceError, type CodeRecord } from '../../src/catalogue/index.js'
import { leaseExit, lockdownExit } from '../../src/commands/base/exit-code.js'
import type { LeaseResult } from '../../src/operations/emergency-results.js'
import type { LeaseActResult } from '../../src/operations/lease/act.js'
import type { FoundLease } from '../../src/operations/lease/leases.js'
import type { FoundToken } from '../../src/operations/lease/tokens.js'
import type { LockdownResult, LockedRole } from '../../src/operations/lockdown/types.js'
import { expectGolden, written } from './golden.js'

/** A record of the tests' own, so that a better text in the catalogue changes nothing here. */
const RECORD: CodeRecord = {
  code: 'ICE9003',
  severity: 'error',
  exit: EXIT.failed,
  title: 'The title of ICE9003',
  meaning: '',
  remedy: 'Mend it.',
}
const error = new IceError(RECORD, { message: 'Vault did not do it.', evidence: { status: 500 } })

const login = (accessor: string, account: string, role: string): FoundToken => ({
  accessor,
  path: 'auth/demo/login',
  role,
  account,
  entityId: '6c7d',
  policies: ['default', 'dynamic'],
  issuedAt: '2030-01-02T03:00:00.000Z',
  expiresAt: '2030-01-02T04:00:00.000Z',
  ttlSeconds: 3000,
  renewable: true,
  orphan: true,
})
const { role: _role, account: _account, ...bare } = login('pOs4child', '', '')
const child: FoundToken = { ...bare, path: 'auth/token/create', orphan: false }

const lease = (id: string, stuck = false): FoundLease => ({
  id,
  path: id.slice(0, id.lastIndexOf('/')),
  issuedAt: '2030-01-02T03:01:00.000Z',
  expiresAt: '2030-01-02T03:11:00.000Z',
  ttlSeconds: 300,
  renewable: true,
  stuck,
})

const tokens = [login('kRx4bdpS', 'app/exampleapp', 'dynamic'), login('zT9qWm2L', 'app/exampleapp', 'static')]
const leases = [lease('postgres/creds/app/aBcD'), lease('postgres/creds/app/eFgH', true)]

const list: LeaseResult = {
  operation: 'lease list',
  scope: { kind: 'workload', of: 'app/exampleapp', mount: 'demo' },
  tokens: tokens.map((token, index) => ({ token, children: index === 0 ? [child] : [] })),
  leases,
  maybe: true,
}
const none: LeaseResult = {
  operation: 'lease list',
  scope: { kind: 'engine', of: 'postgres' },
  tokens: [],
  leases: [],
  maybe: false,
}

const act: LeaseActResult = {
  operation: 'lease revoke',
  scope: { kind: 'role', of: 'dynamic', mount: 'demo' },
  dryRun: true,
  outcomes: [
    { what: 'token', id: 'kRx4bdpS', of: 'app/exampleapp by dynamic', state: 'planned' },
    { what: 'token', id: 'own', of: 'app/me by dynamic', state: 'skipped', reason: 'it is the token that runs this' },
  ],
  below: leases,
  interrupted: false,
  seconds: 0.4,
}
const failed: LeaseActResult = {
  ...act,
  dryRun: false,
  outcomes: [
    { what: 'token', id: 'kRx4bdpS', of: 'app/exampleapp by dynamic', state: 'done' },
    { what: 'token', id: 'zT9qWm2L', of: 'app/other by dynamic', state: 'failed', error },
  ],
  belowGone: 1,
  stuck: ['postgres/creds/app/eFgH'],
}
const renewed: LeaseActResult = {
  ...act,
  operation: 'lease renew',
  scope: { kind: 'ids', of: 'postgres/creds/app/aBcD' },
  dryRun: false,
  outcomes: [
    { what: 'lease', id: 'postgres/creds/app/aBcD', of: 'postgres/creds/app', state: 'done', ttlSeconds: 3600 },
    { what: 'lease', id: 'none/such', of: '', state: 'skipped', reason: 'it is gone' },
  ],
  below: [],
}

const role = (name: string, more: Partial<LockedRole> = {}): LockedRole => ({
  address: `vault:auth/demo/role/${name}`,
  role: name,
  ours: true,
  action: 'narrow',
  before: 'exampleapp, other in app',
  after: 'other in app',
  lists: { names: ['icebreaker_locked:exampleapp', 'other'], namespaces: ['app'] },
  affects: ['app/exampleapp'],
  others: [],
  later: [],
  batch: false,
  ...more,
})
const roles = [
  role('dynamic'),
  role('wide', {
    ours: false,
    before: 'example* in team-a, team-b',
    after: 'example-two in team-a, team-b',
    affects: ['app/exampleapp', 'team-b/exampleapp'],
    others: ['team-b/exampleapp'],
    later: ['example*'],
    batch: true,
  }),
  role('by-claims', { action: 'unknown', before: 'whoever its claims fit', affects: [] }),
  role('untouched', { action: 'none' }),
]

const shown: LockdownResult = {
  operation: 'lockdown',
  reopen: false,
  cluster: 'demo',
  mount: 'demo',
  scope: { kind: 'workload', of: 'app/exampleapp' },
  dryRun: true,
  roles,
  tokens: { of: 1234, logins: tokens, children: [child], suspects: [], revoked: 0, left: [], own: true },
  leases: { before: leases, gone: [], others: [], stuck: [] },
  checks: [],
  refusals: ['without --foreign: they are not of this file: wide'],
  notes: ['Batch tokens (wide) cannot be listed or revoked: they end by themselves.'],
  errors: [],
  again: 'icebreaker lockdown --reopen --workload app/exampleapp --cluster demo --path demo',
  left: [],
  interrupted: false,
  seconds: 1.2,
}
const done: LockdownResult = {
  ...shown,
  dryRun: false,
  refusals: [],
  notes: [],
  roles: [role('dynamic', { outcome: { state: 'done' } })],
  tokens: { ...shown.tokens, revoked: 2, own: false },
  leases: { before: leases, gone: ['postgres/creds/app/aBcD'], others: ['postgres/creds/app/eFgH'], stuck: [] },
  checks: [
    { check: 'role dynamic', verdict: 'passed', detail: 'does not let it in any more' },
    { check: 'login as app/exampleapp by dynamic', verdict: 'passed', detail: 'Vault refuses it' },
    { check: 'tokens', verdict: 'passed', detail: '2 revoked: Vault knows none of them any more' },
  ],
}
const broken: LockdownResult = {
  ...done,
  roles: [
    role('dynamic', { outcome: { state: 'done' } }),
    role('wide', { outcome: { state: 'failed', error }, others: ['team-b/exampleapp'] }),
  ],
  tokens: { ...done.tokens, revoked: 1, left: ['zT9qWm2L'] },
  checks: [
    { check: 'login as app/exampleapp by wide', verdict: 'failed', detail: 'it is still let in' },
    {
      check: 'users of postgres/main',
      verdict: 'skipped',
      detail: 'not looked at, since the file gives no login for it',
    },
  ],
  errors: [error],
  left: ['Secret app/icebreaker-scratch on demo: the connection was lost'],
}
const unproven: LockdownResult = { ...done, checks: [...done.checks, broken.checks[1]!] }
const stopped: LockdownResult = {
  ...done,
  interrupted: true,
  roles: [role('dynamic', { outcome: { state: 'done' } }), role('static', { outcome: { state: 'skipped' } })],
  tokens: { ...done.tokens, revoked: 0, left: ['kRx4bdpS', 'zT9qWm2L'] },
  checks: [],
}
const reopened: LockdownResult = {
  ...done,
  reopen: true,
  roles: [role('dynamic', { action: 'reopen', after: 'exampleapp, other in app', outcome: { state: 'done' } })],
  tokens: { ...shown.tokens, logins: [], children: [], own: false },
  leases: { before: [], gone: [], others: [], stuck: [] },
  checks: [],
}
const idle: LockdownResult = { ...reopened, reopen: false, roles: [role('untouched', { action: 'none' })] }

describe.each(['human', 'json'] as const)('%s', (format) => {
  test.each([
    ['lease-list', list],
    ['lease-list-none', none],
    ['lease-dry-run', act],
    ['lease-failed', failed],
    ['lease-renewed', renewed],
    ['lockdown-dry-run', shown],
    ['lockdown-done', done],
    ['lockdown-broken', broken],
    ['lockdown-unproven', unproven],
    ['lockdown-stopped', stopped],
    ['lockdown-reopened', reopened],
    ['lockdown-idle', idle],
  ] as const)('%s', async (name, result) =>
    expectGolden(`${name}.${format}`, await written(format, (view) => view.result(result))),
  )
})

test('what is asked about is shown before', async () => {
  expectGolden('lockdown-asked.human', await written('human', (view) => view.cut(shown)))
  expectGolden('lease-asked.human', await written('human', (view) => view.cut(act)))
})

test('the exit code tells what was refused, what failed, and what is not proven', () => {
  expect([shown, done, broken, unproven, stopped, reopened, idle].map(lockdownExit)).toEqual([8, 0, 1, 3, 1, 0, 0])
  expect([act, failed, renewed].map(leaseExit)).toEqual([0, 1, 0])
  expect(leaseExit({ outcomes: [], stuck: ['a'] })).toBe(3)
})
