import { createHash } from 'node:crypto'

const LONGEST = 63
const LONGEST_JOB = 52
const PLAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/

/** A name for an object, made of parts: `vault-agent.exampleapp.static`. No part has a dot, so no two names become one. */
export const objectName = (...parts: readonly string[]): string => nameWithin(LONGEST, '.', parts)

/** A name for the object that stands for a secret; `longest`: where fewer letters are left for it. */
export const secretName = ({ mount, path }: { mount: string; path: string }, longest = LONGEST): string =>
  nameWithin(longest, '.', `${mount}/${path}`.split('/'))

/** A name for a container or a volume, which has no dots: one of our own words before what somebody else has named. */
export const labelName = (word: string, name: string): string => nameWithin(LONGEST, '-', [word, name])

/** A name for a CronJob, which may have 52 letters; what it makes has longer ones. */
export const jobName = (...parts: readonly string[]): string => nameWithin(LONGEST_JOB, '-', parts)

/**
 * Parts as one name of lower-case letters, digits and dashes. Where a letter had to be replaced, or the end cut off, a
 * hash of what was meant keeps two names apart.
 */
function nameWithin(longest: number, between: '.' | '-', parts: readonly string[]): string {
  const meant = parts.join(between)
  if (parts.every((part) => PLAIN.test(part)) && meant.length <= longest) return meant
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8)
  const words = parts.map((part) =>
    part
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, ''),
  )
  const begin = words
    .filter((word) => word !== '')
    .join(between)
    .slice(0, longest - hash.length - 1)
  return `${begin.replace(/[.-]+$/, '')}-${hash}`
}

/** A path as a file's name and as a URL have it: what is no plain letter is percent-encoded, so that no two become one. */
export function encodedPath(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeURIComponent(segment).replace(/[!'()*~]/g, percent))
    .join('/')
}

const percent = (letter: string): string => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
