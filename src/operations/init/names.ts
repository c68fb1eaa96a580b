import * as v from 'valibot'
import type { MountFact, Seen } from './types.js'

/** Checks and suggestions of names. Pure. */

/** A label (RFC 1123) out of any text: `kind-demo` of `admin@kind-demo`, `prod` of `arn:…:cluster/prod`. */
export function labelOf(text: string): string | undefined {
  const last = text.split(/[/@:]/).findLast((part) => /[a-z0-9]/i.test(part)) ?? ''
  const label = last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '')
  return label === '' ? undefined : label
}

/** The name, or the first of NAME-2, NAME-3 … that is not taken. */
export function free(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name
  for (let number = 2; ; number++) if (!taken.includes(`${name}-${number}`)) return `${name}-${number}`
}

/** What is wrong with a value, in the words of the file's own schema. */
export const problemBy =
  (schema: v.GenericSchema) =>
  (value: string): string | undefined =>
    v.safeParse(schema, value, { abortPipeEarly: true }).issues?.[0].message

/** What was seen, or nothing. */
export const seenOr = <T>(seen: Seen<T>, otherwise: T): T => (seen.seen ? seen.value : otherwise)

/** Why an engine of this type cannot be made or used at a path, given what is mounted. */
export function mountProblem(path: string, type: string, mounted: readonly MountFact[]): string | undefined {
  const there = mounted.find((mount) => mount.path === path)
  if (there !== undefined) {
    return there.type === type ? undefined : `${path}/ is there already, and it is of type ${there.type}, not ${type}`
  }
  const other = mounted.find((mount) => path.startsWith(`${mount.path}/`) || mount.path.startsWith(`${path}/`))
  return other && `${path}/ cannot be mounted beside ${other.path}/: one would be within the other`
}

/**
 * A connection URL for the plug-in, out of HOST:PORT/DATABASE or a whole URL, with the places for user and password.
 * @returns undefined where it is neither, or holds a user or a password
 */
export function connectionUrl(text: string): string | undefined {
  const parts = /^(?:postgres(?:ql)?:\/\/)?(?:([^@\s]*)@)?([^@/?#\s]+\/(?!\/)[^@\s]+)$/.exec(text)
  if (parts === null) return undefined
  const [, login, place = ''] = parts
  if (login !== undefined && login !== LOGIN) return undefined
  return `postgresql://${LOGIN}@${place}`
}

const LOGIN = '{{username}}:{{password}}'
