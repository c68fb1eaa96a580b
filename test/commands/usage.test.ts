import { expect, test } from '@jest/globals'
import { IceError } from '../../src/catalogue/index.js'
import { asUsageError, formatOf } from '../../src/commands/base/usage.js'

/** As oclif's errors are built. */
function oclifError(message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { oclif: { exit: 2 }, ...more })
}

const known = { command: 'plan', flags: ['file', 'output'], commands: ['apply', 'plan', 'sandbox status'] }
const all = { commands: ['apply', 'plan', 'policy lint', 'policy test', 'sandbox status', 'sandbox up'] }

test.each([
  ['command pln not found', {}, 'ICE1101', 'There is no command "pln".', ['Did you mean icebreaker plan?']],
  [
    'Command sandbox:stauts not found.',
    {},
    'ICE1101',
    'There is no command "sandbox stauts".',
    ['Did you mean icebreaker sandbox status?'],
  ],
  [
    'command qqqqqq not found',
    {},
    'ICE1101',
    'There is no command "qqqqqq".',
    ['Run `icebreaker help` to see all commands.'],
  ],
  [
    'command plan:foo not found',
    {},
    'ICE1100',
    'icebreaker plan takes no argument "foo".',
    ['icebreaker plan --help lists what it takes.'],
  ],
  [
    'Nonexistent flag: --fil\nSee more help with --help',
    { flags: ['--fil'] },
    'ICE1100',
    'Unknown flag: --fil.',
    ['Did you mean --file?', 'icebreaker plan --help lists what it takes.'],
  ],
  [
    'Parsing --timeout \n\texpected a duration\nSee more help with --help',
    {},
    'ICE1100',
    '--timeout: expected a duration.',
    ['icebreaker plan --help lists what it takes.'],
  ],
  [
    'The following error occurred:\n  \u001b[2mAll of this\u001b[22m',
    {},
    'ICE1100',
    'All of this.',
    ['icebreaker plan --help lists what it takes.'],
  ],
])('%j', (message, more, code, told, next) => {
  expect(asUsageError(oclifError(message, more), known)).toMatchObject({ code, message: told, next, exitCode: 2 })
})

test('a token that was typed in the wrong place is not repeated', () => {
  const token = `hvs.${'x'.repeat(30)}`
  expect((asUsageError(oclifError(`Unexpected argument: ${token}`), known) as IceError).message).toBe(
    'Unexpected argument: (secret).',
  )
})

test('other errors stay what they are', () => {
  const bug = new TypeError('x')
  const ours = new IceError(
    { code: 'ICE9000', severity: 'error', exit: 6, title: '', meaning: '', remedy: '' },
    { message: 'x' },
  )
  expect([asUsageError(bug, known), asUsageError(ours, known)]).toEqual([bug, ours])
})

test.each([
  [[], undefined, 'human'],
  [[], 'ndjson', 'ndjson'],
  [[], 'nonsense', 'human'],
  [['--json'], 'ndjson', 'json'],
  [['-o', 'junit'], undefined, 'junit'],
  [['-ojunit'], undefined, 'junit'],
  [['-o=junit'], undefined, 'junit'],
  [['--output=json', '--output', 'ndjson'], undefined, 'ndjson'],
  [['--output', 'xml'], undefined, 'human'],
  [['--', '--json'], undefined, 'human'],
  [['-o'], undefined, 'human'],
] as const)('the format of %j with ICEBREAKER_OUTPUT=%s is %s', (argv, variable, format) => {
  expect(formatOf(argv, variable)).toBe(format)
})

test.each([
  ['polcy lint', 'Did you mean icebreaker policy lint?'],
  ['polcy', 'Did you mean icebreaker policy?'],
  ['polcy lnit roles.hcl', 'Did you mean icebreaker policy lint?'],
  // A right topic makes no command of it near.
  ['sandbox frob', 'icebreaker sandbox --help lists its commands.'],
  ['sandboxup', 'Did you mean icebreaker sandbox up?'],
  ['aply', 'Did you mean icebreaker apply?'],
  ['--versoin', 'Did you mean icebreaker --version?'],
  ['xxxxxxxx', 'Run `icebreaker help` to see all commands.'],
])('icebreaker %s: %s', (written, next) => {
  const error = asUsageError(oclifError(`command ${written.replaceAll(' ', ':')} not found`), all) as IceError
  expect(error.next).toEqual([next])
})

test.each([
  ['exit-code', 'Did you mean icebreaker help exit-codes?'],
  ['sandbox stauts', 'Did you mean icebreaker help sandbox status?'],
])('icebreaker help %s: %s', (written, next) => {
  const about = { ...all, command: 'help', topics: ['exit-codes', 'output'] }
  const error = asUsageError(oclifError(`Command ${written} not found.`), about) as IceError
  expect(error.message).toBe(`There is no command or topic "${written}".`)
  expect(error.next).toEqual([next])
})

test.each([
  ['Expected --output=jsn to be one of: human, json', 'Did you mean --output=json?'],
  ['Expected bsh to be one of: bash, zsh', 'Did you mean bash?'],
])('%s: %s', (message, meant) => {
  const error = asUsageError(oclifError(message), known) as IceError
  expect(error.next).toEqual([meant, 'icebreaker plan --help lists what it takes.'])
})

test('of an option that is near none, and of a message of another kind, nothing is guessed', () => {
  for (const message of ['Expected --output=protobuf to be one of: human, json', 'Flag --output expects a value']) {
    const error = asUsageError(oclifError(message), known) as IceError
    expect(error.next).toEqual(['icebreaker plan --help lists what it takes.'])
  }
})
