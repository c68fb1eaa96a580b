import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/**
 * The JSON documents that commands print, read off the types of the code by TypeScript itself: for docs/reference/output.md.
 */

export interface Document {
  /** `plan`; several that have the same form. */
  readonly operations: readonly string[]
  /** What tells it from other forms of the same operation: the member `what`. */
  readonly variant?: string
  readonly members: readonly Member[]
}

export interface Member {
  /** `plan.objects[].address`; `servers.clusters.NAME` of a mapping. */
  readonly path: string
  /** In words: `text`, `list of number`. */
  readonly type: string
  readonly optional: boolean
  readonly about: string
  /** It is told there already: `plan.objects[]` of `plan`. */
  readonly as?: { readonly operation: string; readonly path: string }
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** A file that is nowhere but here: it names the types that are asked for. */
const ASKED = `${root}src/views/asked-by-docs.ts`
const SOURCE = `
import type { resultDocument } from './json.js'
import type { Note } from './renderer.js'
import type { ErrorRecord } from './told.js'
export type Result = ReturnType<typeof resultDocument>
export type Failure = { readonly error: ErrorRecord }
export type Common = { readonly notes: readonly Note[] }
`

export interface Documents {
  readonly results: readonly Document[]
  readonly error: readonly Member[]
  readonly note: readonly Member[]
}

/** Errors and notes first, then in the order of what they are called: what is told once is told where one would look. */
export function documents(): Documents {
  const { checker, typeOf } = program()
  const known = new Map<string, { operation: string; path: string }>()
  const members = (type: ts.Type, operation: string): Member[] =>
    membersOf(type, { checker, operation, known, path: '', above: [] })
  const error = members(typeOf('Failure'), ERRORS)
  const note = members(typeOf('Common'), NOTES)
  const forms = parts(typeOf('Result')).map((type) => {
    const operations = literals(checker.getTypeOfSymbol(memberOf(checker, type, 'operation'))).toSorted()
    const what = type.getProperty('what')
    const [variant] = what === undefined ? [] : literals(checker.getTypeOfSymbol(what))
    return { operations, ...(variant !== undefined && { variant }), type }
  })
  const results = forms
    .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .map(({ type, ...form }) => ({
      ...form,
      members: members(type, titleOf(form)).filter(({ path }) => path !== 'operation'),
    }))
  return { results, error, note }
}

/** The headings of what is no result. */
export const ERRORS = 'Errors'
export const NOTES = 'Notes'

/** As the page calls it. */
export const titleOf = ({ operations, variant }: Omit<Document, 'members'>): string =>
  [operations.join(', '), ...(variant === undefined ? [] : [variant])].join(': ')

const FIRST = ['plan', 'apply', 'step', 'verify']

function rank(form: Omit<Document, 'members'>): string {
  const at = FIRST.indexOf(form.operations[0] ?? '')
  return `${at < 0 ? FIRST.length : at} ${titleOf(form)}`
}

function program() {
  const config = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (path) => path === ASKED || fileExists.call(host, path)
  host.getSourceFile = (path, languageVersion, ...rest) =>
    path === ASKED
      ? ts.createSourceFile(path, SOURCE, languageVersion, true)
      : getSourceFile.call(host, path, languageVersion, ...rest)
  const made = ts.createProgram([ASKED], options, host)
  const checker = made.getTypeChecker()
  const module = checker.getSymbolAtLocation(made.getSourceFile(ASKED) as ts.SourceFile) as ts.Symbol
  const types = new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]))
  return { checker, typeOf: (name: string) => checker.getDeclaredTypeOfSymbol(types.get(name) as ts.Symbol) }
}

interface Place {
  readonly checker: ts.TypeChecker
  readonly operation: string
  /** What has been told before: by its form, where. */
  readonly known: Map<string, { operation: string; path: string }>
  readonly path: string
  readonly above: readonly ts.Type[]
}

/** Fewer members than this are quicker read than looked up. */
const REPEATED = 4

/** Every member of an object, and those in it. */
function membersOf(type: ts.Type, place: Place): Member[] {
  const { checker, path } = place
  const forms = ordered(parts(type).filter(isObject), checker)
  return memberNames(forms).flatMap((name) => {
    const symbols = forms.flatMap((form) => form.getProperty(name) ?? [])
    const types = symbols.flatMap((symbol) => parts(checker.getTypeOfSymbol(symbol)))
    const told = types.filter((each) => !isUndefined(each))
    // Of a union each form has the members of the others, as what is never there.
    if (told.length === 0) return []
    const optional = symbols.length < forms.length || symbols.some(isOptional) || told.length < types.length
    const about = symbols.map((symbol) => aboutOf(symbol, checker)).find((text) => text !== '') ?? ''
    const here = path === '' ? name : `${path}.${name}`
    return described(told, { ...place, path: here }, { optional, about })
  })
}

function described(types: readonly ts.Type[], place: Place, rest: Pick<Member, 'optional' | 'about'>): Member[] {
  const { checker, known, operation, above } = place
  const member = { path: place.path, type: words(types, checker), ...rest }
  const within = inside(types, place)
  if (within === undefined || within.types.some((type) => above.includes(type))) return [member]
  const forms = ordered(within.types, checker)
  const size = memberNames(forms).length
  if (size === 0) return [member]
  const form = forms.map((each) => textOf(each, checker)).join(' | ')
  const before = known.get(form)
  if (before !== undefined && size >= REPEATED) return [{ ...member, as: before }]
  known.set(form, { operation, path: within.path })
  const all = forms.length === 1 ? (forms[0] as ts.Type) : union(forms)
  return [member, ...membersOf(all, { ...place, path: within.path, above: [...above, ...forms] })]
}

/** What stands in lists and mappings, however deep, where it is an object of ours. */
function inside(
  types: readonly ts.Type[],
  { checker, path }: Place,
): { readonly types: readonly ts.Type[]; readonly path: string } | undefined {
  if (isAnyJson(types, checker)) return undefined
  const at = { checker, path }
  for (const type of types) {
    const item = itemOf(type, checker)
    if (item !== undefined) return inside(parts(item), { ...at, path: `${path}[]` } as Place)
    const value = valueOf(type, checker)
    if (value !== undefined) return inside(parts(value), { ...at, path: `${path}.NAME` } as Place)
  }
  const objects = types.filter(isObject)
  return objects.length === 0 ? undefined : { types: objects, path }
}

const memberNames = (forms: readonly ts.Type[]): readonly string[] => [
  ...new Set(forms.flatMap((form) => form.getProperties().map(({ name }) => name))),
]

const textOf = (type: ts.Type, checker: ts.TypeChecker): string =>
  checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation)

/** TypeScript orders the parts of a union by when it met them, which a change elsewhere may change. */
const ordered = (types: readonly ts.Type[], checker: ts.TypeChecker): readonly ts.Type[] =>
  types.toSorted((a, b) => (textOf(a, checker) < textOf(b, checker) ? -1 : 1))

/** Only its parts are looked at. */
const union = (types: readonly ts.Type[]): ts.Type => ({ isUnion: () => true, types }) as unknown as ts.Type

const parts = (type: ts.Type): readonly ts.Type[] => (type.isUnion() ? type.types : [type])
const has = (type: ts.Type, flags: ts.TypeFlags): boolean => (type.flags & flags) !== 0
const isUndefined = (type: ts.Type): boolean => has(type, ts.TypeFlags.Undefined)
const isObject = (type: ts.Type): boolean => has(type, ts.TypeFlags.Object | ts.TypeFlags.Intersection)
const isOptional = ({ flags }: ts.Symbol): boolean => (flags & ts.SymbolFlags.Optional) !== 0

const itemOf = (type: ts.Type, checker: ts.TypeChecker): ts.Type | undefined =>
  checker.isArrayType(type) || checker.isTupleType(type)
    ? (checker.getTypeArguments(type as ts.TypeReference)[0] ?? checker.getNeverType())
    : undefined

const valueOf = (type: ts.Type, checker: ts.TypeChecker): ts.Type | undefined =>
  isObject(type) && type.getProperties().length === 0
    ? checker.getIndexTypeOfType(type, ts.IndexKind.String)
    : undefined

/** Text, numbers, lists and mappings all at once. */
const isAnyJson = (types: readonly ts.Type[], checker: ts.TypeChecker): boolean =>
  types.some((type) => has(type, ts.TypeFlags.Any | ts.TypeFlags.Unknown)) ||
  (types.some((type) => itemOf(type, checker) !== undefined) &&
    types.some((type) => has(type, ts.TypeFlags.StringLike)) &&
    types.some((type) => has(type, ts.TypeFlags.NumberLike)))

function memberOf(checker: ts.TypeChecker, type: ts.Type, name: string): ts.Symbol {
  const symbol = type.getProperty(name)
  if (symbol === undefined)
    throw new Error(`the sources do not compile, or a result has no ${name}: ${checker.typeToString(type)}`)
  return symbol
}

const literals = (type: ts.Type): string[] =>
  parts(type).flatMap((each) => (each.isStringLiteral() ? [each.value] : []))

const aboutOf = (symbol: ts.Symbol, checker: ts.TypeChecker): string =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)).replaceAll(/\s+/g, ' ')

function words(types: readonly ts.Type[], checker: ts.TypeChecker): string {
  if (isAnyJson(types, checker)) return 'any JSON'
  const all = [...new Set(types.map((type) => word(type, checker)))]
  return all.toSorted((a, b) => Number(b.startsWith('`')) - Number(a.startsWith('`')) || (a < b ? -1 : 1)).join(' | ')
}

function word(type: ts.Type, checker: ts.TypeChecker): string {
  if (type.isStringLiteral() || type.isNumberLiteral()) return `\`${type.value}\``
  if (has(type, ts.TypeFlags.BooleanLike)) return '`true` | `false`'
  if (has(type, ts.TypeFlags.StringLike)) return 'text'
  if (has(type, ts.TypeFlags.NumberLike)) return 'number'
  if (has(type, ts.TypeFlags.Null)) return 'null'
  const item = itemOf(type, checker)
  if (item !== undefined) return `list of ${words(parts(item), checker)}`
  const value = valueOf(type, checker)
  if (value !== undefined) return `mapping of names to ${words(parts(value), checker)}`
  if (isObject(type)) return 'object'
  throw new Error(`no word for ${checker.typeToString(type)}`)
}
