import { shapesOf } from './shapes.js'

const known = new Set<string>()

/** Values shorter than this would blank out ordinary words. */
const SHORTEST = 6

/** The shapes of all known values by their first characters: a text is gone through once, however many there are. */
const shapes = new Map<string, string[]>()

/** Makes every later `redact` blank out this value, however it is encoded. Called for each Secret that is made. */
export function remember(value: string): void {
  if (value.length < SHORTEST || known.has(value)) return
  known.add(value)
  for (const shape of shapesOf(value)) {
    const beginning = shape.slice(0, SHORTEST)
    const others = shapes.get(beginning)
    if (others === undefined) shapes.set(beginning, [shape])
    else others.push(shape)
  }
}

const PATTERNS: readonly RegExp[] = [
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, // a JWT
  /\b(?:hv[sbr]|[sbr])\.[A-Za-z0-9_-]{20,}/g, // Vault's and OpenBao's tokens
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
]

// C0 and C1 controls, bidirectional overrides and line separators: a server must not steer our terminal (CVE-2021-25743).

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Text of somebody else (a server, a library, a plug-in) made fit to be shown: known secrets, token shapes and control characters gone. */
export function redact(text: string): string {
  let safe = withoutKnown(text)
  for (const pattern of PATTERNS) safe = safe.replace(pattern, '(secret)')
  return safe.replace(CONTROLS, '\ufffd')
}

/** Where known values overlap, all that any of them covers goes. */
function withoutKnown(text: string): string {
  let safe = ''
  let done = 0
  for (let at = 0; at + SHORTEST <= text.length; at++) {
    const length = longestAt(text, at)
    if (length === 0) continue
    if (at >= done) safe += `${text.slice(done, at)}(secret)`
    done = Math.max(done, at + length)
  }
  return safe + text.slice(done)
}

/** How long the longest known value is that begins there; 0 where none does. */
function longestAt(text: string, at: number): number {
  let longest = 0
  for (const shape of shapes.get(text.slice(at, at + SHORTEST)) ?? [])
    if (shape.length > longest && text.startsWith(shape, at)) longest = shape.length
  return longest
}
