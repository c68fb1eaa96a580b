import { visit, type Document, type ErrorCode, type YAMLError } from 'yaml'
import { FILE, type CodeRecord } from '../catalogue/index.js'

/** A mistake at an offset of the text. */
export interface Slip {
  readonly record: CodeRecord
  readonly message: string
  readonly offset: number
}

const TAB = 'A tab is used for indentation here. YAML is indented with spaces.'

const COLON = 'Expected `key: value` here. Is the colon missing, or the space after it?'
const INDENT = 'The indentation does not fit: entries of one mapping or list begin at the same column.'

/** The library's words speak of its grammar, and some quote the text, so we have our own. */
const SYNTAX: Readonly<Partial<Record<ErrorCode, string>>> = {
  TAB_AS_INDENT: TAB,
  BAD_INDENT: INDENT,
  MISSING_CHAR: 'A character is missing here: a comma, a colon, a `-`, a quote or a space.',
  UNEXPECTED_TOKEN: 'This does not belong here. Is a quote, comma, bracket or line break missing before it?',
  BLOCK_AS_IMPLICIT_KEY:
    'A mapping or list cannot begin here. Is the next line indented too far, or does a text with `: ` in it need quotes?',
  BLOCK_IN_FLOW: 'Between { } or [ ] a mapping or list needs brackets of its own.',
  MULTILINE_IMPLICIT_KEY: COLON,
  KEY_OVER_1024_CHARS: COLON,
  NON_STRING_KEY: 'A key must be plain text. Text that begins with {{ needs quotes.',
  BAD_SCALAR_START: 'A value cannot begin with this character: put the value in quotes.',
  BAD_DQ_ESCAPE:
    'Between double quotes a backslash begins an escape, and this is none. Use single quotes for text with \\.',
}

const FEATURES: ReadonlySet<ErrorCode> = new Set([
  'BAD_ALIAS',
  'ALIAS_PROPS',
  'MULTIPLE_ANCHORS',
  'MULTIPLE_TAGS',
  'BAD_PROP_ORDER',
  'TAG_RESOLVE_FAILED',
  'BAD_DIRECTIVE',
])

/** The first thing that is wrong with a document as a whole, in words for an operator, at the place where it began. */
export function documentSlip(document: Document.Parsed, text: string): Slip | undefined {
  const directive = /^%(?!YAML 1\.2\s*$)/m.exec(text.slice(0, document.range[0]))
  if (directive !== null) {
    return {
      record: FILE.yamlFeature,
      message: 'Directives (lines that begin with %) are not read.',
      offset: directive.index,
    }
  }
  const errors = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0])
  // A tab makes other errors before it: a quoted text ends there, and seems not to be closed.
  const told = errors.find(({ code }) => code === 'TAB_AS_INDENT') ?? errors[0]
  return told && errorSlip(told, document, text)
}

function errorSlip(error: YAMLError, document: Document.Parsed, text: string): Slip {
  const offset = error.pos[0]
  if (FEATURES.has(error.code)) {
    return { record: FILE.yamlFeature, message: 'Anchors, aliases and tags are not read.', offset }
  }
  const broken = (message: string, where = offset): Slip => ({ record: FILE.notYaml, message, offset: where })
  const line = text.lastIndexOf('\n', offset - 1) + 1
  const indentation = /^[ \t]*/.exec(text.slice(line))?.[0] ?? ''
  if (indentation.includes('\t')) return broken(TAB, line + indentation.indexOf('\t'))
  if (/^Missing closing|end with a/.test(error.message)) {
    const open = opening(document, text, offset)
    if (open !== undefined) return broken(`The ${text[open] ?? ''} that stands here is never closed.`, open)
  }
  if (error.message.startsWith('Implicit map keys')) return broken(COLON)
  return broken(SYNTAX[error.code] ?? 'This breaks the rules of YAML.')
}

/** Where the innermost quoted text or bracket begins that the error at `offset` ends. */
function opening(document: Document.Parsed, text: string, offset: number): number | undefined {
  let start: number | undefined
  visit(document, {
    Node(_key, { range }) {
      if (range && range[0] < offset && offset <= range[2] && /["'[{]/.test(text.charAt(range[0]))) start = range[0]
    },
  })
  return start
}

// Controls but tab and newline, and what changes the direction of text or passes for a line end ("Trojan source").
const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu

/** Every character of a text that is refused, wherever it stands, comments included. */
export function unsafeCharacters(text: string): Slip[] {
  return Array.from(text.matchAll(UNSAFE), (match) => ({
    record: FILE.unsafeCharacter,
    message: `The invisible character ${codePoint(match[0])} stands here.`,
    offset: match.index,
  }))
}

/** The first such character that an escape in a text makes; a key may not hold tabs and line ends either. */
export function unsafeEscape(value: string, isKey: boolean): string | undefined {
  const found = value.match(UNSAFE)?.[0] ?? (isKey ? /[\t\n]/.exec(value)?.[0] : undefined)
  return found && codePoint(found)
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
