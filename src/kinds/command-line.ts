import type { SecretSource } from '../secrets/index.js'
import type { VaultPath } from '../vault/types.js'

/**
 * The `kubectl` and `vault` commands that do by hand what a kind does by the APIs: data, which a view renders for a shell.
 * A secret never stands in a word, which others could see in the list of processes, only in what is read from standard
 * input.
 */

/** A value that is known only when the commands run: a variable of the shell. */
export class Variable {
  /** What it is, from the outside in; its name is made of them: `['static', 'exampleapp/creds', 'password']`. */
  readonly purpose: readonly string[]
  /** Undefined: the output of a command. */
  readonly from: Origin | undefined

  constructor(purpose: readonly string[], from?: Origin) {
    this.purpose = purpose
    this.from = from
  }
}

/** Where a variable's value comes from; text that is no secret, where it is too long for its place. */
export type Origin = Exclude<SecretSource, { literal: string }> | { readonly text: string }

/** What a command sends for a value of the file. */
export const valueOf = (source: SecretSource, purpose: readonly string[]): string | Variable =>
  'literal' in source ? source.literal : new Variable(purpose, source)

/** A part of a text. `json`: the variable's value as a string of JSON, with its quotes. */
export type Part<V = Variable> = string | { readonly variable: V; readonly as: 'json' | 'text' }

/** One word of a command. */
export type Word<V = Variable> = string | readonly Part<V>[]

/** One command. `V`: how variables are told; a kind has the variables themselves, a script their names. */
export interface CommandLine<V = Variable> {
  /** Why it is there, where the command alone does not say it. */
  readonly why?: string
  readonly words: readonly Word<V>[]
  /** What it reads from standard input. */
  readonly input?: readonly Part<V>[]
  /** Its output becomes the value of this variable. */
  readonly into?: V
  /** It is repeated for so many seconds, until it succeeds and prints something. */
  readonly patience?: number
  /** Where it succeeds, something is in the way: nothing more is done, and this is said. */
  readonly otherwise?: string
}

/** What the commands begin with. */
export interface Programs {
  /** `vault`, or OpenBao's `bao`. */
  readonly vault: string
  /** With what leads to the cluster: `kubectl --context kind-demo`. */
  readonly kubectl: (cluster: string) => readonly string[]
}

/** JSON some of whose values are variables. */
export type Template = string | number | boolean | null | Variable | readonly Template[] | TemplateObject
interface TemplateObject {
  readonly [key: string]: Template | undefined
}

/** `vault write PATH -`, with the body as JSON: so values keep their types, and secrets are no arguments. */
export function vaultWrite({ vault }: Programs, path: VaultPath, body: TemplateObject): CommandLine {
  return { words: [vault, 'write', ...operand(path.text), '-'], input: jsonParts(body) }
}

/** A word that is no flag, whatever it begins with. */
export const operand = (word: string): readonly string[] => (word.startsWith('-') ? ['--', word] : [word])

// Controls but tab and newline, and what changes the direction of text or passes for a line end.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

/** May this text stand in a script as it is? It shows itself whole, and no pipeline's runner obeys it. */
export const isPlain = (text: string): boolean => !UNSEEN.test(text) && !/^\s*::|##\[/m.test(text)

const WIDTH = 100

/** JSON for people: a member a line; what is short stays on one. */
export function jsonParts(body: TemplateObject): Part[] {
  return joined(block(body, ''))
}

function block(value: Template, indent: string): Part[] {
  const inner = `${indent}  `
  const members = membersOf(value)
  const short = inline(value)
  const isShort = indent !== '' && indent.length + widthOf(short) <= WIDTH
  if (members === undefined || members.length === 0 || isShort) return short
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const lines = members.flatMap(([label, member], index) => [
    `${index === 0 ? '' : ','}\n${inner}${label}`,
    ...block(member, inner),
  ])
  return [open ?? '', ...lines, `\n${indent}${close ?? ''}`]
}

/** A variable stands for about as much as a word. */
const widthOf = (parts: readonly Part[]): number =>
  parts.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : 20), 0)

function inline(value: Template): Part[] {
  if (value instanceof Variable) return [{ variable: value, as: 'json' }]
  const members = membersOf(value)
  if (members === undefined) return [scalar(value)]
  const listed = members.flatMap(([label, member], index) => [`${index === 0 ? '' : ', '}${label}`, ...inline(member)])
  if (Array.isArray(value)) return ['[', ...listed, ']']
  return listed.length === 0 ? ['{}'] : ['{ ', ...listed, ' }']
}

/** What a list or an object holds, each with its label; undefined for all else. */
function membersOf(value: Template): (readonly [string, Template])[] | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Variable) return undefined
  if (Array.isArray(value)) return value.map((item: Template) => ['', item] as const)
  return Object.entries(value as TemplateObject).flatMap(([key, member]) =>
    member === undefined ? [] : [[`${scalar(key)}: `, member] as const],
  )
}

/** Unseen characters, and what a pipeline's runner obeys, as escapes. */
function scalar(value: Template): string {
  return JSON.stringify(value)
    .replace(new RegExp(UNSEEN, 'g'), (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('##[', '#\\u0023[')
}

/** Neighbouring texts as one. */
function joined(parts: readonly Part[]): Part[] {
  const whole: Part[] = []
  for (const part of parts) {
    const last = whole.at(-1)
    if (typeof part === 'string' && typeof last === 'string') whole[whole.length - 1] = last + part
    else whole.push(part)
  }
  return whole
}
