import { USAGE } from '../catalogue/usage.js'
import type { Emit, IceEvent } from '../events/index.js'
import type { InitResult } from '../operations/init/types.js'
import type { LeaseActResult } from '../operations/lease/act.js'
import type { LockdownResult } from '../operations/lockdown/types.js'
import type { PlanResult, RemovalResult } from '../operations/results.js'
import type { Format } from './formats.js'
import { errorText } from './human/error.js'
import { fileName, type FileName } from './human/file-name.js'
import { human } from './human/index.js'
import { initProposal } from './human/init.js'
import { planPreview } from './human/plan.js'
import { leasePreview } from './human/lease.js'
import { lockdownPreview } from './human/lockdown.js'
import { removalPreview } from './human/removal.js'
import { json } from './json.js'
import { junit } from './junit.js'
import { ndjson } from './ndjson.js'
import { isLive, liveProgress, plainProgress, silent } from './progress.js'
import type { Note, Renderer } from './renderer.js'
import type { PlainResult, Result } from './results.js'
import { createTheme, lookFor, type Environment, type Output, type Theme } from './theme.js'
import { errorRecords, exitOf, tell } from './told.js'
import { createTracker } from './tracker.js'

export type { Result, Variable } from './results.js'

export interface ViewOptions {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Environment
  /** What was typed, as in `sandbox up`. */
  readonly command: string
  /** What the operator calls the file. */
  readonly file?: string
  /** Of icebreaker. */
  readonly version: string
  readonly noColor?: boolean
  readonly now?: () => Date
}

/** The only way to print. Data goes to standard output, what is for people to standard error. */
export interface View {
  /** Work begins: from now on whoever waits for more than a second sees that it lasts. */
  begin(): void
  /** What an operation is given as `emit`. */
  readonly listen: Emit
  /** Shows a plan before it is carried out, or asked about. */
  plan(plan: PlanResult, asked: boolean): Promise<void>
  /** Shows what would be removed, before it is asked about. */
  removal(result: RemovalResult): Promise<void>
  /** Shows what would become of tokens and leases, before it is asked about. */
  cut(result: LeaseActResult | LockdownResult): Promise<void>
  /** Shows how a file would change, before it is asked about. */
  proposal(result: InitResult): Promise<void>
  /** Lets somebody else have the terminal; events wait meanwhile. */
  quietly<T>(ask: () => Promise<T>): Promise<T>
  result(result: Result): Promise<void>
  /** @returns the exit code: `exit`, or the one that the error asks for */
  error(error: unknown, exit?: number): Promise<number>
  /** Says that a signal came and what is still being finished. */
  stopping(signal: string): void
  /** Says, at once, what is left unfinished; the process ends next. */
  leaving(signal: string): void
}

export function createView(format: Format, options: ViewOptions): View {
  const {
    stdout,
    stderr,
    env,
    command,
    version,
    file = 'icebreaker.yaml',
    noColor = false,
    now = () => new Date(),
  } = options
  const people = createTheme(lookFor(stderr, env, noColor))
  const look = lookFor(stdout, env, noColor)
  const data = createTheme(look)
  // A shell must get what is meant, not what looks like it.
  const exact = createTheme({ ...look, ascii: false })
  const tracker = createTracker()
  const notes: Note[] = []
  const tellPeople = (text: string): void => void stderr.write(people.finish(text))
  const renderer = rendererFor(format, { data, exact, file: fileName(file, env), command, version, now })
  const print = (text: string | undefined): void => {
    if (text !== undefined) stdout.write(text)
  }
  const progress =
    format === 'ndjson'
      ? silent
      : isLive(stderr, env)
        ? liveProgress(tellPeople, people, `icebreaker ${command}`, tracker)
        : plainProgress(tellPeople, people, `icebreaker ${command}`)

  // While somebody is asked, what happens meanwhile is told afterwards.
  let held: IceEvent[] | undefined
  const listen = (event: IceEvent): void => {
    if (held !== undefined) return void held.push(event)
    const told = tell(event)
    if (told.type === 'note') notes.push(told)
    else tracker.see(told)
    print(renderer.event?.(told))
    progress.show(told)
  }
  let asking: Promise<unknown> = Promise.resolve()

  return {
    begin: () => progress.begin(),
    listen,
    async plan(plan, asked) {
      await progress.rest()
      print(renderer.plan?.(tell(plan)))
      if (asked || format === 'human') tellPeople(`${planPreview(tell(plan), people)}\n`)
      progress.begin()
    },
    async removal(result) {
      await progress.rest()
      if (format === 'human') tellPeople(`${removalPreview(tell(result), people)}\n`)
    },
    async cut(result) {
      await progress.rest()
      const text =
        result.operation === 'lockdown' ? lockdownPreview(tell(result), people) : leasePreview(tell(result), people)
      tellPeople(`${text}\n`)
    },
    async proposal(result) {
      await progress.rest()
      tellPeople(`${initProposal(result, people)}\n`)
    },
    quietly(ask) {
      const alone = async () => {
        await progress.rest()
        held = []
        try {
          return await ask()
        } finally {
          const waiting = held
          held = undefined
          waiting.forEach(listen)
          progress.begin()
        }
      }
      const answer = asking.then(alone)
      asking = answer.catch(() => undefined)
      return answer
    },
    async result(result) {
      await progress.rest()
      print(renderer.result(isExact(result) ? result : tell(result), notes))
    },
    async error(error, exit = exitOf(error)) {
      await progress.rest()
      const records = errorRecords(error, env).map((record) => (exit === exitOf(error) ? record : { ...record, exit }))
      tellPeople(errorText(records, people))
      print(renderer.error?.(records, exit, notes))
      return exit
    },
    stopping(signal) {
      const running = tracker.running()
      const what =
        running.length === 0
          ? ''
          : `, finishing ${running.length === 1 ? String(running[0]) : `${running.length} things that are under way`}`
      listen({
        type: 'note',
        level: 'warning',
        code: USAGE.stopped.code,
        text: `${signal}: stopping${what}. The same again leaves at once.`,
      })
    },
    leaving(signal) {
      progress.abandon()
      const running = tracker.running()
      tellPeople(
        `${signal}: left at once. ${running.length === 0 ? '' : `Not known how it ended: ${running.join(', ')}. `}Run the command again: it reads what is there first.\n`,
      )
    },
  }
}

const EXACT: ReadonlySet<string> = new Set([
  'completion',
  'export',
  'init',
  'integrate',
  'integrate job',
  'permissions',
  'policy generate',
  'print-commands',
  'sandbox env',
])

/** Told as it is: what `--show-secret` shows must not be blanked out, nor a command be another one. */
const isExact = <R extends { readonly operation: string }>(result: R): result is Extract<R, PlainResult> =>
  EXACT.has(result.operation)

/** Texts of which no letter may be another one: what --show-secret shows. */
const LITERAL: ReadonlySet<string> = new Set(['kv get', 'database creds'])

interface Setting {
  readonly data: Theme
  readonly exact: Theme
  readonly file: FileName
  readonly command: string
  readonly version: string
  readonly now: () => Date
}

function rendererFor(format: Format, { data, exact, file, command, version, now }: Setting): Renderer {
  switch (format) {
    case 'human': {
      const renderer = human(file, data)
      return {
        result: (result, notes) =>
          (isExact(result) || LITERAL.has(result.operation) ? exact : data).finish(renderer.result(result, notes)),
      }
    }
    case 'json':
      return json
    case 'ndjson':
      return ndjson({ version, now })
    case 'junit':
      return junit(command)
  }
}
