import { expect, test } from '@jest/globals'
import type { RotateResult } from '../../src/operations/rotate.js'
import { expectGolden, written } from './golden.js'

const bound: RotateResult = {
  operation: 'reviewer rotate',
  cluster: 'demo',
  mount: 'demo',
  namespace: 'vault-auth',
  serviceAccount: 'vault-reviewer',
  mode: 'bound',
  rotated: true,
  dryRun: false,
  isDue: true,
  reason: 'less than 6h were left of the token',
  replacedExpiresAt: '2026-11-21T18:00:00.000Z',
  expiresAt: '2026-11-22T16:00:00.000Z',
  asked: 86_400,
  granted: 86_399,
  proofs: [
    'the API server lets its holder ask about tokens',
    'Vault asks as system:serviceaccount:vault-auth:vault-reviewer, by way of a scratch mount',
    'the rest of the config is as it was',
  ],
  ended: ['vault-auth/vault-reviewer-bound.demo.demo.a'],
  left: [],
  interrupted: false,
  seconds: 23.4,
}

const { expiresAt: _new, replacedExpiresAt: old, asked: _asked, granted: _granted, ...endless } = bound
const idle = { ...endless, expiresAt: old!, rotated: false, proofs: [], ended: [], seconds: 0.2 }

const results: Readonly<Record<string, RotateResult>> = {
  bound,
  capped: { ...bound, granted: 3600 },
  secret: { ...endless, mode: 'secret', reason: 'it was asked for', ended: ['vault-auth/vault-reviewer-token'] },
  idle: { ...idle, isDue: false, reason: 'the token is good until 2026-11-21T18:00:00.000Z' },
  'dry-run': { ...idle, dryRun: true },
  stopped: { ...bound, ended: [], left: ['the token that Vault had before'], interrupted: true },
  left: { ...bound, ended: [], left: ['Secret vault-auth/vault-reviewer-bound.demo.demo.a: not allowed'] },
}

test.each(Object.keys(results))('%s, for people', async (name) => {
  expectGolden(`rotate-${name}.human`, await written('human', (view) => view.result(results[name]!)))
})

test('for machines it is the result as it is', async () => {
  const text = await written('json', (view) => view.result(bound))
  expect(JSON.parse(text.replace(/^=== stdout ===\n/, '').replace(/=== stderr ===[\s\S]*$/, ''))).toMatchObject({
    schemaVersion: 1,
    ...bound,
  })
})
