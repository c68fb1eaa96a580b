import { describe, expect, test } from '@jest/globals'
import { complete, completionLines, type Known, type Manifest } from '../../src/commands/base/complete.js'

const manifest: Manifest = {
  commands: {
    plan: {
      summary: 'Show what apply would change.',
      args: {},
      flags: {
        file: { type: 'option', char: 'f', helpValue: 'FILE', description: 'The file.\nAnd more of it.' },
        output: { type: 'option', char: 'o', options: ['human', 'json'] },
        only: { type: 'option', multiple: true, helpValue: 'ADDRESS|all' },
        role: { type: 'option', helpValue: 'ROLE' },
        into: { type: 'option', helpValue: 'FOLDER' },
        name: { type: 'option', helpValue: 'NAME' },
        as: { type: 'option', helpValue: 'NAMESPACE/NAME' },
        verify: { type: 'boolean', exclusive: ['no-verify'] },
        'no-verify': { type: 'boolean' },
        sync: { type: 'boolean', allowNo: true },
        secret: { type: 'boolean', hidden: true },
      },
    },
    look: { args: { address: {}, how: { options: ['briefly', 'fully'] } }, flags: {} },
    explain: { args: { name: {} }, flags: {} },
    help: { args: { about: { multiple: true } }, flags: {} },
    'policy:lint': { summary: 'Look for mistakes.', args: { file: { multiple: true } }, flags: {} },
    'policy:deep:test': { args: {}, flags: {} },
    internal: { hidden: true, args: {}, flags: {} },
  },
}

const known: Known = {
  manifest,
  topics: { policy: 'Policies and what they allow' },
  help: { output: 'The formats.' },
  names: (what, file) => Promise.resolve([`${what}-of-${file ?? 'default'}`, 'b', 'b']),
}

/** @param line what stands before the cursor; a blank at its end begins a word */
async function values(line: string): Promise<string> {
  const { candidates, paths } = await complete(line === '' ? [''] : line.split(/ +/), known)
  return [...candidates.map(({ value }) => value), ...(paths === undefined ? [] : [`:${paths}`])].join(' ')
}

describe('words', () => {
  test.each([
    ['', 'plan look explain help policy'],
    ['pl', 'plan'],
    ['policy ', 'lint deep'],
    ['policy deep ', 'test'],
    ['nonsense ', ''],
    ['internal ', ''],
    ['help ', 'plan look explain help policy output'],
    ['help policy ', 'lint deep'],
    ['help output ', ''],
  ])('%j: %j', async (line, expected) => expect(await values(line)).toBe(expected))

  test('what a topic and a command are about', async () => {
    const text = completionLines(await complete(['p'], known))
    expect(text).toBe('plan\tShow what apply would change.\npolicy\tPolicies and what they allow\n:\n')
  })
})

describe('flags', () => {
  test.each([
    ['--', '--help --version'],
    ['plan --', '--file --output --only --role --into --name --as --verify --no-verify --sync --no-sync --help'],
    ['plan --o', '--output --only'],
    // Once is enough, but where several may be given; what excludes each other is not offered together.
    ['plan --verify --only x -f y --no-sync --', '--output --only --role --into --name --as --help'],
    ['plan -fy --f', ''],
    ['plan --file=y --f', ''],
    ['plan -- --f', ''],
    ['plan -o ', 'human json'],
    ['plan --output j', 'json'],
    ['plan --output=', '--output=human --output=json'],
    ['plan --file ', ':files'],
    ['plan --file=', ':files'],
    ['plan --into ', ':folders'],
    ['plan --name ', ''],
    ['plan --as ', 'accounts-of-default b'],
    ['plan --role ', 'roles-of-default b'],
    ['plan -f other.yaml --role ', 'roles-of-other.yaml b'],
    ['plan -fother.yaml --role=r', '--role=roles-of-other.yaml'],
    ['plan --only ', 'addresses-of-default b all'],
    ['plan --nonsense ', ''],
  ])('%j: %j', async (line, expected) => expect(await values(line)).toBe(expected))
})

describe('arguments', () => {
  test.each([
    ['look ', 'addresses-of-default b'],
    ['look x ', 'briefly fully'],
    ['look x y ', ''],
    ['explain ', 'explainable-of-default b'],
    ['policy lint ', ':files'],
    ['policy lint a b ', ':files'],
  ])('%j: %j', async (line, expected) => expect(await values(line)).toBe(expected))
})

test('a description is one short line', () => {
  const about = `${'long '.repeat(40)}\tand\nmore`
  const [line = '', last] = completionLines({ candidates: [{ value: 'x', about }], paths: 'files' }).split('\n')
  expect(line.length).toBeLessThan(110)
  expect(line.split('\t')).toHaveLength(2)
  expect(last).toBe(':files')
})
