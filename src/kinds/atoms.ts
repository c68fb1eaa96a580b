import * as v from 'valibot'
import { unsafePath } from '../vault/path.js'

/** The schema atoms that several kinds share: names as the APIs define them, durations, paths. */

const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/

/** A namespace, or this tool's own names: RFC 1123 label. */
export const dnsLabel = v.pipe(
  v.string(),
  v.regex(LABEL, 'expected lower-case letters, digits and -, at most 63 characters, such as team-a'),
)

/** Most Kubernetes object names: RFC 1123 subdomain. */
export const dnsName = v.pipe(
  v.string(),
  v.regex(SUBDOMAIN, 'expected lower-case letters, digits, - and ., at most 253 characters, such as app.web'),
)

/** A path in Vault, without a slash at either end; it may have several segments. */
export const vaultPath = v.pipe(
  v.string(),
  v.check(
    (path) => unsafePath(path) === undefined,
    (issue) => `the path ${unsafePath(issue.input) ?? ''}`,
  ),
)

/** One segment of a path: the name of a role, a connection, a key. */
export const vaultName = v.pipe(
  vaultPath,
  v.check((name) => !name.includes('/'), 'expected one name without /'),
)

/** A name that Vault stores in lower case: two that differ only in case would be one object. */
export const lowerName = v.pipe(
  vaultName,
  v.check((name) => name === name.toLowerCase(), 'expected lower case: Vault stores this name in lower case'),
)

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
const DURATION = /^(?:\d+[smhd])+$/

/** Seconds of `90`, `90s`, `1h30m`, `30d`: the duration strings that Vault accepts, without fractions. */
export function seconds(duration: string | number): number {
  if (typeof duration === 'number') return duration
  let total = 0
  for (const [, count, unit] of duration.matchAll(/(\d+)([smhd])/g)) total += Number(count) * (UNITS[unit ?? ''] ?? 0)
  return total
}

/** The shortest duration string for a number of seconds: 5400 is `1h30m`. */
export function durationText(total: number): string {
  if (total === 0) return '0s'
  const parts: string[] = []
  let rest = total
  for (const unit of ['h', 'm', 's'] as const) {
    const size = UNITS[unit] ?? 1
    const count = Math.floor(rest / size)
    if (count > 0) parts.push(`${count}${unit}`)
    rest -= count * size
  }
  return parts.join('')
}

/** A duration; its output is whole seconds. */
export const duration = v.pipe(
  v.union(
    [v.pipe(v.string(), v.regex(DURATION)), v.pipe(v.number(), v.integer(), v.minValue(0))],
    (issue) =>
      `expected a duration such as 30s, 10m, 1h30m or 30d${typeof issue.input === 'string' ? '' : ', or whole seconds'}`,
  ),
  v.transform(seconds),
  v.metadata({ value: 'duration' }),
)

/** Where in the file a name must stand: `references.ts` of the config room checks it. */
export function nameOf(section: string, also: readonly string[] = []) {
  return v.pipe(v.string(), v.metadata({ reference: section, also }))
}
