import { CAPABILITIES, readCanonical } from '../policy/index.js'
import type { Stanza as HclStanza } from '../policy/parse.js'
import type { Place, Stanza } from './model.js'

/** What the text of a policy says. */
export interface ReadPolicy {
  readonly stanzas: readonly Stanza[]
  /** Why it is not known, as the end of a sentence. */
  readonly unknown?: string
}

/**
 * The stanzas of a policy's text, each with its line. What icebreaker wrote is read without loading the parser.
 * @param file where the text stands; undefined: in Vault
 */
export async function rulesOf(text: string, file?: string): Promise<ReadPolicy> {
  const place = (line: number): Place => ({ ...(file !== undefined && { file }), line })
  const canonical = readCanonical(text)
  if (canonical !== undefined) {
    const lines = text.split('\n').flatMap((line, index) => (line.startsWith('path "') ? [index + 1] : []))
    return {
      stanzas: canonical.map((rule, index) => ({ ...rule, sources: [sourceOf(rule.path, place(lines[index] ?? 1))] })),
    }
  }
  const { parseHcl, capabilitiesOf } = await import('../policy/parse.js')
  const parsed = await parseHcl(text)
  if ('error' in parsed) {
    return { stanzas: [], unknown: `its text cannot be read (line ${parsed.error.line}: ${parsed.error.message})` }
  }
  return {
    stanzas: parsed.stanzas.map((stanza): Stanza => {
      const condition = conditionOf(stanza)
      return {
        path: stanza.path,
        capabilities: CAPABILITIES.filter((known) => capabilitiesOf(stanza).includes(known)),
        sources: [sourceOf(stanza.path, place(stanza.line))],
        ...(condition !== undefined && { condition }),
      }
    }),
  }
}

const sourceOf = (path: string, place: Place): Stanza['sources'][number] => ({
  text: `path ${JSON.stringify(path)}`,
  ...place,
})

/** Keys that let a request through only if it is so and so (vault/acl.go, AllowOperation). */
const CONDITIONS = [
  'allowed_parameters',
  'denied_parameters',
  'required_parameters',
  'min_wrapping_ttl',
  'max_wrapping_ttl',
  'mfa_methods',
  'control_group',
]

function conditionOf({ keys }: HclStanza): string | undefined {
  const limiting = CONDITIONS.filter((name) => keys.some((key) => key.name === name))
  return limiting.length === 0 ? undefined : `limited by ${limiting.join(', ')}`
}
