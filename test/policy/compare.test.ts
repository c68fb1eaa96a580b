import { expect, test } from '@jest/globals'
import { compareParsed } from '../../src/policy/compare.js'
import { parseHcl } from '../../src/policy/parse.js'
import { p } from './lint/cases.js'

const compare = async (before: string, after: string) => compareParsed(await parseHcl(before), await parseHcl(after))

const wrapped = (ttl: string) => `path "a" {\n  capabilities = ["read"]\n  max_wrapping_ttl = "${ttl}"\n}`
const ownPath = 'a/{{identity.entity.id}}'

test.each([
  ['the same, written otherwise', p('a', 'read', 'list'), 'path "/a" { policy = "read" } # as ever', 'neutral'],
  ['less', p('a', 'read', 'update'), p('a', 'read'), 'narrows'],
  ['more', p('a', 'read'), p('a', 'read', 'update'), 'widens'],
  ['something else', p('a', 'read'), p('a', 'update'), 'mixed'],
  ['deny', p('a', 'read'), p('a', 'deny'), 'narrows'],
  ['a template', p(ownPath, 'read'), p(ownPath, 'read', 'list'), 'widens'],
  ['a condition that stays', wrapped('1m'), `${wrapped('1m')}\n${p('b', 'read')}`, 'widens'],
  ['a condition that changes', wrapped('1m'), wrapped('2m'), 'unknown'],
  ['a condition that goes', wrapped('1m'), p('a', 'read'), 'unknown'],
  ['a capability that cannot be compared', p('a', 'list'), p('a', 'list', 'scan'), 'unknown'],
  ['no policy', p('a', 'list'), 'path "a" {', 'unknown'],
] as const)('%s', async (_name, before, after, effect) => {
  const meaning = await compare(before, after)
  expect(meaning.effect).toBe(effect)
  expect(meaning.why === undefined).toBe(effect !== 'unknown')
})

test('path by path', async () => {
  const before = [p('a', 'read', 'delete'), p('b', 'list'), p('same', 'read')].join('\n')
  const after = [p('a', 'read', 'update'), p('c', 'read'), p('same', 'read')].join('\n')
  expect((await compare(before, after)).paths).toEqual([
    { path: 'a', gains: ['update'], loses: ['delete'] },
    { path: 'b', gains: [], loses: ['list'] },
    { path: 'c', gains: ['read'], loses: [] },
  ])
})
