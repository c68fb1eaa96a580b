import { expect, test } from '@jest/globals'
import type { Draft } from '../../src/kinds/contract.js'
import { policy } from '../../src/kinds/policy.js'
import type { Values } from '../../src/kinds/fields.js'
import { context, fileWith } from './files.js'

const expand = (policies: object): Draft<{ name: string }, Values>[] => [
  ...policy.expand(
    fileWith({
      engines: {
        kv: { type: 'kv' },
        'kv/deep': { type: 'kv', version: 1 },
        db: { type: 'database' },
        transit: { type: 'transit', existing: true },
      },
      policies: policies as never,
    }),
    context,
  ),
]
const text = (...grants: string[]): string => String(expand({ app: { grants } })[0]?.desired['policy'])

test('grants become the engine’s real paths; the longest mount wins', () => {
  expect(text('read kv kv/a', 'list kv kv/a', 'read kv kv/deep/a', 'encrypt transit transit/key')).toBe(
    [
      'path "kv/data/a" {\n  capabilities = ["read"]\n}\n',
      'path "kv/deep/a" {\n  capabilities = ["read"]\n}\n',
      'path "kv/metadata/a" {\n  capabilities = ["list"]\n}\n',
      'path "transit/encrypt/key" {\n  capabilities = ["update"]\n}\n',
    ].join('\n'),
  )
})

test('a file is taken as it is, and a policy of others is only spoken of', () => {
  const drafts = expand({ hand: { file: 'by-hand.hcl' }, theirs: { existing: true } })
  expect(drafts.map(({ id, desired }) => [id.name, desired['policy']])).toEqual([
    ['hand', context.texts['by-hand.hcl']],
  ])
})

test.each([
  ['read kv elsewhere/a', 'is in no engine of this file'],
  ['read transit kv/a', 'of a transit engine, but kv is of type kv'],
  ['fly kv kv/a', 'fly'],
])('the grant %s is refused', (grant, words) => {
  expect(() => text(grant)).toThrow(words)
})

const stages = (before: string, after: string) => Object.keys(policy.stages({ policy: after }, { policy: before }))

test('what a change does to anybody who has it decides when it is written', () => {
  const [one, other] = [text('read kv kv/a'), text('read kv kv/b')]
  const both = text('read kv kv/a', 'read kv kv/b')
  expect(stages(one, both)).toEqual(['widen'])
  expect(stages(both, one)).toEqual(['narrow', 'widen'])
  expect(stages(one, other)).toEqual(['narrow', 'widen'])
  expect(Object.keys(policy.stages({ policy: one }, undefined))).toEqual(['widen'])
  // What somebody wrote by hand says nothing to us.
  expect(stages('# by hand', one)).toEqual(['switch'])
})

test('a policy reads the same but for white space around it', () => {
  const desired = { policy: text('read kv kv/a') }
  expect(policy.diff(desired, { policy: `\n${desired.policy}  ` })).toEqual([])
  expect(policy.diff(desired, { policy: '# other' })).toHaveLength(1)
})
