import type { CommandLine, Origin, Part, Programs, Variable, Word } from '../kinds/command-line.js'
import type { Stage } from '../kinds/contract.js'

/** Commands for several objects as one script: data, which a view renders for a shell. */
export interface Script {
  /** What the shell is to hold before the first step, in this order. */
  readonly variables: readonly Declaration[]
  readonly steps: readonly ScriptStep[]
}

/** A variable of the shell; `from` is where its value comes from when the script runs. */
export interface Declaration {
  readonly name: string
  /** Which value it is, for people: `static exampleapp/creds password`. */
  readonly purpose: string
  readonly from:
    | { readonly env: string }
    /** An absolute path. */
    | { readonly file: string }
    /** So many letters and digits. */
    | { readonly generate: { readonly length: number } }
    /** The question. */
    | { readonly prompt: string }
    /** A command whose output it is. */
    | { readonly output: readonly string[] }
    | { readonly text: string }
}

export interface ScriptStep {
  readonly address: string
  readonly title: string
  readonly action: 'create' | 'update'
  /** Which of several writes of this object it is; only where there are several. */
  readonly stage?: Stage
  readonly commands: readonly CommandLine<string>[]
}

/** A step whose variables have no names yet. */
export type Draft = Omit<ScriptStep, 'commands'> & { readonly commands: readonly CommandLine[] }

/** Where the script is to run. */
export interface Place {
  readonly programs: Programs
  /** The cluster of Secrets for which the file names none. */
  readonly cluster: string
  /** A path of the file as an absolute one. */
  readonly beside: (path: string) => string
}

/** Names the variables of all steps, and declares those that no command fills. */
export function scriptOf(drafts: readonly Draft[], place: Place): Script {
  const all = drafts.flatMap(({ commands }) => commands.flatMap(variablesOf))
  const names = namesFor(all)
  const nameOf = (variable: Variable): string => names.get(keyOf(variable)) ?? ''
  const declared = new Map(all.map((variable) => [keyOf(variable), variable]))
  return {
    variables: [...declared.values()].flatMap((variable) =>
      variable.from === undefined
        ? []
        : [
            {
              name: nameOf(variable),
              purpose: variable.purpose.join(' '),
              from: declaredFrom(variable.from, place),
            },
          ],
    ),
    steps: drafts.map((draft) => ({ ...draft, commands: draft.commands.map((command) => named(command, nameOf)) })),
  }
}

/** In the order in which a reader meets them. */
function variablesOf({ words, input = [], into }: CommandLine): Variable[] {
  const parts = [...words.flatMap((word) => (typeof word === 'string' ? [] : word)), ...input]
  const used = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.variable]))
  return into === undefined ? used : [...used, into]
}

/** A source is opened once in a run, but each generated value is another. */
function keyOf({ purpose, from }: Variable): string {
  return JSON.stringify(from === undefined || 'generate' in from || 'text' in from ? { purpose, from } : { from })
}

/** What a shell, or a program that it starts, has a use for. */
const RESERVED = /^(?:VAULT|BAO|KUBE\w*|LC|LD|PS\d|ICEBREAKER)_|^(?:PATH|HOME|IFS|ENV|PWD|OPTARG|OPTIND|LANG)$/

/** A name of its own for each, none of which hides a variable of the environment that another one reads. */
function namesFor(variables: readonly Variable[]): ReadonlyMap<string, string> {
  const read = new Set(variables.flatMap(({ from }) => (from !== undefined && 'env' in from ? [from.env] : [])))
  const names = new Map<string, string>()
  const taken = new Set<string>()
  for (const variable of variables) {
    const key = keyOf(variable)
    if (names.has(key)) continue
    const own = variable.from !== undefined && 'env' in variable.from ? variable.from.env : undefined
    const isFree = (name: string): boolean => !taken.has(name) && (name === own || !read.has(name))
    const base = identifier(variable.purpose)
    let name = base
    for (let number = 2; !isFree(name); number++) name = `${base}_${number}`
    taken.add(name)
    names.set(key, name)
  }
  return names
}

function identifier(purpose: readonly string[]): string {
  const name = purpose
    .join('_')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return name === '' || /^\d/.test(name) || RESERVED.test(name) ? `VALUE_${name}` : name
}

function declaredFrom(from: Origin, { programs, cluster, beside }: Place): Declaration['from'] {
  if ('file' in from) return { file: beside(from.file) }
  if (!('kubernetes' in from)) return from
  const { secret, key, cluster: named } = from.kubernetes
  const [namespace = '', name = ''] = secret.split('/')
  // A key may hold dots, and one that is not there must not print the others.
  const template = `{{with .data}}{{with index . ${JSON.stringify(key)}}}{{base64decode .}}{{end}}{{end}}`
  const kubectl = programs.kubectl(named ?? cluster)
  return {
    output: [...kubectl, 'get', 'secret', name, '--namespace', namespace, '--output', `go-template=${template}`],
  }
}

function named(command: CommandLine, nameOf: (variable: Variable) => string): CommandLine<string> {
  const { words, input, into, ...others } = command
  const part = (each: Part): Part<string> =>
    typeof each === 'string' ? each : { ...each, variable: nameOf(each.variable) }
  const word = (each: Word): Word<string> => (typeof each === 'string' ? each : each.map(part))
  return {
    ...others,
    words: words.map(word),
    ...(input && { input: input.map(part) }),
    ...(into && { into: nameOf(into) }),
  }
}
