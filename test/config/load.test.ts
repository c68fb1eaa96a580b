import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { isIceError, type IceError } from '../../src/catalogue/index.js'
import { readBeside, readConfigFile, resolveBeside } from '../../src/config/load.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-load-'))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'good.yaml'), 'version: 1\n')
  writeFileSync(join(folder, 'latin1.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xfc]))
  writeFileSync(join(folder, 'large.yaml'), Buffer.alloc(1024 * 1024 + 1, '#'))
  writeFileSync(join(folder, 'secret.yaml'), 'x')
  chmodSync(join(folder, 'secret.yaml'), 0)
  mkdirSync(join(folder, 'sub'))
  symlinkSync('loop.yaml', join(folder, 'loop.yaml'))
  symlinkSync('good.yaml', join(folder, 'link.yaml'))
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'pipe.yaml')])
})
afterAll(() => rmSync(folder, { recursive: true }))

async function refusal(promise: Promise<unknown>): Promise<IceError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!isIceError(error)) throw new Error(`it was not refused: ${String(error)}`)
  return error
}

test('reads a file, also through a link', async () => {
  expect(await readConfigFile(join(folder, 'good.yaml'))).toBe('version: 1\n')
  expect(await readConfigFile(join(folder, 'link.yaml'))).toBe('version: 1\n')
})

test.each([
  ['none.yaml', 'ICE1012', 'does not exist'],
  ['good.yaml/x', 'ICE1012', 'does not exist: a part of its path is not a directory'],
  ['sub', 'ICE1012', 'is a directory'],
  ['loop.yaml', 'ICE1012', 'is a link that leads in a circle'],
  ['latin1.yaml', 'ICE1012', 'is not UTF-8 text'],
  ['pipe.yaml', 'ICE1012', 'is not a regular file'],
  ['large.yaml', 'ICE1011', 'is larger than 1 MiB'],
  ['a\0b', 'ICE1012', 'has a name with a zero byte'],
])('%j is refused', async (name, code, problem) => {
  const error = await refusal(readConfigFile(join(folder, name)))
  expect(error.code).toBe(code)
  expect(error.message).toMatch(new RegExp(`^The file ".*" ${problem}\\.$`))
  expect(error.exitCode).toBe(2)
})

test('a file without permission is refused', async () => {
  const isRoot = process.geteuid?.() === 0
  // Root may read everything.
  if (isRoot) process.seteuid?.(65_534)
  try {
    const error = await refusal(readConfigFile(join(folder, 'secret.yaml')))
    expect(error.message).toMatch(/may not be read by this user/)
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})

test('a device is refused, not read', async () => {
  expect((await refusal(readConfigFile('/dev/zero'))).message).toBe('The file "/dev/zero" is not a regular file.')
})

test('of a file that is not there it says how another is named', async () => {
  const error = await refusal(readConfigFile(join(folder, 'none.yaml')))
  expect(error.next).toEqual([
    'Name the file with --file (-f) or ICEBREAKER_FILE; without them it is ./icebreaker.yaml in the current directory.',
  ])
})

test('what a file names stands beside it', async () => {
  const config = join(folder, 'sub', 'icebreaker.yaml')
  expect(resolveBeside(config, 'a.hcl')).toBe(join(folder, 'sub', 'a.hcl'))
  expect(resolveBeside(config, '/etc/ca.pem')).toBe('/etc/ca.pem')
  expect(await readBeside(config, '../good.yaml', undefined)).toBe('version: 1\n')

  const at = { file: config, line: 3, column: 7 }
  const error = await refusal(readBeside(config, 'policies/x.hcl', at))
  expect([error.code, error.message, error.details.at]).toEqual([
    'ICE1014',
    'The file "policies/x.hcl" does not exist.',
    at,
  ])
  expect((await refusal(readBeside(config, '..', at))).message).toBe('The file ".." is a directory.')
})
