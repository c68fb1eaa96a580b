import { expect, test } from '@jest/globals'
import type { EngineResult } from '../../src/operations/engine-results.js'
import type { StepResult } from '../../src/operations/results.js'
import { Secret, Shown } from '../../src/secrets/index.js'
import { expectGolden, written } from './golden.js'
import { step } from './steps-fixtures.js'

const PASSWORD = 'k7-must-not-show'
const secret = new Secret(PASSWORD)

const kvGet: EngineResult = {
  operation: 'kv get',
  address: 'vault:static/data/app/creds',
  mount: 'static',
  path: 'app/creds',
  engineVersion: 2,
  version: 3,
  createdTime: '2030-01-02T03:04:05.6Z',
  deletionTime: '2031-01-02T03:04:05.6Z',
  customMetadata: { owner: 'team a' },
  data: { password: '(secret)', username: '(secret)' },
  shown: false,
}
const { version: _version, createdTime: _created, deletionTime: _deletion, customMetadata: _custom, ...plain } = kvGet
const kvGetShown: EngineResult = {
  ...plain,
  engineVersion: 1,
  data: { password: new Shown(secret), nested: { port: 5432, names: [new Shown(new Secret('a b'))] } },
  shown: true,
}
const kvGetField: EngineResult = { ...kvGetShown, field: 'password', data: { password: new Shown(secret) } }
const kvGetSaved: EngineResult = { ...kvGet, savedTo: '/tmp/creds.json' }

const creds: EngineResult = {
  operation: 'database creds',
  mount: 'postgres',
  role: 'app',
  type: 'dynamic',
  credential: { username: secret, password: secret },
  leaseId: 'postgres/creds/app/aBcD',
  livesUntil: '2030-01-02T04:04:05.000Z',
  proof: { verdict: 'passed', detail: 'logged in, renewed, revoked, then refused' },
  kept: false,
  left: [],
}
const credsKept: EngineResult = {
  ...creds,
  credential: { username: new Shown(secret), password: new Shown(secret) },
  proof: { verdict: 'skipped', detail: 'issued; not logged in with: 10.0.0.1:5432: no answer' },
  kept: true,
}
const credsLeft: EngineResult = { ...creds, left: ['lease postgres/creds/app/aBcD: this token may not revoke it'] }
const { leaseId: _lease, proof: _proof, ...noLease } = creds
const credsStatic: EngineResult = { ...noLease, role: 'reports', type: 'static', kept: true }

const rotated: EngineResult = {
  operation: 'database rotate-root',
  address: 'vault:postgres/config/main',
  mount: 'postgres',
  connection: 'main',
  plugin: 'postgresql-database-plugin',
  username: 'vault',
  checks: [
    { check: 'in Vault', verdict: 'passed', detail: 'nothing else that this token sees uses it' },
    { check: 'sessions', verdict: 'skipped', detail: '1 logged in as it, maybe Vault’s own' },
  ],
  dryRun: false,
  rotated: true,
  proofs: [{ check: 'a fresh credential', verdict: 'passed', detail: 'role app: logged in' }],
  left: [],
}
const rotateDry: EngineResult = { ...rotated, dryRun: true, rotated: false, proofs: [] }

const rotateRefused: EngineResult = {
  ...rotateDry,
  checks: [{ check: 'rights', verdict: 'failed', detail: 'it is a superuser' }],
}

const transitRotated: EngineResult = {
  operation: 'transit rotate',
  address: 'vault:transit/keys/app',
  mount: 'transit',
  key: 'app',
  type: 'aes256-gcm96',
  dryRun: false,
  before: { latestVersion: 2, minDecryptionVersion: 1, minEncryptionVersion: 0 },
  after: { latestVersion: 3, minDecryptionVersion: 1, minEncryptionVersion: 0 },
}
const transitDry: EngineResult = {
  ...transitRotated,
  dryRun: true,
  before: { latestVersion: 3, minDecryptionVersion: 2, minEncryptionVersion: 3 },
  after: { latestVersion: 3, minDecryptionVersion: 2, minEncryptionVersion: 3 },
}
const checked: EngineResult = {
  operation: 'transit check',
  address: 'vault:transit/keys/app',
  mount: 'transit',
  key: 'app',
  type: 'rsa-2048',
  latestVersion: 3,
  minDecryptionVersion: 1,
  minEncryptionVersion: 0,
  uses: [
    { use: 'encrypt, decrypt, compare', verdict: 'passed', detail: 'a canary came back as it was' },
    { use: 'sign, verify', verdict: 'skipped', detail: 'allowed, but nobody here may make a signature' },
  ],
}
const policyWritten: StepResult = {
  ...step,
  command: 'policy write',
  meaning: {
    effect: 'mixed',
    paths: [{ path: 'static/data/app', gains: ['read', 'list'], loses: ['update'] }],
  },
}

const results = {
  'kv-get': kvGet,
  'kv-get-shown': kvGetShown,
  'kv-get-field': kvGetField,
  'kv-get-saved': kvGetSaved,
  'database-creds': creds,
  'database-creds-kept': credsKept,
  'database-creds-left': credsLeft,
  'database-creds-static': credsStatic,
  'database-rotated': rotated,
  'database-rotate-dry': rotateDry,
  'database-rotate-refused': rotateRefused,
  'transit-rotated': transitRotated,
  'transit-dry': transitDry,
  'transit-check': checked,
  'policy-write': policyWritten,
} as const

const cases = Object.entries(results).flatMap(([name, result]) =>
  (['human', 'json'] as const).map((format) => ({ name, result, format })),
)

test.each(cases)('$name as $format', async ({ name, result, format }) => {
  const text = await written(format, (view) => view.result(result), { command: result.operation })
  expectGolden(`engine-${name}.${format}`, text)
})

test.each(['human', 'json', 'ndjson'] as const)('a secret shows in %s only where it was asked for', async (format) => {
  for (const result of [kvGet, kvGetSaved, creds, credsLeft, credsStatic])
    expect(await written(format, (view) => view.result(result))).not.toContain(PASSWORD)
  for (const result of [kvGetShown, kvGetField, credsKept])
    expect(await written(format, (view) => view.result(result))).toContain(PASSWORD)
})

test('a value that steers terminals is quoted beside others, and to the letter alone', async () => {
  const evil = new Shown(new Secret('\u001b]0;gotcha\u0007'))
  const beside: EngineResult = { ...kvGetShown, data: { evil } }
  expect(await written('human', (view) => view.result(beside))).not.toMatch(/[\u001b\u0007]/)
  const alone: EngineResult = { ...beside, field: 'evil' }
  expect(await written('human', (view) => view.result(alone))).toContain('\u001b]0;gotcha\u0007')
})
