import { Composer, Lexer, LineCounter, Parser, type CST, type Document } from 'yaml'
import { FILE, type IceErrors, type Origin } from '../catalogue/index.js'
import { LARGEST_FILE } from '../secrets/small-file.js'
import { readNodes, type Place } from './nodes.js'
import { documentSlip, unsafeCharacters, type Slip } from './syntax.js'
import { together } from './together.js'
import type { Path } from './words.js'

/** A YAML file as plain data that knows where each part of it stands. */
export interface Parsed {
  readonly file: string
  /** Without a byte order mark; lines end in \n. */
  readonly text: string
  /** Mappings are plain objects, without keys that JavaScript's own objects have a meaning for. */
  readonly value: unknown
  /** Where the value at a path begins; of a path that leads to nothing, the nearest thing above it. */
  origin(path: Path): Origin
  /** The same for its key; list items and the whole file have none, so theirs is the value's. */
  keyOrigin(path: Path): Origin
  /** The value as it is written, with its quotes. */
  source(path: Path): string
}

const DEEPEST = 64
/** Words, signs and line ends: three times what a file of a thousand policies and a thousand roles has. */
const MOST_LEXEMES = 250_000

/**
 * Reads one document of YAML 1.2 (core schema: only `true` and `false` are truth values), at most 1 MiB and 64 levels
 * deep. Whatever would make a file mean something else than what one sees is refused: anchors, aliases, merge keys, tags,
 * directives, further documents, duplicate keys, control and bidirectional characters.
 * @throws IceErrors with file, line and column
 */
export function parseYaml(source: string, file: string): Parsed {
  const text = source.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')
  const lines = lineCounter(text)
  const at = (offset: number): Origin => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { file, line, column: col }
  }
  const refused = (slips: readonly Slip[]): IceErrors =>
    together(slips.map(({ record, message, offset }) => ({ record, at: at(offset), tell: () => ({ message }) })))

  if (Buffer.byteLength(text) > LARGEST_FILE) throw refused([tooLarge('The file is larger than 1 MiB.', 0)])
  const characters = unsafeCharacters(text)
  if (characters.length > 0) throw refused(characters)
  const composed = compose(text)
  if ('record' in composed) throw refused([composed])
  const { value, place: root, slips } = readNodes(composed.contents, text, (offset) => at(offset).line)
  if (slips.length > 0) throw refused(slips)
  if (value === null) throw refused([EMPTY])

  const find = (path: Path): Place => {
    let place = root
    for (const key of path) {
      const child = place.children.get(key)
      if (child === undefined) break
      place = child
    }
    return place
  }
  return {
    file,
    text,
    value,
    origin: (path) => at(find(path).start),
    keyOrigin: (path) => at(find(path).key),
    source: (path) => text.slice(find(path).start, find(path).end),
  }
}

function lineCounter(text: string): LineCounter {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) lines.addNewLine(end + 1)
  return lines
}

/** The one document of a text, or why there is none. Takes time linear in the text, whatever it holds. */
function compose(text: string): Document.Parsed | Slip {
  let tooMuch: Slip | undefined
  function* tokens(): Generator<CST.Token> {
    const parser = new Parser()
    let lexemes = 0
    for (const lexeme of new Lexer().lex(text)) {
      yield* parser.next(lexeme)
      // Here, since the composer would recurse over it until the stack overflows (CVE-2026-33532). Two more levels: the
      // document and a scalar.
      if (parser.stack.length > DEEPEST + 2) {
        tooMuch = tooLarge(`Mappings and lists are nested more than ${DEEPEST} deep here.`, parser.offset)
        return
      }
      if (++lexemes > MOST_LEXEMES) {
        tooMuch = tooLarge(`The file holds more than ${MOST_LEXEMES} words and signs.`, parser.offset)
        return
      }
    }
    yield* parser.end()
  }

  // Duplicate keys are found while the nodes are read, in linear time; aliases are refused there, so nothing expands.
  const composer = new Composer({ uniqueKeys: false, stringKeys: true, resolveKnownTags: false, schema: 'core' })
  const { stackTraceLimit } = Error
  try {
    // The library makes an error for each slip and we tell the first: a million stacks would take ten seconds.
    Error.stackTraceLimit = 0
    const [document, second] = composer.compose(tokens(), true, text.length).take(2)
    if (tooMuch !== undefined) return tooMuch
    if (document === undefined) return EMPTY
    return documentSlip(document, text) ?? (second === undefined ? document : furtherDocument(second))
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

const EMPTY: Slip = { record: FILE.empty, message: 'The file is empty.', offset: 0 }

function tooLarge(message: string, offset: number): Slip {
  return { record: FILE.tooLarge, message, offset }
}

function furtherDocument(document: Document.Parsed): Slip {
  return {
    record: FILE.yamlFeature,
    message: 'A second document begins here. A file holds one: remove the `---`, or split the file.',
    offset: document.range[0],
  }
}
