import { afterAll, expect, test } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beginningOf, isAlive, self, startDetached, stopProcess, type ProcessId } from '../../src/sandbox/process.js'

const folder = mkdtempSync(join(tmpdir(), 'icebreaker-process-'))
const log = join(folder, 'log')
const started: ProcessId[] = []
afterAll(async () => {
  for (const one of started) await stopProcess(one, 'SIGKILL', 1000)
  rmSync(folder, { recursive: true })
})

/** A real process that runs this program text in Node. */
const start = (code: string): Promise<ProcessId> =>
  startDetached({ program: process.execPath, args: ['-e', code], folder, log }, (one) => started.push(one))

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition() && Date.now() < deadline;) await sleep(10)
  expect(condition()).toBe(true)
}

test('a process is known by its pid and its beginning', () => {
  expect(isAlive(self())).toBe(true)
  expect(beginningOf(process.pid)).toBe(self().began)
  expect(isAlive({ ...self(), began: 'another time' })).toBe(false)
  expect(beginningOf(2 ** 30)).toBeUndefined()
})

test('a started process lives on in a session of its own, writes to a private log, and sees nothing of our environment', async () => {
  process.env['ICEBREAKER_CANARY'] = 'canary-in-the-environment'
  const one = await start('console.log(JSON.stringify(process.env)); setInterval(() => {}, 1000)')
  delete process.env['ICEBREAKER_CANARY']
  await until(() => readFileSync(log, 'utf8').includes('PATH'))
  expect(isAlive(one)).toBe(true)
  expect(readFileSync(log, 'utf8')).not.toContain('canary')
  expect(statSync(log).mode & 0o777).toBe(0o600)
  expect(await stopProcess(one, 'SIGTERM', 5000)).toBe(true)
  expect(isAlive(one)).toBe(false)
})

test('a process that ignores the signal is killed after its grace', async () => {
  const one = await start('process.on("SIGTERM", () => {}); console.log("ready"); setInterval(() => {}, 1000)')
  await until(() => readFileSync(log, 'utf8').includes('ready'))
  const begin = Date.now()
  expect(await stopProcess(one, 'SIGTERM', 300)).toBe(true)
  expect(Date.now() - begin).toBeGreaterThanOrEqual(300)
  expect(isAlive(one)).toBe(false)
})

test('another process that has the pid by now is left alone', async () => {
  const one = await start('setInterval(() => {}, 1000)')
  expect(await stopProcess({ pid: one.pid, began: 'before the last reboot' }, 'SIGKILL', 1000)).toBe(true)
  expect(isAlive(one)).toBe(true)
})

test('a program that is not there is an error, and nothing is recorded', async () => {
  const before = started.length
  const program = join(folder, 'no-such-program')
  const attempt = startDetached({ program, args: [], folder, log }, (one) => started.push(one))
  await expect(attempt).rejects.toMatchObject({ code: 'ENOENT' })
  expect(started).toHaveLength(before)
})

test('the log of the run before is kept once', async () => {
  const first = await start('console.log("first")')
  await until(() => !isAlive(first))
  const second = await start('console.log("second")')
  await until(() => !isAlive(second))
  expect(readFileSync(`${log}.1`, 'utf8')).toBe('first\n')
  expect(readFileSync(log, 'utf8')).toBe('second\n')
})
