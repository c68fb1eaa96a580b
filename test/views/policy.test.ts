import { expect, test } from '@jest/globals'
import { lintExit, policyDiffExit } from '../../src/commands/base/exit-code.js'
import type { PolicyDiffResult } from '../../src/operations/policy-diff.js'
import type { PolicyGenerateResult } from '../../src/operations/policy-generate.js'
import type { PolicyLintResult, PlacedFinding } from '../../src/operations/policy-lint.js'
import type { PolicyShowResult } from '../../src/operations/policy-show.js'
import type { Format } from '../../src/views/formats.js'
import type { Result } from '../../src/views/index.js'
import { expectGolden, written } from './golden.js'

const vault = 'https://127.0.0.1:8200'

const finding = (
  line: number,
  severity: PlacedFinding['severity'],
  rest: Partial<PlacedFinding> = {},
): PlacedFinding => ({
  code: 'ICE9100',
  severity,
  title: `A title of ${severity}`,
  at: { file: 'policies/app.hcl', line, column: 6 },
  path: 'static/app',
  message:
    'static is KV version 2: values are read and written at "static/data/app", and this sentence is here to be wrapped. ##[error]',
  ...rest,
})

const linted: PolicyLintResult = {
  operation: 'policy lint',
  vault,
  mounts: 'visible',
  policies: [
    {
      name: 'app',
      from: 'file',
      source: 'policies/app.hcl',
      findings: [
        finding(2, 'error', { corrected: 'path "static/data/app" {\n  capabilities = ["read"]\n}' }),
        finding(7, 'warning'),
        finding(9, 'info'),
      ],
    },
    { name: 'sound', from: 'live', source: 'vault:sys/policies/acl/sound', findings: [] },
    {
      name: 'static',
      from: 'grants',
      source: 'icebreaker.yaml',
      findings: [finding(12, 'warning', { at: { file: 'icebreaker.yaml', line: 12, column: 3 } })],
    },
  ],
  skipped: [
    { code: 'ICE9101', title: 'Something of mounts', why: 'what is mounted is not known (--offline)' },
    { code: 'ICE9102', title: 'Something else of mounts', why: 'what is mounted is not known (--offline)' },
    { code: 'ICE9103', title: 'Something of names', why: 'the token may not list static' },
  ],
  summary: { policies: 3, error: 1, warning: 2, info: 1 },
}

const clean: PolicyLintResult = {
  ...linted,
  mounts: 'live',
  policies: linted.policies.slice(1, 2),
  skipped: [],
  summary: { policies: 1, error: 0, warning: 0, info: 0 },
}

const none: PolicyLintResult = { ...clean, policies: [], summary: { ...clean.summary, policies: 0 } }

const HCL = `path "static/data/app" {
  capabilities = ["read"]
}

path "static/metadata/app" {
  capabilities = ["list"]
}
`

const generated: PolicyGenerateResult = {
  operation: 'policy generate',
  grants: ['read kv static/app', 'list kv static/app'],
  engines: { static: { type: 'kv', version: 2, from: 'flag' } },
  policy: HCL,
  rules: [
    { path: 'static/data/app', capabilities: ['read'] },
    { path: 'static/metadata/app', capabilities: ['list'] },
  ],
}

const shown: PolicyShowResult = {
  operation: 'policy show',
  vault,
  name: 'app',
  policy: `# The application's\u001b[2J\n${HCL.trimEnd()}`,
  stanzas: [
    { path: 'static/data/app', capabilities: ['read'], line: 2, column: 6 },
    { path: 'static/metadata/app', capabilities: ['list'], line: 6, column: 6, keys: ['max_wrapping_ttl'] },
  ],
}

const differs: PolicyDiffResult = {
  operation: 'policy diff',
  vault,
  name: 'app',
  live: HCL,
  wanted: { source: 'policies/app.hcl', policy: HCL.replace('"read"', '"read", "update"') },
  same: false,
  meaning: { effect: 'widens', paths: [{ path: 'static/data/app', gains: ['update'], loses: [] }] },
}

const results: Readonly<Record<string, { readonly result: Result; readonly formats: readonly Format[] }>> = {
  'policy-lint': { result: linted, formats: ['human', 'json', 'junit'] },
  'policy-lint-clean': { result: clean, formats: ['human', 'junit'] },
  'policy-lint-none': { result: none, formats: ['human'] },
  'policy-generate': { result: generated, formats: ['human', 'json'] },
  'policy-show': { result: shown, formats: ['human', 'json'] },
  'policy-diff': { result: differs, formats: ['human', 'json'] },
  'policy-diff-unknown': {
    result: { ...differs, meaning: { effect: 'unknown', why: 'the first is neither HCL nor JSON', paths: [] } },
    formats: ['human'],
  },
  'policy-diff-same': { result: { ...differs, same: true }, formats: ['human'] },
}

const cases = Object.entries(results).flatMap(([name, { result, formats }]) =>
  formats.map((format) => ({ name, result, format })),
)

test.each(cases)('$name as $format', async ({ name, result, format }) => {
  expectGolden(`${name}.${format}`, await written(format, (view) => view.result(result), { command: result.operation }))
})

test('notes are no failure; errors and warnings are', () => {
  const counted = (error: number, warning: number, info: number) =>
    lintExit({ summary: { policies: 1, error, warning, info } })
  expect([counted(0, 0, 0), counted(0, 0, 2), counted(0, 1, 0), counted(1, 0, 0)]).toEqual([0, 0, 3, 3])
})

test('a difference is only looked at, unless its exit code is asked for', () => {
  expect([policyDiffExit(differs, false), policyDiffExit(differs, true)]).toEqual([0, 4])
  expect(policyDiffExit({ same: true }, true)).toBe(0)
})
