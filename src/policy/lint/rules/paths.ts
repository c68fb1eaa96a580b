import { LINT } from '../../../catalogue/index.js'
import { nearest } from '../../../catalogue/nearest.js'
import { hasWildcard, matches, overlaps } from '../../match.js'
import { apiOf, endpointsAt, firstSegments, isKv } from '../apis.js'
import { allowed, isDenied, meant, place, problem, rewritten, rule } from '../stanzas.js'
import type { Facts, Rule, Stanza } from '../types.js'

const q = (word: string): string => JSON.stringify(word)

/** A segment that someone took for a wildcard. `a+b` is a name like any other. */
const isMisplaced = (segment: string, isLast: boolean): boolean =>
  (isLast ? segment.slice(0, -1) : segment).includes('*') || (segment.length > 1 && /^\+|\+$/.test(segment))

const starInside = rule({
  record: LINT.starInside,
  needs: [],
  *judge({ policy }) {
    for (const stanza of policy.parsed.stanzas) {
      if (stanza.path.includes('+*')) continue
      const segments = stanza.path.split('/')
      const wrong = segments.find((segment, index) => isMisplaced(segment, index === segments.length - 1))
      if (wrong === undefined) continue
      const path = segments
        .map((segment, index) => (isMisplaced(segment, index === segments.length - 1) ? '+' : segment))
        .join('/')
      const broader = wrong === '*' ? '' : ' The correction takes any segment there: no pattern can say less.'
      yield problem(
        stanza,
        `In ${q(wrong)} the ${wrong.includes('*') ? '*' : '+'} is an ordinary character: this matches ${q(stanza.path)} to the letter.${broader}`,
        rewritten(stanza, { path }),
      )
    }
  },
})

/** Why no request has such a path, and what it probably should be. */
function whyNever(stanza: Stanza, facts: Facts): readonly [string, string] | undefined {
  const { path } = stanza
  if (path === '') return ['The path is empty.', '*']
  if (path !== path.trim()) return ['The path begins or ends with white space.', path.trim()]
  if (path.startsWith('v1/') && facts.mounts?.['v1'] === undefined)
    return ['Paths of policies begin after the /v1/ of the address.', path.slice(3)]
  const segments = path.split('/')
  if (segments.some((segment) => segment === '.' || segment === '..'))
    return ['A segment is . or .., which the servers refuse in requests.', '']
  if (segments.slice(0, -1).includes('')) return ['A segment is empty (//).', path.replace(/\/{2,}/g, '/')]
  const capabilities = allowed(stanza)
  if (path.endsWith('/') && capabilities.length > 0 && !capabilities.some((each) => each === 'list' || each === 'scan'))
    return ['Only the requests that list have a slash at the end of their paths.', path.slice(0, -1)]
  return undefined
}

const noSuchPath = rule({
  record: LINT.noSuchPath,
  needs: [],
  *judge({ policy, facts }) {
    for (const stanza of policy.parsed.stanzas) {
      const why = whyNever(stanza, facts)
      if (why === undefined) continue
      const [message, path] = why
      yield problem(stanza, message, path === '' || path === '*' ? undefined : rewritten(stanza, { path }))
    }
  },
})

const openPrefix = rule({
  record: LINT.openPrefix,
  needs: [],
  *judge({ policy }) {
    for (const stanza of policy.parsed.stanzas) {
      const [, path, name] = /^(.*?([^/]*[\p{L}\p{N}]))\*$/u.exec(stanza.path) ?? []
      if (path === undefined || name === undefined || isDenied(stanza)) continue
      yield problem(
        stanza,
        `${q(stanza.path)} also matches names that only begin with ${q(name)}.`,
        [path, `${path}/*`].map((each) => rewritten(stanza, { path: each })).join('\n\n'),
      )
    }
  },
})

const noMount = rule({
  record: LINT.noMount,
  needs: ['mounts', 'allMounts'],
  *judge({ policy, facts: { mounts } }) {
    const paths = Object.keys(mounts)
    for (const stanza of policy.parsed.stanzas) {
      const path = meant(stanza.path)
      // What begins with v1/ is told by another rule; a template may be any mount.
      if (path === '' || path.startsWith('v1/') || path.split('/')[0]?.includes('{{') === true) continue
      if (paths.some((mount) => overlaps(path, `${mount}/*`) || overlaps(path, mount))) continue
      const guess = nearestMount(path, paths)
      const told = guess === undefined ? '' : ` Did you mean ${q(guess)}?`
      const corrected =
        guess === undefined
          ? undefined
          : rewritten(stanza, { path: [guess, ...path.split('/').slice(guess.split('/').length)].join('/') })
      yield problem(stanza, `Nothing is mounted where ${q(path)} leads to.${told}`, corrected)
    }
  },
})

function nearestMount(path: string, mounts: readonly string[]): string | undefined {
  const segments = path.split('/')
  return mounts.find((mount) => nearest(segments.slice(0, mount.split('/').length).join('/'), [mount]) !== undefined)
}

const unknownApi = rule({
  record: LINT.unknownApi,
  needs: ['mounts'],
  *judge({ policy, facts: { mounts } }) {
    for (const stanza of policy.parsed.stanzas) {
      const placed = place(stanza.path, mounts)
      const api = placed && apiOf(placed)
      if (placed === undefined || api === undefined || isKv(placed, 1) || isKv(placed, 2)) continue
      const [first = '', ...others] = placed.rest.split('/')
      const names = firstSegments(api)
      if (first === '' || hasWildcard(first) || names.includes(first)) continue
      const guess = nearest(first, names)
      if (guess === undefined) continue
      yield problem(
        stanza,
        `${placed.mount} is of type ${placed.fact.type}, which has no ${q(first)}. Did you mean ${q(guess)}?`,
        rewritten(stanza, { path: [placed.mount, guess, ...others].join('/') }),
      )
    }
  },
})

const starAfterObject = rule({
  record: LINT.starAfterSlash,
  needs: ['mounts'],
  *judge({ policy, facts: { mounts } }) {
    for (const stanza of policy.parsed.stanzas) {
      const placed = place(stanza.path, mounts)
      const api = placed && apiOf(placed)
      if (placed === undefined || api === undefined || !placed.rest.endsWith('/*')) continue
      const path = stanza.path.replace(/\/\*$/, '')
      const itself = placed.rest.slice(0, -2)
      if (endpointsAt(api, placed.rest).length > 0 || endpointsAt(api, itself).length === 0) continue
      yield problem(
        stanza,
        `There is nothing below ${q(path)} in the API, and ${q(stanza.path)} does not match the path itself.`,
        rewritten(stanza, { path }),
      )
    }
  },
})

/** The folders of KV whose names tell whether `x/*` was meant: of each stanza that ends so. For whoever fetches `names`. */
export function foldersAsked(stanzas: readonly Pick<Stanza, 'path'>[], mounts: NonNullable<Facts['mounts']>): string[] {
  return [...new Set(stanzas.flatMap(({ path }) => starred(path, mounts)?.folder ?? []))]
}

interface Starred {
  /** With the mount, without data/ or metadata/. */
  readonly folder: string
  readonly name: string
  /** The path without its `/*`. */
  readonly itself: string
}

function starred(path: string, mounts: NonNullable<Facts['mounts']>): Starred | undefined {
  const placed = place(path, mounts)
  if (placed === undefined || !placed.rest.endsWith('/*')) return undefined
  const inside = isKv(placed, 2) ? /^data\/(.+)\/\*$/.exec(placed.rest)?.[1] : placed.rest.slice(0, -2)
  if (inside === undefined || !(isKv(placed, 2) || isKv(placed, 1))) return undefined
  if (/[*+{}]/.test(inside)) return undefined
  const segments = inside.split('/')
  const name = segments.pop() ?? ''
  return { folder: [placed.mount, ...segments].join('/'), name, itself: path.slice(0, -2) }
}

const starAfterSecret = rule({
  record: LINT.starAfterSlash,
  needs: ['mounts', 'names'],
  *judge({ policy, facts: { mounts, names } }) {
    const { stanzas } = policy.parsed
    for (const stanza of stanzas) {
      const found = starred(stanza.path, mounts)
      const there = found && names[found.folder]
      if (found === undefined || !there?.includes(found.name) || isDenied(stanza)) continue
      if (stanzas.some((other) => matches(other.path, found.itself))) continue
      const isFolder = there.includes(`${found.name}/`)
      const itself = rewritten(stanza, { path: found.itself })
      yield problem(
        stanza,
        `There is a secret ${q(`${found.folder}/${found.name}`)}, which ${q(stanza.path)} does not match; it is for what is below${isFolder ? '' : ', and there is nothing'}.`,
        isFolder ? `${itself}\n\n${rewritten(stanza, {})}` : itself,
      )
    }
  },
})

export const pathRules: readonly Rule[] = [
  starInside,
  noSuchPath,
  openPrefix,
  noMount,
  unknownApi,
  starAfterObject,
  starAfterSecret,
]
