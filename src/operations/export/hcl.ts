import { isPlain } from '../../kinds/command-line.js'
import { commentLines } from './comment.js'

/**
 * Text in HCL 2, as `terraform fmt` would leave it: the only place that makes it of what is data until then.
 * https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
 */

/** A traversal or a name, which is not quoted: `vault_mount.static.path`. Never text of somebody else's. */
export class Raw {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A template that begins with a value: `"${vault_mount.static.path}/app"`. */
export class Joined {
  readonly raw: Raw
  readonly suffix: string

  constructor(raw: Raw, suffix: string) {
    this.raw = raw
    this.suffix = suffix
  }
}

export class Call {
  readonly name: string
  readonly argument: Expression

  constructor(name: string, argument: Expression) {
    this.name = name
    this.argument = argument
  }
}

export type Expression =
  | string
  | number
  | boolean
  | null
  | Raw
  | Joined
  | Call
  | readonly Expression[]
  | { readonly [key: string]: Expression }

export type Item =
  | { readonly comment: string }
  | { readonly attribute: string; readonly value: Expression }
  | { readonly block: string; readonly labels?: readonly string[]; readonly body: readonly Item[] }
  /** An empty line. */
  | 'gap'

/** A whole file: what stands at its top, with an empty line between blocks. */
export function hclText(items: readonly Item[]): string {
  return `${aligned(bodyLines(items, '')).join('\n')}\n`
}

/** A line. `name`: of an attribute whose value is put below that of its neighbours. isRaw: of a heredoc, as it is. */
interface Line {
  readonly indent: string
  readonly name?: string
  readonly text: string
  readonly isRaw?: true
}

const STEP = '  '

function bodyLines(items: readonly Item[], indent: string): Line[] {
  return items.flatMap((item): Line[] => {
    if (item === 'gap') return [{ indent: '', text: '' }]
    if ('comment' in item) return commentLines(item.comment).map((line) => ({ indent, text: `# ${line}`.trimEnd() }))
    if ('attribute' in item) return named(item.attribute, item.value, indent)
    const head = [item.block, ...(item.labels ?? []).map(quoted)].join(' ')
    if (item.body.length === 0) return [{ indent, text: `${head} {}` }]
    return [{ indent, text: `${head} {` }, ...bodyLines(item.body, indent + STEP), { indent, text: '}' }]
  })
}

/** `NAME = VALUE`, the value on as many lines as it takes. */
function named(name: string, value: Expression, indent: string): Line[] {
  const [first, ...rest] = valueLines(value, indent)
  const text = first?.text ?? ''
  // What is in brackets over several lines stands for itself, and so does what follows it.
  const stands = rest.some(({ isRaw }) => isRaw !== true)
  return [stands ? { indent, text: `${name} = ${text}` } : { indent, name, text }, ...rest]
}

const WIDTH = 100

/** The first line is told without its indent: something stands before it. */
function valueLines(value: Expression, indent: string): Line[] {
  const short = inline(value)
  if (short !== undefined && (!isList(value) || indent.length + short.length <= WIDTH)) return [{ indent, text: short }]
  if (typeof value === 'string') {
    return isHeredoc(value) ? heredoc(value, indent) : valueLines(new Call('chomp', ended(value)), indent)
  }
  const inner = indent + STEP
  if (isList(value)) {
    const members = value.flatMap((member) => followed(valueLines(member, inner), ',', inner))
    return [{ indent, text: '[' }, ...members, { indent, text: ']' }]
  }
  if (value instanceof Call) {
    const [first, ...rest] = followed(valueLines(value.argument, indent), ')', indent)
    return [{ indent, text: `${value.name}(${first?.text ?? ''}` }, ...rest]
  }
  const members = Object.entries(value as Readonly<Record<string, Expression>>)
  return [
    { indent, text: '{' },
    ...members.flatMap(([key, member]) => named(keyText(key), member, inner)),
    { indent, text: '}' },
  ]
}

const isList = (value: Expression): value is readonly Expression[] => Array.isArray(value)

/** The end of a heredoc stands alone on its line. */
function followed(lines: readonly Line[], sign: string, indent: string): Line[] {
  const last = lines.at(-1)
  if (last === undefined || last.isRaw) return [...lines, { indent, text: sign }]
  return [...lines.slice(0, -1), { ...last, text: `${last.text}${sign}` }]
}

/** On one line; undefined: it takes several. */
function inline(value: Expression): string | undefined {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return isHeredoc(value) || isHeredoc(ended(value)) ? undefined : quoted(value)
  if (value instanceof Raw) return value.text
  if (value instanceof Joined) return `"\${${value.raw.text}}${quoted(value.suffix).slice(1)}`
  if (value instanceof Call) {
    const argument = inline(value.argument)
    return argument && `${value.name}(${argument})`
  }
  if (!isList(value)) return Object.keys(value).length === 0 ? '{}' : undefined
  const members = value.map(inline)
  return members.includes(undefined) ? undefined : `[${members.join(', ')}]`
}

const KEYWORDS = new Set(['for', 'if', 'in', 'null', 'true', 'false', 'else', 'endfor', 'endif'])

const isIdentifier = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) && !KEYWORDS.has(name)

const keyText = (key: string): string => (isIdentifier(key) ? key : quoted(key))

/** Text in quotes; `${` and `%{` begin nothing in it, and what does not show itself is an escape. */
export function quoted(text: string): string {
  const signs = Array.from(text)
  const escaped = signs.map((sign, index) => {
    const [before, after] = [signs[index - 1], signs[index + 1]]
    if (sign in ESCAPES) return ESCAPES[sign] ?? ''
    if ((sign === '$' || sign === '%') && after === '{') return sign + sign
    // What a pipeline's runner obeys, at the beginning of a line or anywhere.
    if (sign === '[' && before === '#') return unicode(sign)
    return isPlain(sign) ? sign : unicode(sign)
  })
  return `"${escaped.join('')}"`
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function unicode(sign: string): string {
  const code = (sign.codePointAt(0) ?? 0).toString(16)
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`
}

/** Several lines can be read; what does not show itself takes an escape, which a heredoc has not. */
const isHeredoc = (text: string): boolean => /\n[^]*\n$/.test(text) && isPlain(text)

/** With a line end, which is taken off again when it is read. */
const ended = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)

function heredoc(text: string, indent: string): Line[] {
  const lines = text.slice(0, -1).split('\n')
  let end = 'EOT'
  for (let number = 2; lines.some((line) => line.trim() === end); number++) end = `EOT${number}`
  const raw = lines.map((line) => line.replace(/([$%])\{/g, '$1$1{'))
  return [{ indent, text: `<<${end}` }, ...[...raw, end].map((line): Line => ({ indent: '', text: line, isRaw: true }))]
}

/** Puts the values of attributes that follow each other below each other. */
function aligned(lines: readonly Line[]): string[] {
  const widths = new Map<Line, number>()
  let chain: Line[] = []
  for (const line of [...lines, { indent: '', text: '' }]) {
    if (line.name !== undefined) chain.push(line)
    else if (!line.isRaw) {
      const width = Math.max(0, ...chain.map(({ name = '' }) => columns(name)))
      for (const each of chain) widths.set(each, width)
      chain = []
    }
  }
  return lines.map((line) =>
    line.name === undefined
      ? line.indent + line.text
      : `${line.indent}${line.name}${' '.repeat((widths.get(line) ?? 0) - columns(line.name))} = ${line.text}`,
  )
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const columns = (text: string): number => [...graphemes.segment(text)].length
