import { spawn, type StdioOptions } from 'node:child_process'
import { text } from 'node:stream/consumers'

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/**
 * Runs a command to its end.
 * @returns milliseconds, from before it was started until it was gone
 * @throws Error with its standard error, unless it exits with 0
 */
export async function once({ program, args, env }: Command): Promise<number> {
  const began = performance.now()
  await finished(program, args, env, ['ignore', 'ignore', 'pipe'])
  return performance.now() - began
}

/** The most memory that a Node program had at any time, in MiB. */
export async function peakMemory({ program, args, env }: Command): Promise<number> {
  const tell = `import { writeSync } from 'node:fs'
process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)))`
  const told = `data:text/javascript,${encodeURIComponent(tell)}`
  const kilobytes = await finished(program, ['--import', told, ...args], env, ['ignore', 'ignore', 'pipe', 'pipe'])
  return Number(kilobytes) / 1024
}

async function finished(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stdio: StdioOptions,
): Promise<string> {
  const child = spawn(program, args, { env, stdio })
  const read = (stream: unknown): Promise<string> =>
    stream ? text(stream as NodeJS.ReadableStream) : Promise.resolve('')
  const [stderr, told, code] = await Promise.all([
    read(child.stderr),
    read(child.stdio[3]),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ])
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${code}\n${stderr}`)
  return told
}

/** All figures of one thing that was measured, in milliseconds. */
export type Times = readonly number[]

export function median(times: Times): number {
  const sorted = times.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}
