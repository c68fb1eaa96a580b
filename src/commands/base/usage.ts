import { stripVTControlCharacters } from 'node:util'
import { IceError } from '../../catalogue/index.js'
import { nearest } from '../../catalogue/nearest.js'
import { USAGE } from '../../catalogue/usage.js'
import { redact } from '../../secrets/redact.js'
import { FORMATS, type Format } from '../../views/formats.js'

/** What oclif's own errors have, whatever their class. */
interface OclifError extends Error {
  readonly oclif: object
  /** Only where flags are wrong. */
  readonly flags?: unknown
}

const isOclifError = (error: unknown): error is OclifError =>
  error instanceof Error && 'oclif' in error && error.name !== 'IceError' && error.name !== 'IceErrors'

/** What there is, for telling what was probably meant. */
export interface Known {
  readonly command?: string
  readonly flags?: readonly string[]
  readonly commands?: readonly string[]
  /** What `help` explains beside commands. */
  readonly topics?: readonly string[]
}

/** oclif's complaints about the command line as errors of ours, with what was probably meant. Other errors stay as they are. */
export function asUsageError(error: unknown, known: Known): unknown {
  if (!isOclifError(error)) return error
  const message = cleaned(error.message)
  const unknown = /^command (.+) not found\.?$/i.exec(message)?.[1]
  if (unknown !== undefined) return unknownCommand(unknown.replaceAll(':', ' '), known)
  const help = `icebreaker ${known.command ?? ''} --help`.replace('  ', ' ')
  const option = meantOption(message)
  const wrong = Array.isArray(error.flags) ? error.flags.map(String) : []
  const meant = wrong.flatMap((flag) => {
    const near = nearest(flag.replace(/^-+/, '').split('=', 1)[0] ?? '', known.flags ?? [])
    return near === undefined ? [] : [`Did you mean --${near}?`]
  })
  const next = [...meant, ...(option === undefined ? [] : [`Did you mean ${option}?`]), `${help} lists what it takes.`]
  return new IceError(USAGE.wrongUsage, { message, next })
}

/** oclif says `Expected --output=jsn to be one of: human, json`, and the same of arguments without their name. */
function meantOption(message: string): string | undefined {
  const found = /^Expected (--[\w-]+=)?(.*) to be one of: (.+?)\.?$/.exec(message)
  if (found === null) return undefined
  const [, name = '', written = '', options = ''] = found
  const meant = nearest(written, options.split(', '))
  return meant === undefined ? undefined : `${name}${meant}`
}

function unknownCommand(written: string, { command, commands = [], topics = [] }: Known): IceError {
  const begun = commands.find((known) => written.startsWith(`${known} `))
  if (begun !== undefined) {
    const message = `icebreaker ${begun} takes no argument ${JSON.stringify(redact(written.slice(begun.length + 1)))}.`
    return new IceError(USAGE.wrongUsage, { message, next: [`icebreaker ${begun} --help lists what it takes.`] })
  }
  const isHelp = command === 'help'
  const meant = meantWords(written, [...commands, ...(isHelp ? topics : ['--help', '--version'])])
  const message = `There is no ${isHelp ? 'command or topic' : 'command'} ${JSON.stringify(redact(written))}.`
  if (meant !== undefined && written.startsWith(`${meant} `)) {
    return new IceError(USAGE.unknownCommand, { message, next: [`icebreaker ${meant} --help lists its commands.`] })
  }
  return new IceError(USAGE.unknownCommand, {
    message,
    next:
      meant === undefined
        ? [USAGE.unknownCommand.remedy]
        : [`Did you mean icebreaker ${isHelp ? 'help ' : ''}${meant}?`],
  })
}

/**
 * The command that was meant, or the topic where only that can be told: word by word, so that a right topic does not make
 * any command of it look near. Words after a command are its arguments.
 */
function meantWords(written: string, commands: readonly string[]): string | undefined {
  const words = written.split(' ')
  const path: string[] = []
  for (const word of words) {
    const within = commands
      .map((command) => command.split(' '))
      .filter((of) => path.every((part, at) => of[at] === part))
    const next = nearest(word, new Set(within.flatMap((of) => of[path.length] ?? [])))
    if (next === undefined) break
    path.push(next)
  }
  // `sandboxup` is nearer to a whole command than to its topic.
  if (words.length === 1) return nearest(written, [...path, ...commands])
  return path.length > 0 ? path.join(' ') : nearest(written, commands)
}

function cleaned(message: string): string {
  const text = stripVTControlCharacters(message)
    .replace(/\s*See more help with --help\s*$/, '')
    .replace(/^Parsing (--\S+)\s+/, '$1: ')
    .replace(/^Nonexistent flag/, 'Unknown flag')
    .replace(/^The following errors? occurred:\s*/, '')
  const sentence = redact(text).trim()
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}

/** The format that was asked for, where the command line could not be parsed. */
export function formatOf(argv: readonly string[], variable: string | undefined): Format {
  const words = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined)
  if (words.includes('--json')) return 'json'
  const written = words.flatMap((word, index) => {
    if (word === '-o' || word === '--output') return [words[index + 1]]
    return /^(?:--output=|-o=?)(.+)$/.exec(word)?.slice(1) ?? []
  })
  return FORMATS.find((format) => format === (written.at(-1) ?? variable)) ?? 'human'
}
