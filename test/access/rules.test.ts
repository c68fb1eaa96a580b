import { expect, test } from '@jest/globals'
import { rulesOf } from '../../src/access/rules.js'
import { shippedDefault } from '../../src/access/default-policy.js'
import { renderPolicy } from '../../src/policy/index.js'

test('what icebreaker wrote and what others wrote is read alike, with its lines', async () => {
  const rules = [
    { path: 'a/"b', capabilities: ['read', 'list'] },
    { path: 'c/*', capabilities: ['deny'] },
    { path: 'kv/data/x', capabilities: ['subscribe'] },
  ] as const
  const own = renderPolicy(rules)
  const [mine, same] = [await rulesOf(own), await rulesOf(`${own}\n# a remark\n`)]
  expect(mine).toEqual(same)
  expect(mine.stanzas.map(({ sources }) => sources[0]?.line)).toEqual([1, 5, 9])
})

test('lines are told with their file', async () => {
  const { stanzas } = await rulesOf('# first\npath "a" { policy = "write" }\n', 'by-hand.hcl')
  expect(stanzas).toEqual([
    {
      path: 'a',
      capabilities: ['create', 'read', 'update', 'delete', 'list'],
      sources: [{ text: 'path "a"', file: 'by-hand.hcl', line: 2 }],
    },
  ])
})

test('what limits a stanza is told', async () => {
  const text =
    'path "a" {\n  capabilities = ["update"]\n  denied_parameters = { "x" = [] }\n  max_wrapping_ttl = "1m"\n}\n'
  expect((await rulesOf(text)).stanzas[0]?.condition).toBe('limited by denied_parameters, max_wrapping_ttl')
})

test('a text that cannot be read is not known, and not empty', async () => {
  expect(await rulesOf('path "a" {')).toEqual({
    stanzas: [],
    unknown: expect.stringMatching(/^its text cannot be read \(line 1: /),
  })
})

test('the policy default as it is shipped has templates, and nothing of an engine', () => {
  expect(shippedDefault.stanzas.filter(({ path }) => path.includes('{{'))).toHaveLength(2)
  expect(shippedDefault.stanzas.filter(({ path }) => !/^(?:auth|sys|identity|cubbyhole)\//.test(path))).toEqual([])
})
