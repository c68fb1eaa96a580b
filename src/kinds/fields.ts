import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { IceError, VAULT } from '../catalogue/index.js'
import type { VaultPath } from '../vault/types.js'
import { durationText, seconds } from './atoms.js'
import type { Change, Field, Json } from './contract.js'

/**
 * One field of an object: what the file may say, the API's name for it, and the value that stands for "not said", which is
 * what the server has where the field was never set. A whole object is always written, so that nothing keeps an old value
 * only because the file no longer speaks of it.
 */
export interface FieldSpec<S extends v.GenericSchema = v.GenericSchema> extends Field {
  readonly schema: S
  /** The server's value of a field that was not set; undefined: the field is sent only where the file or the server has it. */
  readonly absent?: Json
  readonly unit?: 'seconds'
  /** What it is once set stays when it is sent empty: it can be changed, not taken away. */
  readonly sticky?: true
  /** Not every product or version knows it, and one that does not may ignore it in silence: see `requireTaken`. */
  readonly notEverywhere?: true
}

export type Fields = Readonly<Record<string, FieldSpec>>

export type Entries<F extends Fields> = { readonly [K in keyof F]: F[K]['schema'] }
export type Values = Readonly<Record<string, Json | undefined>>

/** The entries of a strictObject for the file. */
export function entries<F extends Fields>(fields: F): Entries<F> {
  return Object.fromEntries(Object.entries(fields).map(([name, spec]) => [name, spec.schema])) as unknown as Entries<F>
}

/** The values of the file's section that are fields, each with its absent value where the file is silent. */
export function desiredValues(fields: Fields, section: object): Values {
  const given = section as Values
  return Object.fromEntries(Object.entries(fields).map(([name, spec]) => [name, given[name] ?? spec.absent]))
}

/** The same from what the API returned. Values of unknown shape are taken as they are: the comparison shows them. */
export function observedValues(fields: Fields, data: Readonly<Record<string, unknown>>): Values {
  return Object.fromEntries(
    Object.entries(fields).map(([name, spec]) => {
      const value = data[spec.api] as Json | undefined
      return [name, value === undefined || value === null ? spec.absent : inSeconds(spec, value)]
    }),
  )
}

/** What a server keeps as it was written, it shows as text: `5m`, `5m0s`. */
function inSeconds({ unit }: FieldSpec, value: Json): Json {
  return unit === 'seconds' && typeof value === 'string' && /^(?:\d+[smhd])+$/.test(value) ? seconds(value) : value
}

/** The inverse of `desiredValues`: what is set and can be read, in the file's words. */
export function sectionOf(fields: Fields, values: Values): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, spec]) => {
      const value = values[name]
      if (spec.mode === 'writeOnly' || value === undefined || isUnset(spec, value)) return []
      return [[name, shown(spec, value) ?? value]]
    }),
  )
}

/** What the API returned beside the fields and is not empty, under its own names. */
export function besides(
  fields: Fields,
  data: Readonly<Record<string, unknown>>,
  known: readonly string[] = [],
): Readonly<Record<string, Json>> {
  const names = new Set([...Object.values(fields).map(({ api }) => api), ...known])
  return Object.fromEntries(
    Object.entries(data as Readonly<Record<string, Json>>).filter(
      ([name, value]) => !names.has(name) && value !== null && canonical(value) !== canonical(emptied(value)),
    ),
  )
}

/** The body of a write: every field that the file or the server has; of those that it may not know, what is set. */
export function apiBody(fields: Fields, desired: Values, observed?: Values): Record<string, Json> {
  const body: Record<string, Json> = {}
  for (const [name, spec] of Object.entries(fields)) {
    const seen = observed?.[name]
    const value = desired[name] ?? (seen === undefined ? undefined : emptied(seen))
    const unknown = spec.notEverywhere === true && seen === undefined && isUnset(spec, value)
    if (value !== undefined && !unknown) body[spec.api] = value
  }
  return body
}

/** The desired values of an object of which only some fields were said: the others as they are. */
export function keptValues(fields: Fields, desired: Values, observed: Values, said: ReadonlySet<string>): Values {
  return Object.fromEntries(
    Object.keys(fields).map((name) => [name, said.has(name) ? desired[name] : (observed[name] ?? desired[name])]),
  )
}

/** What differs, field by field, in the words of the file. */
export function diffFields(fields: Fields, desired: Values, observed: Values | undefined): Change[] {
  const changes: Change[] = []
  for (const [field, spec] of Object.entries(fields)) {
    const from = observed?.[field]
    const to = desired[field] ?? (from === undefined ? undefined : emptied(from))
    if (observed === undefined) {
      if (!isUnset(spec, to)) changes.push({ field, from: undefined, to: shown(spec, to) })
    } else if (spec.mode !== 'writeOnly' && !same(spec, to, from) && !(isUnset(spec, to) && isUnset(spec, from))) {
      changes.push({
        field,
        from: shown(spec, from),
        to: shown(spec, to),
        ...modeOf(spec, to),
      })
    }
  }
  return changes
}

function modeOf(spec: FieldSpec, to: Json | undefined): Pick<Change, 'mode' | 'why'> {
  if (spec.sticky === true && isUnset(spec, to)) return { mode: 'createOnly', why: 'the server keeps it' }
  return spec.mode === 'readWrite' ? {} : { mode: spec.mode }
}

/**
 * Reads back what was written, where it has fields that the server may not know.
 * @throws IceError VAULT.ignoredParameters
 */
export async function requireTaken(
  fields: Fields,
  path: VaultPath,
  desired: Values,
  read: () => Promise<Values | undefined>,
): Promise<void> {
  const asked = Object.entries(fields).filter(
    ([name, spec]) => spec.notEverywhere && spec.mode !== 'createOnly' && !isUnset(spec, desired[name]),
  )
  if (asked.length === 0) return
  const observed = await read()
  const ignored = asked.filter(([name, spec]) => !same(spec, desired[name], observed?.[name])).map(([, { api }]) => api)
  if (ignored.length === 0) return
  throw new IceError(VAULT.ignoredParameters, {
    message: `Vault took the write of ${path.text} but ignored ${ignored.join(', ')}.`,
    evidence: { parameters: ignored.join(' ') },
  })
}

/** A short fingerprint of the readable fields: which state was written, without holding it. No secret ever goes in. */
export function fingerprint(value: Json | undefined): string {
  return createHash('sha256').update(canonical(value)).digest('base64url').slice(0, 22)
}

/**
 * The readable fields that are set, for `fingerprint`: sorted where order means nothing. Without those that a server may
 * ignore, so that what it made of a write is still known as ours.
 */
export function readable(fields: Fields, values: Values): Json {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(
        ([name, spec]) => spec.mode !== 'writeOnly' && spec.notEverywhere !== true && !isUnset(spec, values[name]),
      )
      .map(([name, spec]) => [name, normal(spec, values[name])]),
  )
}

/** Is it as where nobody ever set it? Servers show that in several ways. */
function isUnset(spec: FieldSpec, value: Json | undefined): boolean {
  return value === undefined || same(spec, value, spec.absent ?? emptied(value))
}

function same(spec: FieldSpec, a: Json | undefined, b: Json | undefined): boolean {
  return canonical(normal(spec, a)) === canonical(normal(spec, b))
}

function normal({ compare }: FieldSpec, value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) {
    if (compare === 'text') return value.map((item) => String(item).trim())
    if (compare === 'set') return [...new Set(value.map(String))].sort()
    if (compare === 'cidrs') return [...new Set(value.map(hostOrNetwork))].sort()
  }
  return compare === 'text' && typeof value === 'string' ? value.trim() : value
}

/** As the servers show it: the network of one address is that address. */
const hostOrNetwork = (cidr: Json): string =>
  text(cidr)
    .toLowerCase()
    .replace(/^([\d.]+)\/32$|^([\da-f:]+)\/128$/, '$1$2')

function shown(spec: FieldSpec, value: Json | undefined): Json | undefined {
  if (spec.mode === 'writeOnly' && typeof value === 'string') return '(secret)'
  return spec.unit === 'seconds' && typeof value === 'number' ? durationText(value) : value
}

/** What a write sends in place of a value so that it is as if it had never been set. */
export function emptied(value: Json): Json {
  if (Array.isArray(value)) return []
  if (typeof value === 'object') return {}
  return typeof value === 'number' ? 0 : typeof value === 'boolean' ? false : ''
}

/** A field that is known to be text. */
export function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** JSON with sorted keys, for comparison. */
export function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonical(item)).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
  }
  return JSON.stringify(value ?? null)
}

type Options = Omit<FieldSpec, 'schema' | 'api' | 'mode'> & { readonly mode?: Field['mode'] }

/** The schema with what is said of it, for the published one. Appended to the pipe, since what looks at one does not look into pipes of pipes. */
function described<S extends v.GenericSchema>(schema: S, { about }: Options): S {
  if (about === undefined) return schema
  const pipe = 'pipe' in schema ? (schema.pipe as [v.GenericSchema]) : ([schema] as [v.GenericSchema])
  return v.pipe(...pipe, v.description(about)) as unknown as S
}

/** A field that may be left out of the file. */
export function optional<S extends v.GenericSchema>(schema: S, api: string, options: Options = {}) {
  return { mode: 'readWrite', ...options, schema: v.optional(described(schema, options)), api } as const
}

/** A field that the file must have. */
export function required<S extends v.GenericSchema>(schema: S, api: string, options: Options = {}) {
  return { mode: 'readWrite', ...options, schema: described(schema, options), api } as const
}
