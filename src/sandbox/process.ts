import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that was started here. A pid alone is not enough: the system gives it to another process later. */
export interface ProcessId {
  readonly pid: number
  /** When that process began, in whatever way the system tells it; only good for comparing. */
  readonly began: string
}

export interface Launch {
  readonly program: string
  readonly args: readonly string[]
  readonly folder: string
  readonly log: string
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** When the process with this pid began; undefined where there is none, or only its remains (a zombie). */
export function beginningOf(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) {
    try {
      // proc(5): the second field is the program's name in parentheses and may hold anything; the 3rd is the state, the 22nd the start.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${bootId()} ${fields[19]}`
    } catch {
      return undefined
    }
  }
  const ps = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', env: { LC_ALL: 'C' } })
  const [state, ...start] = (ps.stdout as string | null)?.trim().split(/\s+/) ?? []
  return !state || state.startsWith('Z') ? undefined : start.join(' ')
}

export function isAlive(process: ProcessId): boolean {
  return beginningOf(process.pid) === process.began
}

/** This very process, for locks. */
export function self(): ProcessId {
  return { pid: process.pid, began: beginningOf(process.pid) ?? '' }
}

/**
 * Starts a server in a session of its own, so that it outlives this process and its terminal. Output goes to the log; the
 * log of the run before is kept as `….log.1`. The child gets a bare environment: ours may hold tokens, or settings for it.
 * Throws the system's error (ENOENT, EACCES) where the program cannot be run.
 */
export async function startDetached(launch: Launch, recordIt: (started: ProcessId) => void): Promise<ProcessId> {
  if (existsSync(launch.log)) renameSync(launch.log, `${launch.log}.1`)
  const log = openSync(launch.log, 'a', 0o600)
  try {
    const child = spawn(launch.program, launch.args, {
      cwd: launch.folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'], HOME: launch.folder, LANG: 'C.UTF-8', TZ: 'UTC' },
      ...launch.user,
    })
    const failure = new Promise<never>((_, reject) => child.once('error', reject))
    if (child.pid === undefined) return await failure
    // In the same turn as the start: no signal handler of ours can run in between and lose a process.
    const started = { pid: child.pid, began: beginningOf(child.pid) ?? 'ended at once' }
    recordIt(started)
    failure.catch(() => undefined)
    child.unref()
    return started
  } finally {
    closeSync(log)
  }
}

const FORCED_MS = 5_000
const POLL_MS = 20

/**
 * Ends a process: `signal`, then SIGKILL after `graceMs`. Nothing happens to another process that has its pid by now.
 * False: it is still there.
 */
export async function stopProcess(process: ProcessId, signal: NodeJS.Signals, graceMs: number): Promise<boolean> {
  return (await signalAndWait(process, signal, graceMs)) || (await signalAndWait(process, 'SIGKILL', FORCED_MS))
}

async function signalAndWait(target: ProcessId, signal: NodeJS.Signals, ms: number): Promise<boolean> {
  if (!isAlive(target)) return true
  try {
    process.kill(target.pid, signal)
  } catch (error) {
    // ESRCH: gone meanwhile. EPERM: not ours to end; the wait below finds it alive.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true
  }
  for (const deadline = Date.now() + ms; Date.now() < deadline;) {
    if (!isAlive(target)) return true
    await sleep(POLL_MS)
  }
  return !isAlive(target)
}
