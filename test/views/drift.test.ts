import { expect, test } from '@jest/globals'
import type { DriftResult } from '../../src/operations/results.js'
import * as fixtures from './fixtures.js'
import { expectGolden, written } from './golden.js'

const base = { operation: 'drift', file: 'demo', servers: fixtures.servers, interrupted: false, seconds: 1.5 } as const
const results = {
  'drift-found': { ...base, plan: fixtures.mixedPlan.plan, verify: fixtures.verified.verify },
  'drift-proofs': { ...base, plan: fixtures.unchangedPlan.plan, verify: fixtures.verified.verify },
  'drift-none': { ...base, plan: fixtures.unchangedPlan.plan, verify: fixtures.proven.verify },
  'drift-read': { ...base, plan: fixtures.unchangedPlan.plan },
} satisfies Record<string, DriftResult>
const cases = Object.entries(results).flatMap(([name, result]) =>
  (['human', 'json', 'junit'] as const).map((format) => ({ name, result, format })),
)

test.each(cases)('$name as $format', async ({ name, result, format }) => {
  const text = await written(format, (view) => view.result(result), { command: 'drift' })
  expectGolden(`${name}.${format}`, text)
  if (format === 'human') expect(text).toMatch(name === 'drift-none' || name === 'drift-read' ? /No drift/ : /DRIFTED/)
})
