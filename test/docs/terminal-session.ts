import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './pages.js'
import type { Typed } from './shell.js'

export interface Ran extends Typed {
  readonly exitCode: number
  readonly said: readonly string[]
}

interface Options {
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Types commands into one bash, one after the other, as a reader would: variables, functions and `$?` live on.
 * @returns what each printed on standard output, and how it ended; and what all said on standard error
 */
export async function typeAll(
  typed: readonly Typed[],
  { folder, env }: Options,
): Promise<{ readonly ran: readonly Ran[]; readonly stderr: string }> {
  const mark = `=== ${process.pid} ===`
  const run = join(root, 'bin/run.js')
  const lines = [
    `icebreaker() { '${process.execPath}' '${run}' "$@"; }`,
    'status=0',
    ...typed.flatMap(({ command }) => [
      // The reader's `$?` is the one of his own last command.
      `(exit $status)`,
      command,
      `status=$?`,
      `printf '\\n%s %s\\n' '${mark}' "$status"`,
    ]),
  ]
  const { stdout, stderr } = await outputOf(lines.join('\n'), { folder, env })
  const parts = stdout.split(new RegExp(`^${mark} (\\d+)\\n`, 'm'))
  const ran = typed.map((one, index) => ({
    ...one,
    said: linesOf(parts[index * 2] ?? ''),
    exitCode: Number(parts[index * 2 + 1] ?? -1),
  }))
  return { ran, stderr }
}

const linesOf = (text: string): readonly string[] => {
  const whole = text.replace(/\n+$/, '')
  return whole === '' ? [] : whole.split('\n')
}

async function outputOf(script: string, { folder, env }: Options): Promise<{ stdout: string; stderr: string }> {
  const child = spawn('bash', ['-s'], { cwd: folder, env, stdio: 'pipe' })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.end(script)
  await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject))
  return { stdout, stderr }
}

/** What differs from run to run, and the widths of columns that come of it. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\b\d+(?:\.\d+)? m?s\b/g, 'N ms'],
  [/\bin \d+ (?:days|h|min)\b/g, 'in N days'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'],
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID'],
  [/\b(entity|auth_kubernetes)_[0-9a-f]{8}/g, '$1_ID'],
  [/sha256 [0-9a-f]+/g, 'sha256 HASH'],
  [/\bpid \d+/g, 'pid N'],
  [/ +/g, ' '],
]

const settled = (line: string): string =>
  VARYING.reduce((text, [pattern, instead]) => text.replaceAll(pattern, instead), line).trim()

/** Whether a page shows what was printed; a line `...` on the page stands for any number of lines. */
export function shows(page: readonly string[], said: readonly string[]): boolean {
  const pattern = page.map(settled).map((line) => (line === '...' ? '(?:.*\\n)*?' : `${escaped(line)}\\n`))
  return new RegExp(`^${pattern.join('')}$`).test(said.map((line) => `${settled(line)}\n`).join(''))
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
