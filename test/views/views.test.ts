import { expect, test } from '@jest/globals'
import type { Format } from '../../src/views/formats.js'
import { remember } from '../../src/secrets/redact.js'
import type { Result, ViewOptions } from '../../src/views/index.js'
import * as fixtures from './fixtures.js'
import { expectGolden, written } from './golden.js'

const results: Readonly<Record<string, { readonly result: Result; readonly formats: readonly Format[] }>> = {
  'plan-mixed': { result: fixtures.mixedPlan, formats: ['human', 'json', 'ndjson'] },
  'plan-saved': { result: fixtures.savedPlan, formats: ['human'] },
  'plan-unchanged': { result: fixtures.unchangedPlan, formats: ['human'] },
  'plan-unwanted': {
    result: { ...fixtures.unchangedPlan, unwanted: [1, 2, 3, 4, 5, 6].map((role) => `vault:auth/demo/role/${role}`) },
    formats: ['human'],
  },
  'apply-done': { result: fixtures.applyDone, formats: ['human', 'json', 'ndjson', 'junit'] },
  'apply-failed': { result: fixtures.applyFailed, formats: ['human', 'json', 'ndjson', 'junit'] },
  'apply-stopped': { result: fixtures.applyStopped, formats: ['human', 'json', 'junit'] },
  'apply-unproven': { result: fixtures.applyUnproven, formats: ['human', 'junit'] },
  'apply-unchanged': { result: fixtures.applyUnchanged, formats: ['human'] },
  'apply-dry-run': { result: fixtures.applyDryRun, formats: ['human'] },
  'verify-mixed': { result: fixtures.verified, formats: ['human', 'json', 'ndjson', 'junit'] },
  'verify-proven': { result: fixtures.proven, formats: ['human'] },
  'sandbox-up': {
    result: { operation: 'sandbox up', sandbox: fixtures.sandbox, started: ['etcd', 'vault'] },
    formats: ['human', 'json'],
  },
  'sandbox-down': {
    result: { operation: 'sandbox down', name: 'default', stopped: ['vault', 'etcd'], purged: true },
    formats: ['human', 'json'],
  },
  'sandbox-status': {
    result: { operation: 'sandbox status', sandboxes: [fixtures.sandbox] },
    formats: ['human', 'json'],
  },
  'sandbox-none': { result: { operation: 'sandbox status', sandboxes: [] }, formats: ['human'] },
  'sandbox-env': {
    result: {
      operation: 'sandbox env',
      variables: [
        { name: 'VAULT_ADDR', value: "https://it's" },
        { name: 'VAULT_TOKEN', file: '/state/root-token' },
      ],
    },
    formats: ['human', 'json'],
  },
}

const cases = Object.entries(results).flatMap(([name, { result, formats }]) =>
  formats.map((format) => ({ name, result, format })),
)

test.each(cases)('$name as $format', async ({ name, result, format }) => {
  expectGolden(`${name}.${format}`, await written(format, (view) => view.result(result), { command: result.operation }))
})

const looks: Readonly<Record<string, Partial<ViewOptions> & { columns?: number }>> = {
  narrow: { columns: 40 },
  ascii: { env: { LANG: 'C' } },
  color: { env: { FORCE_COLOR: '1' } },
}

test.each(Object.entries(looks))('%s', async (name, options) => {
  const text = await Promise.all(
    [fixtures.mixedPlan, fixtures.applyFailed, fixtures.verified].map((result) =>
      written('human', (view) => view.result(result), options),
    ),
  )
  expectGolden(`look-${name}`, text.join(''))
})

test('colour is only an addition', async () => {
  const show = (env: Record<string, string>) => written('human', (view) => view.result(fixtures.verified), { env })
  const plain = await show({})

  expect((await show({ FORCE_COLOR: '1' })).replace(/\u001b\[\d+m/g, '')).toBe(plain)
  expect(await show({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(plain)
})

const errors = {
  'error-one': fixtures.oneError,
  'error-many': fixtures.manyErrors,
  'error-bug': new TypeError('x is not a function'),
}
const formats: readonly Format[] = ['human', 'json', 'ndjson', 'junit']

test.each(Object.entries(errors).flatMap(([name, error]) => formats.map((format) => ({ name, error, format }))))(
  '$name as $format',
  async ({ name, error, format }) => {
    expectGolden(`${name}.${format}`, await written(format, (view) => view.error(error)))
  },
)

test('an error gives its exit code, a signal its own', async () => {
  const codes: number[] = []
  await written('json', async (view) => {
    codes.push(
      await view.error(fixtures.oneError),
      await view.error(fixtures.manyErrors),
      await view.error(new Error('?')),
    )
    codes.push(await view.error(fixtures.oneError, 130))
  })
  expect(codes).toEqual([6, 2, 1, 130])
})

test('the stack of a bug shows only where it is asked for', async () => {
  const show = (env: Record<string, string>) => written('human', (view) => view.error(new TypeError('x')), { env })
  expect(await show({})).not.toContain('views.test')
  expect(await show({ DEBUG: '1' })).toContain('views.test')
})

test("a pipeline's runner is told nothing", async () => {
  const env = { GITHUB_ACTIONS: 'true' }
  for (const format of formats) {
    const text =
      (await written(format, (view) => view.error(fixtures.oneError), { env })) +
      (await written(format, (view) => view.result(fixtures.verified), { env }))
    expect(text).not.toMatch(/^\s*::|##\[/m)
  }
})

test('JSON says the same, whatever is escaped in it', async () => {
  const [, stdout = ''] =
    /=== stdout ===\n([^]*)=== stderr/.exec(await written('json', (view) => view.result(fixtures.verified))) ?? []
  const { verify } = JSON.parse(stdout) as typeof fixtures.verified
  expect(verify.probes.map(({ detail }) => detail)).toEqual(fixtures.verified.verify.probes.map(({ detail }) => detail))
})

test('control characters of a server never reach the terminal', async () => {
  const result = { ...fixtures.proven, verify: { left: ['\u001b]0;gotcha\u0007', '\u202e'], probes: [] } }
  for (const format of formats) {
    expect(await written(format, (view) => view.result(result))).not.toMatch(/[\u001b\u0007\u202e]/)
  }
})

test('a known secret is blanked out of texts, but not out of names: that would give it away', async () => {
  remember('exampleapp')
  const [probe] = fixtures.passedProbes
  const probes = [{ ...probe!, detail: 'the password exampleapp was refused' }]
  const text = await written('human', (view) => view.result({ ...fixtures.proven, verify: { left: [], probes } }))
  expect(text).toContain('app/exampleapp as dynamic')
  expect(text).toContain('the password (secret) was refused')
})

test.each([
  ['icebreaker.yaml', {}, 'Next: icebreaker apply\n'],
  ['./icebreaker.yaml', {}, 'Next: icebreaker apply\n'],
  ['my file.yaml', {}, "Next: icebreaker apply --file 'my file.yaml'\n"],
  ['/a/b.yaml', { ICEBREAKER_FILE: '/a/b.yaml' }, 'Next: icebreaker apply\n'],
  ['icebreaker.yaml', { ICEBREAKER_FILE: '/a/b.yaml' }, 'Next: icebreaker apply --file icebreaker.yaml\n'],
])('what to type next with the file %s and %j', async (file, env, next) => {
  const { savedTo: _, ...plan } = fixtures.savedPlan
  expect(await written('human', (view) => view.result(plan), { file, env })).toContain(next)
})
