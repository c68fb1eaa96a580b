import { expect } from '@jest/globals'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { down, up } from '../../src/sandbox/index.js'
import { sandboxNames } from '../../src/sandbox/record.js'
import { silent } from './state-home.js'

/**
 * Runs `up` in a process of its own, kills that after so many milliseconds, or when its first server is recorded, and
 * brings the sandbox up here. False: the kill came before there was anything.
 */
export async function killedUp(name: string, when: number | 'under way'): Promise<boolean> {
  const file = (path: string) => new URL(`../../${path}`, import.meta.url).href
  const code = `
    const { up } = await import('${file('src/sandbox/index.ts')}')
    await up({ name: '${name}', emit: () => {}, signal: new AbortController().signal })`
  const args = ['--import', file('test/servers/typescript.js'), '--input-type=module', '-e', code]
  const child = spawn(process.execPath, args, { stdio: 'ignore', env: process.env })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  if (when === 'under way') while (!sandboxNames().includes(name) && child.exitCode === null) await sleep(20)
  else await sleep(when)
  child.kill('SIGKILL')
  await ended
  const wasThere = sandboxNames().includes(name)
  const state = await up({ name, emit: silent, signal: new AbortController().signal })
  expect(state.servers.filter((server) => server.state !== 'running')).toEqual([])
  await down({ name, purge: true, emit: silent })
  expect(existsSync(state.folder)).toBe(false)
  return wasThere
}
