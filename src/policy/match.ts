/**
 * How the paths of policies match, as Vault and OpenBao do it: `*` at the end makes a prefix of the path, a segment `+`
 * stands for any one segment, also for an empty one (`a/+` matches `a/`); elsewhere both are ordinary characters.
 *
 * https://developer.hashicorp.com/vault/docs/concepts/policies#policy-syntax
 * https://openbao.org/docs/concepts/policies/#policy-syntax
 */
interface Pattern {
  /** Without the `*` at the end. */
  readonly body: string
  readonly segments: readonly string[]
  readonly prefix: boolean
  /** Where the first `+` or the `*` stands; an exact path has none. */
  readonly firstWildcard: number
  readonly wildcards: number
}

function parse(path: string): Pattern {
  const prefix = path.endsWith('*')
  const body = prefix ? path.slice(0, -1) : path
  const segments = body.split('/')
  // The servers' own test: `a/+b` counts among the paths with wildcards, though it matches only itself.
  const plus = path === '+' || path.startsWith('+/') || path.includes('/+')
  return {
    body,
    segments,
    prefix,
    firstWildcard: plus ? bytes(path.slice(0, path.indexOf('+'))) : prefix ? bytes(body) : Infinity,
    wildcards: segments.filter((segment) => segment === '+').length,
  }
}

/** The servers count bytes. */
function bytes(text: string): number {
  return Buffer.byteLength(text)
}

export function hasWildcard(path: string): boolean {
  return parse(path).firstWildcard !== Infinity
}

/** Is this the path of a request that the pattern speaks of? */
export function matches(pattern: string, path: string): boolean {
  const { segments, prefix } = parse(pattern)
  const parts = path.split('/')
  if (prefix ? parts.length < segments.length : parts.length !== segments.length) return false
  return segments.every((segment, index) => {
    const part = parts[index] ?? ''
    return segment === '+' || segment === part || (prefix && index === segments.length - 1 && part.startsWith(segment))
  })
}

/** Is every path that `narrow` matches matched by `wide` too? Exact, not an estimate. */
export function covers(wide: string, narrow: string): boolean {
  const [a, b] = [parse(wide), parse(narrow)]
  const [most, length] = [a.segments.length, b.segments.length]
  if (a.prefix ? length < most : b.prefix || length !== most) return false
  return a.segments.every((segment, index) => {
    const other = b.segments[index] ?? ''
    const open = a.prefix && index === most - 1
    if (open) return segment === '' || (other !== '+' && other.startsWith(segment))
    return segment === '+' || segment === other
  })
}

/** Is there a path that both match? Exact, not an estimate. */
export function overlaps(one: string, other: string): boolean {
  const [first, second] = [parse(one), parse(other)]
  const [short, long] = first.segments.length <= second.segments.length ? [first, second] : [second, first]
  if (short.segments.length < long.segments.length && !short.prefix) return false
  return short.segments.every((a, index) => {
    const b = long.segments[index] ?? ''
    const openA = short.prefix && index === short.segments.length - 1
    const openB = long.prefix && index === long.segments.length - 1
    return a === '+' || b === '+' || a === b || (openA && b.startsWith(a)) || (openB && a.startsWith(b))
  })
}

/** The pattern of the paths that LIST makes of a pattern's: with a slash at the end, where there is none. */
export function withSlash(pattern: string): string {
  return /[*/]$/.test(pattern) ? pattern : `${pattern}/`
}

/**
 * Which of two patterns that match the same path governs it: positive for the first, negative for the second. An exact
 * path always does; else the one whose first wildcard comes later, that does not end in `*`, that has fewer `+`, that is
 * longer, that is greater. Only the winner counts: nothing is added up from the others.
 */
export function precedence(one: string, other: string): number {
  const [a, b] = [parse(one), parse(other)]
  return (
    order(a.firstWildcard, b.firstWildcard) ||
    order(Number(b.prefix), Number(a.prefix)) ||
    order(b.wildcards, a.wildcards) ||
    order(bytes(a.body), bytes(b.body)) ||
    Buffer.compare(Buffer.from(a.body), Buffer.from(b.body))
  )
}

function order(a: number, b: number): number {
  return a === b ? 0 : a > b ? 1 : -1
}
