import { afterAll, expect, test } from '@jest/globals'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from '../../src/sandbox/lock.js'
import { self } from '../../src/sandbox/process.js'

const folder = mkdtempSync(join(tmpdir(), 'icebreaker-lock-'))
const lock = join(folder, 'lock')
afterAll(() => rmSync(folder, { recursive: true }))

test('only one works at a time, and the others are told who does', async () => {
  let inside = 0
  let most = 0
  const told: number[] = []
  const work = () =>
    withLock(lock, { onWait: ({ pid }) => told.push(pid) }, async () => {
      most = Math.max(most, ++inside)
      await sleep(20)
      inside--
    })
  await Promise.all([work(), work(), work()])
  expect(most).toBe(1)
  expect(told).toEqual([process.pid, process.pid])
  expect(readdirSync(folder)).toEqual([])
})

test('the lock is given back when the work fails', async () => {
  await expect(withLock(lock, {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(existsSync(lock)).toBe(false)
})

test.each([
  ['a process that is gone', JSON.stringify({ pid: 2 ** 30, began: 'long ago' })],
  ['a process whose pid another one has now', JSON.stringify({ pid: process.pid, began: 'long ago' })],
  ['nobody knows whom', '{"pid": 1'],
])('the lock of %s is taken', async (_, content) => {
  writeFileSync(lock, content)
  let inside = 0
  let most = 0
  const work = () =>
    withLock(lock, {}, async () => {
      most = Math.max(most, ++inside)
      await sleep(5)
      inside--
    })
  await Promise.all([work(), work(), work(), work()])
  expect(most).toBe(1)
  expect(readdirSync(folder)).toEqual([])
})

test('waiting ends when the operator interrupts', async () => {
  writeFileSync(lock, JSON.stringify(self()))
  await expect(withLock(lock, { signal: AbortSignal.timeout(50) }, () => Promise.resolve())).rejects.toThrow(/timeout/)
  expect(existsSync(lock)).toBe(true)
  rmSync(lock)
})
