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
}

/** oclif's complaints about the command line as errors of ours, with what was probably meant. Other errors stay as they are. */
export function asUsageError(error: unknown, known: Known): unknown {
  if (!isOclifError(error)) return error
  const message = cleaned(error.message)
  const unknown = /^command (.+) not found\.?$/i.exec(message)?.[1]
  if (unknown !== undefined) return unknownCommand(unknown.replaceAll(':', ' '), known.commands ?? [])
  const help = `icebreaker ${known.command ?? ''} --help`.replace('  ', ' ')
  const wrong = Array.isArray(error.flags) ? error.flags.map(String) : []
  const meant = wrong.flatMap((flag) => {
    const near = nearest(flag.replace(/^-+/, '').split('=', 1)[0] ?? '', known.flags ?? [])
    return near === undefined ? [] : [`Did you mean --${near}?`]
  })
  return new IceError(USAGE.wrongUsage, { message, next: [...meant, `${help} lists what it takes.`] })
}

function unknownCommand(written: string, commands: readonly string[]): IceError {
  const begun = commands.find((command) => written.startsWith(`${command} `))
  if (begun !== undefined) {
    const message = `icebreaker ${begun} takes no argument ${JSON.stringify(redact(written.slice(begun.length + 1)))}.`
    return new IceError(USAGE.wrongUsage, { message, next: [`icebreaker ${begun} --help lists what it takes.`] })
  }
  const meant = nearest(written, commands)
  return new IceError(USAGE.unknownCommand, {
    message: `There is no command ${JSON.stringify(redact(written))}.`,
    next: meant === undefined ? [USAGE.unknownCommand.remedy] : [`Did you mean icebreaker ${meant}?`],
  })
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
