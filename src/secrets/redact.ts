const known = new Set<string>()

/** Values shorter than this would blank out ordinary words. */
const SHORTEST = 6

/** Makes every later `redact` blank out this value. Called for each Secret that is made. */
export function remember(value: string): void {
  if (value.length >= SHORTEST) known.add(value)
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
  let safe = text
  for (const value of known) safe = safe.replaceAll(value, '(secret)')
  for (const pattern of PATTERNS) safe = safe.replace(pattern, '(secret)')
  return safe.replace(CONTROLS, '\ufffd')
}
