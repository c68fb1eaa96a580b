import type { Names } from '../../operations/names.js'

/** What a shell is told at TAB, worked out from oclif's manifest. */

export interface Manifest {
  readonly commands: Readonly<Record<string, ManifestCommand>>
}

export interface ManifestCommand {
  readonly summary?: string
  readonly hidden?: boolean
  readonly flags: Readonly<Record<string, ManifestFlag>>
  readonly args: Readonly<Record<string, ManifestArg>>
}

export interface ManifestFlag {
  readonly type: 'boolean' | 'option'
  readonly char?: string
  readonly description?: string
  readonly env?: string
  readonly default?: unknown
  readonly hidden?: boolean
  readonly helpValue?: string | readonly string[]
  readonly options?: readonly string[]
  readonly multiple?: boolean
  readonly allowNo?: boolean
  readonly exclusive?: readonly string[]
}

interface ManifestArg {
  readonly description?: string
  readonly hidden?: boolean
  readonly options?: readonly string[]
  readonly multiple?: boolean
}

type Taken = { readonly names: Names } | { readonly paths: 'files' | 'folders' } | { readonly commands: true }

/**
 * What stands behind the placeholder of a flag (its `helpValue`) or the name of an argument: nowhere else is it said. A
 * placeholder may have several, `ADDRESS|all`; those in small letters are meant as they are.
 */
const TAKEN: Readonly<Record<string, Taken>> = {
  ABOUT: { commands: true },
  ACCOUNT: { names: 'accounts' },
  ADDRESS: { names: 'addresses' },
  CLUSTER: { names: 'clusters' },
  DIR: { paths: 'folders' },
  FILE: { paths: 'files' },
  FOLDER: { paths: 'folders' },
  MOUNT: { names: 'mounts' },
  NAMESPACE: { names: 'namespaces' },
  'NAMESPACE/NAME': { names: 'accounts' },
  PLAN: { paths: 'files' },
  POLICY: { names: 'policies' },
  ROLE: { names: 'roles' },
  // An argument whose name alone does not say it, with its command.
  'explain NAME': { names: 'explainable' },
}

export interface Candidate {
  readonly value: string
  readonly about?: string
}

export interface Completion {
  readonly candidates: readonly Candidate[]
  /** What the shell adds by itself. */
  readonly paths?: 'files' | 'folders'
}

/** Where the words of a command line lead to. */
export interface Known {
  readonly manifest: Manifest
  /** What topics are about, by their words: `sandbox`. */
  readonly topics: Readonly<Record<string, string | undefined>>
  /** What `help` explains beside commands. */
  readonly help: Readonly<Record<string, string>>
  /** @param file as --file names it; undefined: nothing on the line does */
  names(what: Names, file: string | undefined): Promise<readonly string[]>
}

/** @param words what was typed after `icebreaker`, up to the cursor; the last is the one to complete, and may be empty */
export async function complete(words: readonly string[], known: Known): Promise<Completion> {
  const current = words.at(-1) ?? ''
  const line = parse(words.slice(0, -1), known.manifest)
  const { candidates, paths } = await offered(line, current, known)
  return { candidates: candidates.filter(({ value }) => value.startsWith(current)), ...(paths && { paths }) }
}

interface Line {
  /** The words that name a command or a topic. */
  readonly path: readonly string[]
  readonly command: ManifestCommand | undefined
  /** By name; the value is the last. */
  readonly given: ReadonlyMap<string, string | undefined>
  readonly rest: readonly string[]
  /** The flag whose value comes next. */
  readonly open: string | undefined
  /** After `--` there are no flags. */
  readonly ended: boolean
}

function parse(before: readonly string[], { commands }: Manifest): Line {
  const path: string[] = []
  const ids = Object.keys(commands).filter((id) => commands[id]?.hidden !== true)
  for (const word of before) {
    const longer = [...path, word].join(':')
    if (!ids.some((id) => id === longer || id.startsWith(`${longer}:`))) break
    path.push(word)
  }
  const command = commands[path.join(':')]
  const given = new Map<string, string | undefined>()
  const rest: string[] = []
  let open: string | undefined
  let ended = false
  for (const word of before.slice(path.length)) {
    if (open !== undefined) {
      given.set(open, word)
      open = undefined
    } else if (ended || !word.startsWith('-') || word === '-') rest.push(word)
    else if (word === '--') ended = true
    else {
      const { name, value } = flagOf(word, command)
      given.set(name, value)
      if (value === undefined && command?.flags[name]?.type === 'option') open = name
    }
  }
  return { path, command, given, rest, open, ended }
}

/** `--name`, `--name=value`, `-n`, `-nvalue`. */
function flagOf(word: string, command: ManifestCommand | undefined): { name: string; value: string | undefined } {
  if (word.startsWith('--')) {
    const [name = '', value] = split(word.slice(2), word.indexOf('=') - 2)
    return { name, value: value?.slice(1) }
  }
  const flags = Object.entries(command?.flags ?? {})
  const [name = word] = flags.find(([, { char }]) => char === word[1]) ?? []
  return { name, value: word.length > 2 ? word.slice(2).replace(/^=/, '') : undefined }
}

const split = (text: string, at: number): string[] => (at < 0 ? [text] : [text.slice(0, at), text.slice(at)])

async function offered(
  { path, command, given, rest, open, ended }: Line,
  current: string,
  known: Known,
): Promise<Completion> {
  if (open !== undefined) return values(command?.flags[open], given, known)
  if (!ended && current.startsWith('-')) {
    const [name = '', value] = split(current, current.indexOf('='))
    if (value === undefined) return { candidates: flagsOf(command, given) }
    const { candidates, paths } = await values(command?.flags[name.slice(2)], given, known)
    return { candidates: candidates.map((one) => ({ ...one, value: `${name}=${one.value}` })), ...(paths && { paths }) }
  }
  const next = rest.length === 0 && given.size === 0 ? nextWords(path, known) : []
  const args = Object.entries(command?.args ?? {}).filter(([, { hidden }]) => hidden !== true)
  const last = args.at(-1)
  const arg = args[rest.length] ?? (last?.[1].multiple === true ? last : undefined)
  if (arg === undefined) return { candidates: next }
  const [name, { options }] = arg
  if (options !== undefined) return { candidates: [...next, ...options.map((value) => ({ value }))] }
  const placeholder = name.toUpperCase()
  const precise = `${path.join(' ')} ${placeholder}`
  const taken = await takes(precise in TAKEN ? precise : placeholder, rest, given, known)
  return { ...taken, candidates: [...next, ...taken.candidates] }
}

/** Commands and topics that go on where these words end. */
function nextWords(path: readonly string[], { manifest, topics }: Known): readonly Candidate[] {
  const found = new Map<string, string | undefined>()
  for (const [id, command] of Object.entries(manifest.commands)) {
    const words = id.split(':')
    const next = words[path.length]
    if (command.hidden === true || next === undefined || path.some((word, index) => word !== words[index])) continue
    const isWhole = words.length === path.length + 1
    if (isWhole) found.set(next, command.summary)
    else if (!found.has(next)) found.set(next, topics[[...path, next].join(' ')])
  }
  return [...found].map(([value, about]) => candidate(value, about))
}

function flagsOf(command: ManifestCommand | undefined, given: Line['given']): Candidate[] {
  const flags = Object.entries(command?.flags ?? {})
  const excluded = new Set(flags.flatMap(([name, { exclusive = [] }]) => (given.has(name) ? exclusive : [])))
  const open = flags.filter(
    ([name, { hidden, multiple }]) =>
      hidden !== true && !excluded.has(name) && (multiple === true || !(given.has(name) || given.has(`no-${name}`))),
  )
  return [
    ...open.flatMap(([name, { description, allowNo }]) => [
      candidate(`--${name}`, description),
      ...(allowNo === true ? [candidate(`--no-${name}`, description)] : []),
    ]),
    candidate('--help', command === undefined ? 'What icebreaker can do.' : 'All about this command.'),
    ...(command === undefined ? [candidate('--version', 'Which icebreaker this is.')] : []),
  ]
}

async function values(flag: ManifestFlag | undefined, given: Line['given'], known: Known): Promise<Completion> {
  if (flag?.options !== undefined) return { candidates: flag.options.map((value) => ({ value })) }
  const placeholder = [flag?.helpValue ?? []].flat()[0] ?? ''
  return takes(placeholder, [], given, known)
}

async function takes(
  placeholder: string,
  rest: readonly string[],
  given: Line['given'],
  known: Known,
): Promise<Completion> {
  const all = await Promise.all(placeholder.split('|').map((one) => takesOne(one, rest, given, known)))
  const paths = all.map((one) => one.paths).find((one) => one !== undefined)
  return { candidates: all.flatMap(({ candidates }) => candidates), ...(paths && { paths }) }
}

async function takesOne(
  placeholder: string,
  rest: readonly string[],
  given: Line['given'],
  known: Known,
): Promise<Completion> {
  const taken = TAKEN[placeholder]
  if (taken === undefined) {
    return { candidates: /^[a-z][a-z-]*$/.test(placeholder) ? [{ value: placeholder }] : [] }
  }
  if ('paths' in taken) return { candidates: [], paths: taken.paths }
  if ('names' in taken) {
    const names = await known.names(taken.names, given.get('file'))
    return { candidates: [...new Set(names)].filter(isPlain).map((value) => ({ value })) }
  }
  const explained = rest.length > 0 ? [] : Object.entries(known.help).map(([value, about]) => candidate(value, about))
  return { candidates: [...nextWords(rest, known), ...explained] }
}

/** A shell puts a candidate into the command line: a file of somebody else must not put a command there. */
const isPlain = (name: string): boolean => /^[\w.:/@+=-]+$/.test(name)

const candidate = (value: string, about: string | undefined): Candidate => ({
  value,
  ...(about !== undefined && { about }),
})

/** A line for each candidate, `VALUE` or `VALUE<TAB>ABOUT`; the last says what the shell adds: `:files`, `:folders`, `:`. */
export function completionLines({ candidates, paths }: Completion): string {
  const lines = candidates.map(({ value, about }) => (about === undefined ? value : `${value}\t${firstLine(about)}`))
  return [...lines, `:${paths ?? ''}`].map((line) => `${line}\n`).join('')
}

const LONGEST = 100

function firstLine(text: string): string {
  const [line = ''] = text.replaceAll('\t', ' ').split('\n')
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 3)}...`
}
