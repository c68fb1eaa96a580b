import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { RUN } from './process.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-cache-'))
  mkdirSync(join(folder, 'home'))
  writeFileSync(join(folder, 'file'), '')
  symlinkSync('nowhere', join(folder, 'link'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Starts the command line in the folder. @returns whether there is a cache under that name afterwards */
async function start(env: Readonly<Record<string, string>>, cache: string): Promise<boolean> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [RUN, 'help'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    // One that goes round for ever must not outlive the test.
    timeout: 20_000,
  })
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout).toContain('apply')
  return existsSync(join(folder, cache))
}

test('the cache is made in the home, or in XDG_CACHE_HOME, for its owner alone', async () => {
  const home = join(folder, 'home')
  expect(await start({ HOME: home }, 'home/.cache/icebreaker/compile')).toBe(true)
  expect(statSync(join(home, '.cache/icebreaker/compile')).mode & 0o777).toBe(0o700)
  expect(await start({ HOME: home, XDG_CACHE_HOME: join(folder, 'cache') }, 'cache/icebreaker/compile')).toBe(true)
})

test.each([
  ['a home that is not there', 'missing', 'missing'],
  ['a home that is a file', 'file', 'file/.cache'],
  ['a home that is a link to nothing', 'link', 'nowhere'],
])('%s is not made: it starts without a cache', async (_what, home, cache) => {
  expect(await start({ HOME: join(folder, home) }, cache)).toBe(false)
})

test('XDG_CACHE_HOME in a folder that is not there, or not absolute, makes nothing there', async () => {
  const HOME = join(folder, 'home')
  expect(await start({ HOME, XDG_CACHE_HOME: join(folder, 'a/b') }, 'a')).toBe(false)
  expect(await start({ HOME, XDG_CACHE_HOME: 'relative' }, 'relative')).toBe(false)
  expect(await start({ HOME: '' }, '.cache')).toBe(false)
})

// Where a recursive mkdir goes round for ever.
test('HOME=/proc is no reason not to start', async () => {
  expect(await start({ HOME: '/proc' }, 'none')).toBe(false)
})
