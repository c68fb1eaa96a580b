import { expect, test } from '@jest/globals'
import { defined, durationFlag, fileOptions, several } from '../../src/commands/base/flags.js'

test.each([
  ['90', 90_000],
  ['90s', 90_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['1h0m1s', 3_601_000],
])('%s is %d ms', async (text, milliseconds) => {
  expect(await durationFlag().parse(text, {} as never, {} as never)).toBe(milliseconds)
})

test.each(['', '0', '0s', '-1', '1.5m', '5 m', 'm', '1d', '5m1h'])('%j is no duration', async (text) => {
  await expect(durationFlag().parse(text, {} as never, {} as never)).rejects.toThrow('expected a duration')
})

test('several values, from flags and from a variable', () => {
  expect(several(undefined)).toEqual([])
  expect(several(['a', 'b'])).toEqual(['a', 'b'])
  expect(several('a,b' as never)).toEqual(['a', 'b'])
})

test('what was not said is not there at all', () => {
  expect(Object.keys(defined({ a: 1, b: undefined }))).toEqual(['a'])
  const nothing = {
    timeout: undefined,
    kubeconfig: undefined,
    'vault-address': undefined,
    'vault-namespace': undefined,
  }
  const flags = {
    ...nothing,
    file: 'a.yaml',
    'vault-ca-file': 'ca',
    'vault-tls-server-name': undefined,
    'token-file': undefined,
    login: undefined,
  }
  expect(fileOptions(flags)).toStrictEqual({ file: 'a.yaml', vaultCaFile: 'ca' })
})
