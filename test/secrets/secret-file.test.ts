import { lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { isIceError, USAGE } from '../../src/catalogue/index.js'
import { openSecretFile, Secret } from '../../src/secrets/index.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-secret-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function written(value: Parameters<Awaited<ReturnType<typeof openSecretFile>>['write']>[0]): Promise<string> {
  const path = join(folder, 'out')
  await using file = await openSecretFile(path)
  await file.write(value)
  return readFileSync(path, 'utf8')
}

test('a secret alone is written to the letter', async () => {
  expect(await written(new Secret(' s3cr3t\n'))).toBe(' s3cr3t\n')
})

test('secrets in JSON are opened, also in lists and deep down', async () => {
  const text = await written({ user: 'app', nested: [{ password: new Secret('p4ssw0rd') }, new Secret('0ther-one')] })
  expect(JSON.parse(text)).toEqual({ user: 'app', nested: [{ password: 'p4ssw0rd' }, '0ther-one'] })
})

test('only its owner may read it, whatever the umask', async () => {
  const before = process.umask(0)
  try {
    await written(new Secret('s3cr3t'))
  } finally {
    process.umask(before)
  }
  expect(lstatSync(join(folder, 'out')).mode & 0o777).toBe(0o600)
})

test.each(['file', 'link', 'dangling', 'folder'])('a %s that is there is left alone', async (name) => {
  writeFileSync(join(folder, 'file'), 'mine')
  symlinkSync(join(folder, 'file'), join(folder, 'link'))
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'))
  const path = name === 'folder' ? folder : join(folder, name)
  const error: unknown = await openSecretFile(path).catch((reason: unknown) => reason)
  expect(isIceError(error) && [error.code, error.exitCode]).toEqual([USAGE.secretNotSaved.code, 2])
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('mine')
  expect(readdirSync(folder).sort()).toEqual(['dangling', 'file', 'link'])
})

test('where no secret comes no file is left', async () => {
  const path = join(folder, 'out')
  const work = async () => {
    await using _file = await openSecretFile(path)
    throw new Error('no secret')
  }
  await expect(work()).rejects.toThrow('no secret')
  expect(readdirSync(folder)).toEqual([])
})
