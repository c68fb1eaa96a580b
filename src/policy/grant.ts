import * as v from 'valibot'
import { nearest } from '../catalogue/nearest.js'
import { unwritable } from './hcl.js'

/** What a policy allows, by meaning: a verb of an engine's type, at `MOUNT/PATH`. The path may be empty or a pattern. */
export interface Grant {
  readonly verb: string
  readonly engine: string
  readonly target: string
}

const word = v.pipe(v.string(), v.nonEmpty())

/** A grant as the file has it; what its words mean is for parseGrant, which knows the engines. */
export const grantSchema = v.pipe(
  v.union([
    v.pipe(
      v.string(),
      v.nonEmpty(),
      v.description('VERB ENGINE MOUNT/PATH, for example `read kv static/exampleapp/creds`'),
    ),
    v.pipe(
      v.strictObject({
        verb: v.pipe(word, v.description('What is allowed: read, list, create, encrypt ….')),
        engine: v.pipe(word, v.description('The type of the engine: kv, database, transit.')),
        mount: v.pipe(word, v.description('Where the engine is mounted.')),
        path: v.pipe(v.string(), v.description('The path in it; `*` stands for all.')),
      }),
      v.description('the same in parts, for names with spaces'),
    ),
  ]),
  v.metadata({ value: 'grant' }),
)

export type WrittenGrant = v.InferOutput<typeof grantSchema>

export type ParsedGrant = { readonly ok: Grant } | { readonly error: string; readonly hint?: string }

const EXAMPLE = 'Write it as VERB ENGINE MOUNT/PATH, for example: read kv static/exampleapp/creds'

/**
 * Reads a grant. A slash at the end of the target is dropped.
 * @param verbs the closed set of verbs for each type of engine
 * @returns the grant, or what is wrong with it, one sentence without a full stop, and what it should have been
 */
export function parseGrant(written: WrittenGrant, verbs: Readonly<Record<string, readonly string[]>>): ParsedGrant {
  const parts = typeof written === 'string' ? inWords(written) : inParts(written)
  if (parts === undefined) return { error: `${JSON.stringify(written)} is not a grant`, hint: EXAMPLE }
  const { verb, engine, target } = parts
  const known = Object.hasOwn(verbs, engine) ? verbs[engine] : undefined
  if (known === undefined) {
    return {
      error: `${JSON.stringify(engine)} is not a type of engine that grants know`,
      hint: suggest(engine, Object.keys(verbs)),
    }
  }
  if (!known.includes(verb)) {
    return { error: `${JSON.stringify(verb)} is not something to do in a ${engine} engine`, hint: suggest(verb, known) }
  }
  const problem = targetProblem(target)
  if (problem !== undefined) return { error: `The path ${JSON.stringify(target)} ${problem}` }
  return { ok: parts }
}

function inWords(text: string): Grant | undefined {
  const [verb, engine, target, ...more] = text.trim().split(/\s+/)
  if (verb === undefined || engine === undefined || target === undefined || more.length > 0) return undefined
  return { verb, engine, target: target.replace(/\/$/, '') }
}

function inParts({ verb, engine, mount, path }: Exclude<WrittenGrant, string>): Grant {
  return { verb, engine, target: `${mount}/${path}`.replace(/\/$/, '') }
}

function suggest(written: string, known: readonly string[]): string {
  const meant = nearest(written, known)
  return meant === undefined ? `Known are: ${known.join(', ')}` : `Did you mean ${JSON.stringify(meant)}?`
}

/** The target goes into policies and, where it is used to prove the grant, into URLs. */
function targetProblem(target: string): string | undefined {
  const segments = target.split('/')
  if (segments.includes('')) return 'is empty, begins with /, or has an empty segment (//)'
  if (segments.includes('.') || segments.includes('..')) return 'has a segment . or ..'
  if (/[\\%?#]/.test(target)) return 'holds one of \\ % ? #'
  if (target !== target.trim()) return 'begins or ends with a space'
  if (target.slice(0, -1).includes('*'))
    return 'has a * before its end: there it is no wildcard (+ stands for one segment)'
  return unwritable(target)
}

export interface Placed {
  readonly mount: string
  /** What follows the mount; empty for the mount itself. */
  readonly path: string
}

/** Parts a target into one of these mounts and the rest; the longest mount wins. */
export function splitMount(target: string, mounts: Iterable<string>): Placed | undefined {
  let longest: string | undefined
  for (const mount of mounts) {
    const within = target === mount || target.startsWith(`${mount}/`)
    if (within && mount.length > (longest?.length ?? -1)) longest = mount
  }
  return longest === undefined ? undefined : { mount: longest, path: target.slice(longest.length + 1) }
}
