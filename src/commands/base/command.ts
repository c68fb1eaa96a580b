import { Command } from '@oclif/core/command'
import { IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import type { Asker, FileOptions } from '../../operations/options.js'
import type { Format } from '../../views/formats.js'
import { createView, type Result, type View } from '../../views/index.js'
import type * as Asking from './ask.js'
import { outputFlags } from './flags.js'
import { HELP_TOPICS } from './help-topics.js'
import { report } from './report.js'
import { stopOnSignals, type Stop } from './stop.js'

type Ask = typeof Asking

/** What the work of a command has at hand. */
export interface Run {
  readonly view: View
  /** Aborted by the first Ctrl-C. */
  readonly stop: AbortSignal
  /** Asks yes or no on the terminal. */
  readonly confirm: (question: string) => Promise<boolean>
  /** Asks for a text; undefined where there is no terminal. */
  readonly text: ((question: string, initial?: string) => Promise<string>) | undefined
  /** Asks several things in a row, as `init` does; undefined where there is no terminal. */
  readonly ask: Asker | undefined
  /** Asks for a secret; undefined where there is no terminal. */
  readonly prompt: ((question: string) => Promise<string>) | undefined
  /** What a login may need of whoever is there; empty where there is no terminal. */
  readonly terminal: Pick<FileOptions, 'prompt' | 'attend'>
}

interface OutputFlags {
  readonly output: Format
  readonly json: boolean
  readonly 'no-color': boolean
  readonly file?: string | undefined
}

/** What all commands share: flags for the output, one view, signals, exit codes. */
export abstract class IceCommand extends Command {
  static override baseFlags = outputFlags()

  /** Does the work, shows its result and sets the exit code, which is the same in every format. */
  protected async perform(
    flags: OutputFlags,
    work: (run: Run) => Promise<{ readonly result: Result; readonly exit: number }>,
  ): Promise<void> {
    const view = this.#view(flags)
    const stop = stopOnSignals(view)
    view.begin()
    try {
      const { result, exit } = await work(this.#run(view, stop))
      await view.result(result)
      const interrupted = 'interrupted' in result && result.interrupted
      process.exitCode = (interrupted ? stop.exitCode() : undefined) ?? exit
    } catch (error) {
      // What broke off because of the signal says only that; anything else is worth telling.
      const isAbort = stop.signal.aborted && error instanceof Error && error.name === 'AbortError'
      process.exitCode = await view.error(isAbort ? stop.signal.reason : error, stop.exitCode())
    } finally {
      stop.dispose()
    }
  }

  /** Only for what goes wrong before the flags are known. */
  protected override async catch(error: Error): Promise<void> {
    const { flags, baseFlags } = this.ctor
    const commands = this.config.commandIDs.map((id) => id.replaceAll(':', ' '))
    const topics = Object.keys(HELP_TOPICS)
    const known = { flags: Object.keys({ ...baseFlags, ...flags }), command: this.#name(), commands, topics }
    process.exitCode = await report(error, this.argv, this.config.version, known)
  }

  #name(): string {
    return (this.id ?? '').replaceAll(':', ' ')
  }

  #view(flags: OutputFlags): View {
    const { stdout, stderr, env } = process
    // Whoever read standard error has gone; there is nobody left to tell.
    stderr.on('error', () => undefined)
    const { version } = this.config
    const file = flags.file === undefined ? {} : { file: flags.file }
    const format = flags.json ? 'json' : flags.output
    return createView(format, {
      stdout,
      stderr,
      env,
      command: this.#name(),
      version,
      noColor: flags['no-color'],
      ...file,
    })
  }

  #run(view: View, stop: Stop): Run {
    const ask = async <T>(question: (ask: Ask) => Promise<T>): Promise<T> => {
      try {
        return await view.quietly(async () => question(await import('./ask.js')))
      } catch (error) {
        // While it asks, inquirer reads the keys: Ctrl-C comes as its error.
        if (error instanceof Error && error.name === 'ExitPromptError') stop.stop('SIGINT')
        throw stop.signal.aborted ? stop.signal.reason : error
      }
    }
    const prompt = isTerminal()
      ? (question: string) => ask(({ askSecret }) => askSecret(question, stop.signal))
      : undefined
    return {
      view,
      stop: stop.signal,
      confirm: (question) => ask(({ askYesNo }) => askYesNo(question, stop.signal)),
      text: isTerminal()
        ? (question, initial) => ask(({ askText }) => askText(question, stop.signal, initial))
        : undefined,
      ask: isTerminal()
        ? {
            text: (message, initial, problem) => ask(({ askText }) => askText(message, stop.signal, initial, problem)),
            select: (message, choices, initial) =>
              ask(({ askSelect }) => askSelect(message, choices, stop.signal, initial)),
            checkbox: (message, choices) => ask(({ askCheckbox }) => askCheckbox(message, choices, stop.signal)),
          }
        : undefined,
      prompt,
      terminal:
        prompt === undefined
          ? {}
          : {
              prompt,
              attend: (text, wait) =>
                view.quietly(() => {
                  process.stderr.write(`${text}\n`)
                  return wait()
                }),
            },
    }
  }
}

const isTerminal = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/** Refuses before anything is contacted: there would be nobody to answer. */
export function requireTerminal(flag: string): void {
  if (isTerminal()) return
  throw new IceError(USAGE.nobodyToAsk, {
    message: `There is no terminal to ask at; ${flag} says yes in advance.`,
    next: [`Add ${flag}.`],
  })
}
