import { spawn } from 'node:child_process'
import { createScreen } from './screen.js'

const KEYS = { enter: '\r', up: '\u001b[A', down: '\u001b[B', space: ' ', backspace: '\u007f', interrupt: '\u0003' }

/** A program at a terminal of its own, and somebody who looks at the screen and presses keys. */
export interface Terminal {
  /** What is on the screen now; nothing scrolls away. */
  screen(): string
  /** Resolves when the screen shows it; fails, with the screen, where the program ends before, or is ended after a time. */
  waitFor(what: string | RegExp): Promise<void>
  type(text: string): void
  press(...keys: readonly (keyof typeof KEYS)[]): void
  /** Waits for the question, then answers it: what is typed earlier may be lost between two prompts. */
  answer(question: string | RegExp, text?: string): Promise<void>
  /** Resolves when the program has ended. */
  readonly ended: Promise<number>
  /** Ends the program, if it still runs. */
  close(): Promise<void>
}

export interface TerminalOptions {
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly columns?: number
  /** Where standard output goes instead of the terminal. */
  readonly stdout?: string
  /** How long `waitFor` waits, milliseconds. */
  readonly patience?: number
}

/** Starts a program in a pseudo-terminal (by script(1)); standard output and standard error both come out of it. */
export function openTerminal(
  command: readonly string[],
  { env, cwd, columns = 100, stdout, patience = 30_000 }: TerminalOptions,
): Terminal {
  const words = command.map(quoted).join(' ')
  const redirected = stdout === undefined ? words : `${words} > ${quoted(stdout)}`
  const child = spawn('script', ['-qec', `stty cols ${columns} rows 50; exec ${redirected}`, '/dev/null'], {
    env: { TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
    cwd,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const screen = createScreen(columns)
  const watchers = new Set<() => void>()
  let exitCode: number | undefined
  const look = (): void => watchers.forEach((watch) => watch())

  child.stdout.setEncoding('utf8').on('data', (output: string) => {
    screen.write(output)
    look()
  })
  // Keys for a program that has ended are lost, as at any terminal.
  child.stdin.on('error', () => undefined)
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      exitCode = code ?? -1
      look()
      resolve(exitCode)
    })
  })

  const waitFor = (what: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer)
        watchers.delete(watch)
        settle()
      }
      const fail = (why: string): void =>
        done(() => reject(new Error(`${why} before the screen showed ${String(what)}:\n${screen.text()}`)))
      const watch = (): void => {
        if (isShown(what, screen.text())) done(resolve)
        else if (exitCode !== undefined) fail(`The program ended (${exitCode})`)
      }
      const timer = setTimeout(() => {
        // A test that fails here would leave it running.
        child.kill('SIGTERM')
        fail('The time was over')
      }, patience)
      watchers.add(watch)
      watch()
    })

  const send = (text: string): void => void child.stdin.write(text)
  return {
    screen: () => screen.text(),
    waitFor,
    type: send,
    press: (...keys) => send(keys.map((key) => KEYS[key]).join('')),
    async answer(question, text = '') {
      await waitFor(question)
      send(text + KEYS.enter)
    },
    ended,
    async close() {
      if (exitCode === undefined) child.kill('SIGTERM')
      await ended
    },
  }
}

const isShown = (what: string | RegExp, text: string): boolean =>
  typeof what === 'string' ? text.includes(what) : what.test(text)

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
