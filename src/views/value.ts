import { createHash } from 'node:crypto'
import type { Change, Json } from '../kinds/contract.js'
import { lineDiff } from './diff.js'
import type { Theme } from './theme.js'
import { count, widthOf } from './text.js'

/** So many lines of a new long text are shown. */
const SHOWN = 8

type Shown = Pick<Change, 'field' | 'from' | 'to' | 'why' | 'mode'>

/** One change as lines: `field: from → to  (why)`, or, where that is too long, `field:` and the lines that differ. */
export function changeLines(change: Shown, isNew: boolean, theme: Theme): string[] {
  const { field, from, to } = change
  const remark = isNew ? change.why : remarkOf(change)
  const head = `${field}:`
  const tail = remark === undefined ? '' : `  ${theme.dim(`(${remark})`)}`
  const short = isNew ? inline(to) : `${inline(from)} → ${inline(to)}`
  const isShort =
    (!isList(from) && !isList(to)) || (widthOf(head) + widthOf(short) + 5 <= theme.width && !short.includes('\\"'))
  if (!isText(from) && !isText(to) && isShort) return [`${head} ${short}${tail}`]
  if (from === undefined) return [head + tail, ...firstLines(linesOf(to), theme)]
  return [head + tail, ...difference(linesOf(from), linesOf(to), theme)]
}

function remarkOf({ why, mode }: Shown): string | undefined {
  if (why !== undefined) return why
  if (mode === 'createOnly') return 'set at creation only: left as it is'
  return mode === 'immutable' ? 'cannot be changed in place' : undefined
}

/** A value on one line; certificates and keys as what they are. */
export function inline(value: Json | undefined): string {
  if (value === undefined) return '(not set)'
  if (value === null) return 'null'
  if (typeof value === 'string') return isPem(value) ? pem(value) : bare(value)
  if (Array.isArray(value)) return `[${value.map((item: Json) => inline(item)).join(', ')}]`
  if (typeof value === 'object') {
    const members = Object.entries(value).map(([key, member]) => `${bare(key)}: ${inline(member as Json)}`)
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
  }
  return String(value)
}

const bare = (text: string): string =>
  text === '(secret)' || text === '(deleted)' || /^[\w./:@*+-]+$/.test(text) ? text : JSON.stringify(text)

const isPem = (value: Json | undefined): value is string =>
  typeof value === 'string' && value.trimStart().startsWith('-----BEGIN ')
const isText = (value: Json | undefined): value is string =>
  typeof value === 'string' && value.trim().includes('\n') && !isPem(value)
const isList = (value: Json | undefined): boolean => Array.isArray(value)

function linesOf(value: Json | undefined): string[] {
  if (Array.isArray(value))
    return value.map((item: Json) => (typeof item === 'string' && !isText(item) && !isPem(item) ? item : inline(item)))
  if (value === undefined) return []
  return isText(value) ? value.trimEnd().split('\n') : [inline(value)]
}

function firstLines(lines: readonly string[], theme: Theme): string[] {
  const shown = lines.length <= SHOWN + 1 ? lines : lines.slice(0, SHOWN)
  const rest = lines.length - shown.length
  return [
    ...shown.map((line) => `  ${theme.dim('|')} ${line}`.trimEnd()),
    ...(rest > 0 ? [`  … ${count(rest, 'more line')}`] : []),
  ]
}

function difference(from: readonly string[], to: readonly string[], theme: Theme): string[] {
  const paint = { '+': theme.good, '-': theme.bad, ' ': theme.dim }
  return lineDiff(from, to).map((line) =>
    line === undefined ? '  …' : `  ${paint[line.sign](`${line.sign} ${line.text}`)}`,
  )
}

/** `PEM, 2 certificates, sha256 1f3a…, 77b0…`: the beginnings of what `openssl x509 -fingerprint -sha256` prints. */
function pem(text: string): string {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g)]
  const [label = 'block'] = blocks.map(([, name]) => name?.toLowerCase())
  const prints = blocks.map(([, , body]) => {
    const der = Buffer.from(body ?? '', 'base64')
    return `${createHash('sha256').update(der).digest('hex').slice(0, 16)}…`
  })
  return `PEM, ${count(blocks.length, label)}${prints.length > 0 ? `, sha256 ${prints.join(', ')}` : ''}`
}
