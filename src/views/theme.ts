import { Chalk, type ChalkInstance } from 'chalk'
import type { Variable } from '../catalogue/variable.js'
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
  /** The terminal has no Unicode: `finish` sees to texts; what draws by itself must look. */
  readonly ascii: boolean
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
    ascii,
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

/** What the views look at, here, in progress.ts and in told.ts. */
export const TERMINAL_VARIABLES: readonly Variable[] = [
  { names: ['NO_COLOR'], meaning: 'No colour; before FORCE_COLOR.' },
  { names: ['FORCE_COLOR'], meaning: 'Colour also off a terminal; 0 or false: none.' },
  { names: ['CI'], meaning: 'Plain lines instead of what moves: for pipelines, and for screen readers.' },
  { names: ['TERM'], meaning: 'dumb: plain lines, no colour, ASCII only.' },
  { names: ['LC_ALL', 'LC_CTYPE', 'LANG'], meaning: 'The first that is set; ASCII only, unless it says UTF-8.' },
  { names: ['GITHUB_ACTIONS'], meaning: 'What its runner would obey is broken up in texts.' },
  {
    names: ['DEBUG'],
    meaning: '1: a mistake in icebreaker itself is told with where it happened; secrets are masked there too.',
  },
]

/** What fits this stream in this environment. */
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
