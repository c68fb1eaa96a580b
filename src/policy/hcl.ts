import { FILE, IceError } from '../catalogue/index.js'
import { CAPABILITIES, toRules, type Capability, type PathRule, type Rules } from './rule.js'

/** A policy must not be empty text; it may be a comment. */
const EMPTY = '# This policy allows nothing.\n'

/** Vault wants to know which events may be subscribed to; those of the path's own engine are all there are. */
const EVENTS = '  subscribe_event_types = ["*"]\n'

/**
 * The text of a policy: one stanza a path, always the same for the same rules. What is not plain is escaped, so that a
 * name never becomes structure.
 * @throws IceError FILE.unsafePath for what no policy text can hold: see unwritable
 */
export function renderPolicy(stanzas: Iterable<PathRule>): string {
  const rules = toRules(stanzas)
  return rules.length === 0 ? EMPTY : rules.map(stanza).join('\n')
}

/** A stanza that also says which parameters may be sent, and with which values; none: with any. `*`: all others. */
export interface PinnedRule extends PathRule {
  readonly allowedParameters?: Readonly<Record<string, readonly string[]>>
}

/** One stanza as it stands; see `renderPolicy`. */
export const renderStanza = (rule: PinnedRule): string => stanza(rule)

function stanza({ path, capabilities, allowedParameters }: PinnedRule): string {
  const list = capabilities.map((capability) => `"${capability}"`).join(', ')
  const events = capabilities.includes('subscribe') ? EVENTS : ''
  const allowed = allowedParameters === undefined ? '' : parameters(allowedParameters)
  return `path ${quote(path)} {\n  capabilities = [${list}]\n${events}${allowed}}\n`
}

function parameters(allowed: NonNullable<PinnedRule['allowedParameters']>): string {
  const lines = Object.entries(allowed).map(
    ([name, values]) => `    ${quoteText(name)} = [${values.map(quoteText).join(', ')}]\n`,
  )
  return `  allowed_parameters = {\n${lines.join('')}  }\n`
}

function quote(path: string): string {
  const reason = unwritable(path)
  if (reason !== undefined) {
    throw new IceError(FILE.unsafePath, { message: `The policy path ${JSON.stringify(path)} ${reason}.` })
  }
  return quoteText(path)
}

/** JSON's escapes are HCL's; but HCL reads `${` as the start of an expression, which it leaves as it is. */
const quoteText = (text: string): string => JSON.stringify(text).replaceAll('${', '\\u0024{')

// Control characters, and U+E123, which HCL keeps for itself.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ue123]/

/** Why a path cannot stand in a policy with the meaning that match.ts gives to it; undefined if it can. */
export function unwritable(path: string): string | undefined {
  if (path === '') return 'is empty'
  if (CONTROLS.test(path) || !path.isWellFormed()) return 'holds a control character'
  if (path.startsWith('/')) return 'begins with /'
  if (path.includes('{{') || path.includes('}}')) return 'is a template: those belong in a policy file of their own'
  if (path.includes('+*')) return 'has `+*`, which policies may not have'
  return undefined
}

const STANZA = /path ("(?:[^"\\\n]|\\.)+") \{\n {2}capabilities = \[([a-z", ]*)\]\n/g

/** Reads what renderPolicy wrote, letter for letter; undefined for any other text. Not a parser of HCL. */
export function readCanonical(text: string): Rules | undefined {
  if (text === EMPTY) return []
  const rules = [...text.matchAll(STANZA)].map(([, path = '', list = '']) => ({
    path: unquote(path),
    capabilities: CAPABILITIES.filter((capability: Capability) => list.includes(`"${capability}"`)),
  }))
  if (rules.length === 0 || rules.some(({ path }) => unwritable(path) !== undefined)) return undefined
  return renderPolicy(rules) === text ? toRules(rules) : undefined
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted))
  } catch {
    return ''
  }
}
