import { APPLY, IceError, isIceError, isIceErrors, VAULT } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import { durationText } from '../kinds/atoms.js'
import type { Json } from '../kinds/contract.js'
import { canonical, emptied, type Fields, type Values } from '../kinds/fields.js'
import { statusOf } from '../vault/index.js'

export { besides } from '../kinds/fields.js'

/** One field of an object as it stands. */
export interface ShownField {
  /** As the file calls it. */
  readonly field: string
  readonly api: string
  /** As the file would have it; null: the server says nothing of it. */
  readonly value: Json
  /** false: it is empty, zero or false, as where nobody ever set it. */
  readonly set: boolean
}

/** Every field that can be read, in the order of its table. */
export function shownFields(fields: Fields, values: Values): ShownField[] {
  return Object.entries(fields)
    .filter(([, { mode }]) => mode !== 'writeOnly')
    .map(([field, { api, unit }]) => {
      const value = values[field] ?? null
      const shown = unit === 'seconds' && typeof value === 'number' ? durationText(value) : value
      return { field, api, value: shown, set: !isEmpty(value) }
    })
}

const isEmpty = (value: Json): boolean => value === null || canonical(value) === canonical(emptied(value))

/** The fields that are set, as a section of the file has them. */
export const sectionOfFields = (fields: readonly ShownField[]): Readonly<Record<string, Json>> =>
  Object.fromEntries(fields.flatMap(({ field, value, set }) => (set ? [[field, value]] : [])))

/** @param others what is there instead; undefined where that could not be read */
export function notThere(what: string, name: string, others: readonly string[] | undefined): IceError {
  const meant = nearest(name, others ?? [])
  const next =
    meant !== undefined
      ? [`Did you mean ${meant}?`]
      : others !== undefined && others.length > 0
        ? [`There is: ${others.slice(0, 20).join(', ')}${others.length > 20 ? ' …' : ''}.`]
        : undefined
  return new IceError(VAULT.notThere, { message: `${what} is not there.`, ...(next && { next }) })
}

/** Where the error is that nothing is mounted at a path, it says what to do next. */
export function unmounted(error: unknown, next: string): unknown {
  const [cause] = isIceErrors(error) ? error.errors : [error]
  if (!isIceError(cause) || cause.code !== VAULT.unsupportedPath.code) return error
  return new IceError(cause.record, { ...cause.details, next: [next] })
}

/** What may be refused, or missing, without much being lost. */
export async function orUndefined<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (isIceError(error) && [403, 404].includes(statusOf(error) ?? 0)) return undefined
    throw error
  }
}

/** A remedy that speaks of the file, in flags. */
export function inFlags(error: unknown): unknown {
  if (!isIceError(error)) return error
  const next = error.code === APPLY.caRefused.code ? CA_FLAGS : error.code === APPLY.notOurs.code ? adopting(error) : []
  return next.length === 0 ? error : new IceError(error.record, { ...error.details, next })
}

const CA_FLAGS = [
  'Name the CA that signed the certificate there: --api-server-ca FILE, or `system` where a public one did.',
  'If Vault reaches the API server at another address, name that: --api-server URL.',
]

/** What cannot be changed in place, nobody can take over either. */
function adopting({ details: { evidence = {} } }: IceError): string[] {
  const others = Object.entries(evidence).filter(([, reason]) => !String(reason).includes('in place'))
  if (others.length < Object.keys(evidence).length)
    return ['Leave what cannot be changed as it is, or use another name.']
  const addresses = others.map(([address]) => `--adopt ${address}`).join(' ')
  return [`Use another name, or take it over: ${addresses}`]
}
