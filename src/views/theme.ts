import { Chalk, type ChalkInstance } from 'chalk'
import { toAscii, unrunnable } from './text.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** What a view needs of a stream. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** How text for people looks on one stream. Words carry the meaning; colour only repeats it. */
export interface Theme {
  readonly width: number
  readonly good: ChalkInstance
  readonly bad: ChalkInstance
  readonly warn: ChalkInstance
  readonly dim: ChalkInstance
  readonly bold: ChalkInstance
  /** The last thing that is done to a text before it is written. */
  finish(text: string): string
}

export interface Look {
  readonly color: boolean
  readonly ascii: boolean
  readonly width: number
  /** Runs under GitHub's runner, which obeys some lines. */
  readonly obeyed: boolean
}

export function createTheme({ color, ascii, width, obeyed }: Look): Theme {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  return {
    width,
    good: chalk.green,
    bad: chalk.red,
    warn: chalk.yellow,
    dim: chalk.dim,
    bold: chalk.bold,
    finish: (text) => {
      const harmless = obeyed ? unrunnable(text) : text
      return ascii ? toAscii(harmless) : harmless
    },
  }
}

const [NARROWEST, DEFAULT, WIDEST] = [40, 100, 120]

/** What fits this stream in this environment: NO_COLOR, FORCE_COLOR, TERM, the locale, GITHUB_ACTIONS. */
export function lookFor(stream: Output, env: Environment, noColor = false): Look {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG']
  return {
    color: !noColor && wantsColor(stream, env),
    ascii: env['TERM'] === 'dumb' || (locale !== undefined && !/utf-?8/i.test(locale)),
    width: Math.min(Math.max(stream.columns ?? DEFAULT, NARROWEST), WIDEST),
    obeyed: Boolean(env['GITHUB_ACTIONS']),
  }
}

function wantsColor(stream: Output, env: Environment): boolean {
  if (env['NO_COLOR']) return false
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}
