import { ACCESS, IceError } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import { engineTypes } from '../kinds/engines/index.js'
import type { Engine } from '../kinds/engine.js'
import { CAPABILITIES, parseGrant, splitMount, unwritable, type Capability } from '../policy/index.js'

/** One capability at one path of the API. */
export interface Need {
  readonly path: string
  readonly capability: Capability
}

/** What is asked: all of `needs`, each at every path that it means. */
export interface Question {
  readonly verb: string
  readonly path: string
  readonly raw: boolean
  readonly engine?: { readonly mount: string; readonly type: string }
  readonly needs: readonly Need[]
}

/** Whoever has `deny` has nothing. */
const ASKABLE = CAPABILITIES.filter((capability) => capability !== 'deny')

const bad = (message: string, ...next: readonly string[]): IceError =>
  new IceError(ACCESS.badQuestion, { message, ...(next.length > 0 && { next }) })

/**
 * A capability at a path of the API, as policies have them.
 * @throws IceError ACCESS.badQuestion
 */
export function rawQuestion(verb: string, path: string): Question {
  const capability = ASKABLE.find((known) => known === verb)
  if (capability === undefined) throw bad(`${JSON.stringify(verb)} is not a capability.`, suggest(verb, ASKABLE))
  const problem = unwritable(path)
  if (problem !== undefined) throw bad(`The path ${JSON.stringify(path)} ${problem}.`)
  return { verb, path, raw: true, needs: [{ path, capability }] }
}

/** The mount of these that a path is in; the longest wins. @throws IceError ACCESS.badQuestion */
export function mountOf(path: string, mounts: readonly string[]): string {
  const placed = splitMount(path, mounts)
  if (placed !== undefined) return placed.mount
  const meant = nearest(path.split('/')[0] ?? '', mounts)
  throw bad(
    `${JSON.stringify(path)} is in no secrets engine that is known.`,
    ...(meant === undefined ? [] : [`Did you mean ${meant}/…?`]),
    'Known are: ' + (mounts.join(', ') || 'none') + '. For any other path of the API ask with --raw.',
  )
}

/**
 * A verb of a secrets engine, as grants have it.
 * @param engine the engine that the path is in; see mountOf
 * @throws IceError ACCESS.badQuestion
 */
export function verbQuestion(verb: string, path: string, engine: Engine): Question {
  const { type } = engine.section as { readonly type: string }
  const known = Object.hasOwn(engineTypes, type) ? engineTypes[type] : undefined
  if (known === undefined) {
    throw bad(
      `The engine ${engine.mount} is of type ${type}, which has no verbs here.`,
      'Ask for a capability on a path of its API with --raw.',
    )
  }
  const verbs = { [type]: Object.keys(known.verbs) }
  const rest = path.slice(engine.mount.length + 1)
  const parsed = parseGrant({ verb, engine: type, mount: engine.mount, path: rest }, verbs)
  if ('error' in parsed) throw bad(`${parsed.error}.`, ...(parsed.hint === undefined ? [] : [parsed.hint]))
  const meant = known.verbs[verb]
  if (rest === '' && meant?.mountItself !== true) {
    throw bad(`${path} names no ${known.noun} in ${engine.mount}.`, `For all of them: ${verb} ${engine.mount}/*`)
  }
  const rules = meant?.rules(engine, parsed.ok.target.slice(engine.mount.length + 1)) ?? []
  return {
    verb,
    path,
    raw: false,
    engine: { mount: engine.mount, type },
    needs: rules.flatMap(({ path, capabilities }) => capabilities.map((capability) => ({ path, capability }))),
  }
}

function suggest(written: string, known: readonly string[]): string {
  const meant = nearest(written, known)
  return meant === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean ${meant}?`
}
