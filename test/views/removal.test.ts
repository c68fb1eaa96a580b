import { expect, test } from '@jest/globals'
import type { RemovalResult } from '../../src/operations/results.js'
import type { StatusResult } from '../../src/operations/status.js'
import { APPLY, IceError, VAULT } from '../../src/catalogue/index.js'
import { removalPreview } from '../../src/views/human/removal.js'
import { createTheme } from '../../src/views/theme.js'
import { servers } from './fixtures.js'
import { expectGolden, written } from './golden.js'

const base = { file: 'demo', servers, recorded: 20, dryRun: false, interrupted: false, seconds: 0.4 } as const

const removals: RemovalResult['removals'] = [
  {
    address: 'vault:auth/demo/role/old',
    kind: 'AuthRole',
    title: 'role',
    action: 'delete',
    reason: 'tokens that role old has given out live until they expire',
  },
  {
    address: 'vault:static/data/app',
    kind: 'KVSecret',
    title: 'KV secret',
    action: 'delete',
    loses: 'the secret, in all its versions,',
  },
  {
    address: 'vault:sys/policies/acl/gone',
    kind: 'Policy',
    title: 'policy',
    action: 'forget',
    reason: 'it is gone already',
  },
  {
    address: 'vault:sys/auth/demo',
    kind: 'AuthMount',
    title: 'auth mount',
    action: 'keep',
    reason: 'it holds vault:auth/demo/role/theirs',
  },
]
const outcome = (address: `vault:${string}`, kind: string) =>
  ({ address, kind, action: 'delete', seconds: 0.01 }) as const

const planned: RemovalResult = { ...base, operation: 'destroy', removals, outcomes: [] }
const results = {
  'removal-dry-run': { ...planned, dryRun: true },
  'removal-nothing': { ...planned, operation: 'prune', removals: [] },
  'removal-kept': { ...planned, operation: 'prune', removals: removals.slice(3) },
  'removal-done': {
    ...planned,
    operation: 'prune',
    removals: removals.slice(0, 2),
    outcomes: [
      { ...outcome('vault:auth/demo/role/old', 'AuthRole'), state: 'done' },
      { ...outcome('vault:static/data/app', 'KVSecret'), state: 'done' },
    ],
  },
  'removal-unrecorded': {
    ...planned,
    operation: 'prune',
    removals: removals.slice(0, 1),
    outcomes: [{ ...outcome('vault:auth/demo/role/old', 'AuthRole'), state: 'done' }],
    unrecorded: new IceError(APPLY.recordNotSaved, {
      message: 'The record still names what is gone: demo refuses to update the ConfigMap vault-auth/icebreaker-demo.',
      evidence: { code: 'ICE3302' },
    }),
  },
  'removal-failed': {
    ...planned,
    outcomes: [
      {
        ...outcome('vault:auth/demo/role/old', 'AuthRole'),
        state: 'failed',
        error: new IceError(VAULT.notPermitted, { message: 'Vault refuses to delete auth/demo/role/old.' }),
      },
      { ...outcome('vault:static/data/app', 'KVSecret'), state: 'skipped', reason: 'the run was stopped' },
    ],
  },
} satisfies Record<string, RemovalResult>

test.each(
  Object.entries(results).flatMap(([name, result]) =>
    (['human', 'json'] as const).map((format) => ({ name, result, format })),
  ),
)('$name as $format', async ({ name, result, format }) => {
  expectGolden(`${name}.${format}`, await written(format, (view) => view.result(result), { command: result.operation }))
})

test('before it is asked about, what would go and what stays is shown, with what is lost', () => {
  const text = removalPreview(planned as never, createTheme({ width: 100, color: false, unicode: false } as never))
  expect(text).toContain('takes the secret, in all its versions with it')
  expect(text).toContain('it holds vault:auth/demo/role/theirs')
  expect(text).not.toContain('vault:sys/policies/acl/gone')
})

const status: StatusResult = {
  operation: 'status',
  file: 'demo',
  servers,
  trusts: [
    {
      cluster: 'demo',
      mount: 'demo',
      apiServer: 'https://10.0.0.1:6443',
      reviewer: 'vault-auth/vault-reviewer',
      token: 'bound',
      roles: 3,
      applied: true,
    },
    {
      cluster: 'other',
      mount: 'other',
      apiServer: 'https://10.0.0.2:6443',
      reviewer: 'vault-auth/vault-reviewer',
      token: 'secret',
      roles: 1,
      applied: false,
    },
  ],
  owned: { role: 3, policy: 1 },
  unwanted: ['vault:auth/demo/role/old'],
  appliedAt: '2026-01-02T03:04:05.000Z',
  expires: [
    { what: 'your Vault token', at: '2026-01-02T03:04:00.000Z', left: -5 },
    { what: 'the reviewer’s token of demo', at: '2026-01-03T03:04:05.000Z', left: 86_400 },
  ],
}

test.each([
  ['status', { ...status, removedAt: '2026-01-03T03:04:05.000Z' }],
  ['status-empty', { ...status, owned: {}, unwanted: [], expires: [] }],
] as const)('%s', async (name, result) => {
  expectGolden(`${name}.human`, await written('human', (view) => view.result(result), { command: 'status' }))
  expectGolden(`${name}.json`, await written('json', (view) => view.result(result), { command: 'status' }))
})
