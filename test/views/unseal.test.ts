import { test } from '@jest/globals'
import type { UnsealResult } from '../../src/operations/unseal.js'
import type { Format } from '../../src/views/formats.js'
import { expectGolden, written } from './golden.js'

const open: UnsealResult = {
  operation: 'integrate unseal',
  address: 'https://vault.example.com:8200',
  initialised: false,
  files: [],
  encrypted: false,
  seal: { type: 'shamir', initialized: true, sealed: false, threshold: 2, shares: 3, progress: 0, version: '2.7.2' },
}

const results: Readonly<Record<string, UnsealResult>> = {
  open,
  made: { ...open, initialised: true, files: ['/keys/key-1', '/keys/key-2', '/keys/key-3', '/keys/root-token'] },
  encrypted: {
    ...open,
    initialised: true,
    encrypted: true,
    files: ['/keys/key-1', '/keys/root-token'],
    seal: { ...open.seal, sealed: true },
  },
  waiting: { ...open, seal: { ...open.seal, sealed: true, progress: 1 } },
  kms: { ...open, seal: { ...open.seal, type: 'awskms', sealed: true } },
}

const cases = Object.keys(results).flatMap((name) =>
  (['human', 'json'] as const).map((format): [string, Format] => [name, format]),
)

test.each(cases)('%s as %s', async (name, format) => {
  const result = results[name] as UnsealResult
  expectGolden(
    `unseal-${name}.${format}`,
    await written(format, (view) => view.result(result), { command: 'integrate unseal' }),
  )
})
