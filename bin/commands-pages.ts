import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ManifestFlag } from '../src/commands/base/complete.js'
import { anchor, cell, code, fenced, inline, page, table } from './markdown.js'

/** docs/reference/commands: a page for each command or topic, made from oclif's manifest. */

interface Example {
  readonly description?: string
  readonly command: string
}

interface Flag extends ManifestFlag {
  readonly required?: boolean
  readonly helpGroup?: string
  readonly dependsOn?: readonly string[]
}

interface Arg {
  readonly description?: string
  readonly required?: boolean
  readonly multiple?: boolean
  readonly hidden?: boolean
  readonly options?: readonly string[]
}

export interface Command {
  readonly summary?: string
  readonly description?: string
  readonly hidden?: boolean
  readonly examples?: readonly (string | Example)[]
  readonly flags: Readonly<Record<string, Flag>>
  readonly args: Readonly<Record<string, Arg>>
}

export type Commands = Readonly<Record<string, Command>>

const root = fileURLToPath(new URL('..', import.meta.url))

export function manifestCommands(): Commands {
  const { commands } = JSON.parse(readFileSync(`${root}.oclif.manifest.json`, 'utf8')) as { commands: Commands }
  const shown = Object.entries(commands).filter(([, { hidden }]) => hidden !== true)
  return Object.fromEntries(shown.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Path under docs/ to text. */
export function commandsPages(commands = manifestCommands()): readonly (readonly [path: string, text: string])[] {
  const ids = Object.keys(commands)
  const topics = [...new Set(ids.map(topicOf))]
  const shared = sharedFlags(commands)
  const pages = topics.map((topic) => {
    const of = ids.filter((id) => topicOf(id) === topic)
    return [`${FOLDER}/${topic}.md`, topicPage(topic, of, commands, shared)] as const
  })
  return [[`${FOLDER}/README.md`, indexPage(ids, commands, shared)], ...pages]
}

const FOLDER = 'reference/commands'

const topicOf = (id: string): string => id.split(':')[0] ?? id
const typed = (id: string): string => `icebreaker ${id.replaceAll(':', ' ')}`

/** A flag of more commands than this that means the same in all of them is told once; where few mean another thing by it, they tell. */
const SHARED = 5

/** By name, what most commands mean by it. */
function sharedFlags(commands: Commands): Shared {
  const all = Object.values(commands).flatMap(({ flags }) => Object.entries(flags))
  const shown = all.filter(([, { hidden }]) => hidden !== true)
  const shared = new Map<string, Flag>()
  for (const [name, uses] of Map.groupBy(shown, ([name]) => name)) {
    const meanings = [...Map.groupBy(uses, ([, { description }]) => description).values()]
    const [most = []] = meanings.toSorted((a, b) => b.length - a.length)
    const [first] = most
    if (first !== undefined && most.length > SHARED) shared.set(name, first[1])
  }
  return shared
}

type Shared = ReadonlyMap<string, Flag>

const SHARED_TITLE = 'Flags of most commands'

function indexPage(ids: readonly string[], commands: Commands, shared: Shared): string {
  const rows = ids.map((id) => {
    const link = `${topicOf(id)}.md${id.includes(':') ? anchor(typed(id)) : ''}`
    return [`[${code(typed(id))}](${link})`, cell(commands[id]?.summary ?? '')]
  })
  return page([
    '# Commands',
    `Made from what \`icebreaker COMMAND --help\` prints. \`icebreaker help\` lists them, and \`icebreaker completion SHELL\` has
a shell complete them.`,
    table(['command', 'does'], rows),
    `## ${SHARED_TITLE}`,
    `Every flag has a variable: [environment.md](../../environment.md) says in which order they count. What the formats hold:
[output.md](../output.md). What the exit codes mean: [exit-codes.md](../../exit-codes.md).`,
    flagTable([...shared]),
  ])
}

function topicPage(topic: string, ids: readonly string[], commands: Commands, shared: Shared): string {
  const [only] = ids
  const isTopic = ids.length > 1 || only !== topic
  const sections = ids.map((id) => commandBlocks(id, commands[id] as Command, shared, isTopic))
  const list = ids.map((id) => [`[${code(typed(id))}](${anchor(typed(id))})`, cell(commands[id]?.summary ?? '')])
  return page([
    `# icebreaker ${topic}`,
    ...(isTopic ? [table(['command', 'does'], list)] : []),
    ...sections.flat(),
    'All commands: [README.md](README.md).',
  ])
}

function commandBlocks(
  id: string,
  { summary = '', description = '', args, flags, examples = [] }: Command,
  shared: Shared,
  headed: boolean,
): readonly string[] {
  const all = Object.entries(flags).filter(([, { hidden }]) => hidden !== true)
  const isShared = ([name, { description }]: (typeof all)[number]): boolean =>
    shared.has(name) && shared.get(name)?.description === description
  const own = all.filter((flag) => !isShared(flag))
  const others = all.filter(isShared).map(([name]) => code(`--${name}`))
  const formats = flags['output']?.options ?? []
  return [
    headed ? `## ${typed(id)}` : '',
    inline(summary),
    ...paragraphs(description),
    fenced('text', usage(id, args, own.length + others.length > 0)),
    argTable(args),
    ...groups(own).flatMap(([group, of]) => [group === '' ? '' : `${heading(group)}:`, flagTable(of)]),
    others.length === 0 ? '' : `And ${others.join(', ')}: [what they mean](README.md${anchor(SHARED_TITLE)}).`,
    formats.length === 0 ? '' : `Formats: ${formats.map(code).join(', ')}.`,
    exampleBlock(examples),
  ]
}

function usage(id: string, args: Command['args'], flags: boolean): string {
  const words = Object.entries(args)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name, { required, multiple }]) => {
      const word = `${name.toUpperCase()}${multiple === true ? '...' : ''}`
      return required === true ? word : `[${word}]`
    })
  return [typed(id), ...words, ...(flags ? ['[FLAGS]'] : [])].join(' ')
}

function argTable(args: Command['args']): string {
  const rows = Object.entries(args)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name, { description = '', options }]) => [
      code(name.toUpperCase()),
      cell(description) + (options === undefined ? '' : ` One of ${options.map(code).join(', ')}.`),
    ])
  return rows.length === 0 ? '' : table(['argument', ''], rows)
}

/** Flags by their group in the help, those of none first. */
function groups(flags: readonly (readonly [string, Flag])[]): readonly (readonly [string, typeof flags])[] {
  const found = Map.groupBy(flags, ([, { helpGroup = '' }]) => helpGroup)
  return [...found].toSorted(([a], [b]) => Number(a !== '') - Number(b !== ''))
}

const GROUPS: Readonly<Record<string, string>> = { field: 'Fields', server: 'Servers', output: 'Output' }

const heading = (group: string): string =>
  GROUPS[group] ?? `${group.charAt(0).toUpperCase()}${group.slice(1).replaceAll('-', ' ')}`

function flagTable(flags: readonly (readonly [string, Flag])[]): string {
  const rows = flags.map(([name, flag]) => [
    code(flagText(name, flag)),
    flag.env === undefined ? '' : code(flag.env),
    meaning(flag),
  ])
  return rows.length === 0 ? '' : table(['flag', 'variable', ''], rows)
}

function flagText(name: string, { type, char, helpValue, allowNo, options, multiple }: Flag): string {
  const long = allowNo === true ? `--[no-]${name}` : `--${name}`
  const value = [helpValue ?? []].flat()[0] ?? (options === undefined ? 'VALUE' : options.join('|'))
  const taken = type === 'boolean' ? '' : ` ${value}${multiple === true ? '...' : ''}`
  return `${char === undefined ? '' : `-${char}, `}${long}${taken}`
}

function meaning({
  description = '',
  helpValue,
  options,
  required,
  default: given,
  exclusive,
  dependsOn,
}: Flag): string {
  const listed = helpValue === undefined ? undefined : options
  const has = typeof given === 'string' || typeof given === 'number'
  return [
    cell(description),
    ...(listed === undefined ? [] : [`One of ${listed.map(code).join(', ')}.`]),
    ...(required === true ? ['Required.'] : []),
    ...(has ? [`Default: ${code(String(given))}.`] : []),
    ...(exclusive === undefined || exclusive.length === 0 ? [] : [`Not with ${flagNames(exclusive)}.`]),
    ...(dependsOn === undefined || dependsOn.length === 0 ? [] : [`Only with ${flagNames(dependsOn)}.`]),
  ].join(' ')
}

const flagNames = (names: readonly string[]): string => names.map((name) => code(`--${name}`)).join(', ')

/** A line is a paragraph; lines with columns are a block. */
function paragraphs(description: string): readonly string[] {
  const blocks: string[][] = []
  for (const line of description.split('\n').map((each) => each.trimEnd())) {
    const last = blocks.at(-1)
    if (last !== undefined && isColumns(line) && isColumns(last[0] ?? '')) last.push(line)
    else if (line !== '') blocks.push([line])
  }
  return blocks.map((lines) => (isColumns(lines[0] ?? '') ? fenced('text', lines.join('\n')) : inline(lines.join(' '))))
}

const isColumns = (line: string): boolean => /\S {2,}\S/.test(line)

function exampleBlock(examples: readonly (string | Example)[]): string {
  const texts = examples.map((example) => {
    const { description, command } =
      typeof example === 'string' ? { command: example, description: undefined } : example
    const line = command.replaceAll(/<%= *config\.bin *%>/g, 'icebreaker')
    return description === undefined ? line : `# ${description}\n${line}`
  })
  const separator = texts.some((text) => text.includes('\n')) ? '\n\n' : '\n'
  return texts.length === 0 ? '' : fenced('sh', texts.join(separator))
}
