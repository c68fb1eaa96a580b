import { IceError, SANDBOX, type CodeRecord } from '../catalogue/index.js'
import { redact } from '../secrets/redact.js'
import { lastLines } from './files.js'

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  readonly signal?: AbortSignal | undefined
  readonly input?: string
  /** Where the output goes too, for people; the error names it. */
  readonly log?: string
  /** What a failure is called; default: ICE6011. */
  readonly failure?: CodeRecord
}

/**
 * Runs a short command and gives its standard output. Failures are told without execa's own errors, which hold arguments
 * and output: ICE6010 where the program is not there, otherwise `failure` with the last lines.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { execa } = await import('execa')
  const log = options.log ? [{ file: options.log, append: true as const }] : []
  const result = await execa(program, args, {
    reject: false,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    stdout: ['pipe', ...log],
    stderr: ['pipe', ...log],
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.cwd ? { cwd: options.cwd } : {}),
    ...(options.env ? { env: options.env } : {}),
    ...(options.signal ? { cancelSignal: options.signal } : {}),
    ...options.user,
  })
  options.signal?.throwIfAborted()
  if (!result.failed) return result.stdout
  if (result.code === 'ENOENT') {
    throw new IceError(SANDBOX.toolMissing, { message: `${program} is needed and is not on PATH.` })
  }
  const lines = options.log ? lastLines(options.log) : redact(`${result.stdout}\n${result.stderr}`).trim()
  throw new IceError(options.failure ?? SANDBOX.installFailed, {
    message: `${program} failed${result.exitCode === undefined ? '' : ` with exit code ${result.exitCode}`}.`,
    evidence: { ...(options.log ? { log: options.log } : {}), 'last lines': lines },
  })
}
