import { FILE, IceError } from '../catalogue/index.js'
import type { VaultPath } from './types.js'

// What Vault and OpenBao accept in names and what cannot be mistaken for structure (CVE-2026-3605: traversal by `/../`).
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\\%?#]/

/** Why a path (segments separated by `/`) cannot be sent safely; undefined if it can. Shared by the file's schema. */
export function unsafePath(path: string): string | undefined {
  if (path === '') return 'is empty'
  if (UNSAFE.test(path)) return 'holds a control or invisible character or one of \\ % ? #'
  if (!path.isWellFormed()) return 'is not well-formed Unicode'
  if (path.startsWith('/') || path.endsWith('/')) return 'begins or ends with /'
  const segments = path.split('/')
  if (segments.includes('')) return 'has an empty segment (//)'
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'has a segment . or ..'
  if (segments.some((segment) => segment !== segment.trim())) return 'has a segment that begins or ends with a space'
  return undefined
}

/**
 * Builds a path under /v1/: path`auth/${mount}/role/${name}`. Each value is checked and encoded by segment; a `/` in a
 * value stays a separator (mounts and KV paths have several segments).
 * @throws IceError FILE.unsafePath
 */
export function path(literals: TemplateStringsArray, ...values: readonly string[]): VaultPath {
  let text = literals[0] ?? ''
  let encoded = text
  values.forEach((value, index) => {
    const reason = unsafePath(value)
    if (reason !== undefined) {
      throw new IceError(FILE.unsafePath, { message: `The path ${JSON.stringify(value)} ${reason}.` })
    }
    const literal = literals[index + 1] ?? ''
    text += value + literal
    encoded += value.split('/').map(encodeURIComponent).join('/') + literal
  })
  return { text, encoded }
}
