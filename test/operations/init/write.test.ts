import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { existingText, replaceText, writeNew } from '../../../src/operations/init/write.js'

let folder: string
let file: string
let umask: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-write-'))
  file = join(folder, 'icebreaker.yaml')
  umask = process.umask(0o022)
})
afterEach(() => {
  process.umask(umask)
  rmSync(folder, { recursive: true })
})

const mode = (path: string): number => statSync(path).mode & 0o777

test('a new file can be read by all', async () => {
  expect(await existingText(file)).toBeUndefined()
  await writeNew(file, 'name: ä\n')
  expect([readFileSync(file, 'utf8'), mode(file)]).toEqual(['name: ä\n', 0o644])
  expect(await existingText(file)).toBe('name: ä\n')
})

test('a file that is there is left as it is', async () => {
  writeFileSync(file, 'mine')
  await expect(writeNew(file, 'new')).rejects.toMatchObject({ code: 'ICE1109', exitCode: 2 })
  expect(readFileSync(file, 'utf8')).toBe('mine')
})

test.each(['elsewhere', 'nowhere'])('nothing is written through a link to %s', async (target) => {
  const elsewhere = join(folder, 'elsewhere')
  writeFileSync(elsewhere, 'mine')
  symlinkSync(join(folder, target), file)
  await expect(existingText(file)).rejects.toMatchObject({ code: 'ICE1110', exitCode: 2 })
  await expect(writeNew(file, 'new')).rejects.toMatchObject({ exitCode: 2 })
  await expect(replaceText(file, 'mine', 'new')).rejects.toMatchObject({ code: 'ICE1110' })
  expect(readdirSync(folder).sort()).toEqual(['elsewhere', 'icebreaker.yaml'])
  expect([readFileSync(elsewhere, 'utf8'), lstatSync(file).isSymbolicLink()]).toEqual(['mine', true])
})

test('where no file can be', async () => {
  mkdirSync(file)
  await expect(existingText(file)).rejects.toThrow('something else than a file is there')
  await expect(writeNew(join(folder, 'none', 'x'), '')).rejects.toThrow('its folder does not exist')
  writeFileSync(join(folder, 'plain'), '')
  await expect(writeNew(join(folder, 'plain', 'x'), '')).rejects.toThrow('is no folder')
  await expect(existingText(join(folder, 'plain', 'x'))).rejects.toThrow('is no folder')
  await expect(writeNew(join(folder, 'x'.repeat(300)), '')).rejects.toThrow('too long')
})

test('a file that is changed keeps its mode, and nothing lies beside it afterwards', async () => {
  writeFileSync(file, 'before')
  chmodSync(file, 0o600)
  await replaceText(file, 'before', 'after')
  expect([readFileSync(file, 'utf8'), mode(file), readdirSync(folder)]).toEqual(['after', 0o600, ['icebreaker.yaml']])
})

test('what somebody else wrote meanwhile stays', async () => {
  writeFileSync(file, 'of somebody else')
  await expect(replaceText(file, 'before', 'after')).rejects.toMatchObject({ code: 'ICE1111', exitCode: 8 })
  expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['of somebody else', ['icebreaker.yaml']])
})
