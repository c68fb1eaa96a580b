import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fakeAddress, fakeKind, graphOf } from './fake-kind.js'

const fake = (name: string, after: readonly string[] = [], within?: string) => ({
  name,
  value: 'v',
  after,
  ...(within !== undefined && { within }),
})

test('each object comes after those that it needs, else in the order of the file', () => {
  const graph = graphOf(fakeKind([fake('a', ['c']), fake('b'), fake('c', [], 'd'), fake('d')]))
  expect([...graph.keys()]).toEqual(['d', 'c', 'a', 'b'].map(fakeAddress))
  expect(graph.get('vault:c')?.after).toEqual(['vault:d'])
})

test('what the file does not have drops out of what is needed', () => {
  const graph = graphOf(fakeKind([fake('a', ['elsewhere', 'b', 'b']), fake('b')]))
  expect(graph.get('vault:a')?.after).toEqual(['vault:b'])
})

test('two places of the file that mean one object are named', () => {
  expect(() => graphOf(fakeKind([fake('a')]), fakeKind([fake('a')]))).toThrow(
    'fakes.a and fakes.a are the same object, vault:a.',
  )
})

test('a circle is a mistake of ours', () => {
  expect(() => graphOf(fakeKind([fake('a', ['b']), fake('b', ['a'])]))).toThrow('depends on itself')
})

test('any graph without circles is put in order', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  // Only earlier names are needed, and the file has them in any order.
  const needs = fc.tuple(...names.map((_, index) => fc.subarray(names.slice(0, index))))
  const order = fc.shuffledSubarray(names, { minLength: names.length })
  fc.assert(
    fc.property(needs, order, (after, shuffled) => {
      const objects = shuffled.map((name) => fake(name, after[names.indexOf(name)]))
      const sorted = [...graphOf(fakeKind(objects)).values()]
      const place = new Map(sorted.map(({ address }, index) => [address, index]))
      for (const [index, resource] of sorted.entries()) {
        for (const needed of resource.after) expect(place.get(needed)).toBeLessThan(index)
      }
      expect(sorted).toHaveLength(names.length)
    }),
  )
})
