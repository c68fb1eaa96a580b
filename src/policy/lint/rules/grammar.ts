import { LINT } from '../../../catalogue/index.js'
import { nearest } from '../../../catalogue/nearest.js'
import { LEGACY, capabilitiesOf, type Stanza, type Key } from '../../parse.js'
import type { HclItem } from '../../parser/index.js'
import { problem, rewritten, reworded, rule } from '../stanzas.js'
import type { Problem, Rule } from '../types.js'

/**
 * What the servers refuse: vault/policy.go of Vault 1.21 (parseACLPolicyWithTemplating, parsePaths) and
 * vault/policy/policy.go of OpenBao 2.7.
 */
const KEYS = [
  'capabilities',
  'policy',
  'comment',
  'allowed_parameters',
  'denied_parameters',
  'required_parameters',
  'min_wrapping_ttl',
  'max_wrapping_ttl',
  'mfa_methods',
  'control_group',
]

const CAPABILITIES = ['create', 'read', 'update', 'patch', 'delete', 'list', 'sudo', 'deny']

/** What only one of them knows. */
const ONLY = {
  vault: { capabilities: ['subscribe', 'recover'], keys: ['subscribe_event_types'] },
  openbao: {
    capabilities: ['scan'],
    keys: ['pagination_limit', 'expiration', 'list_scan_response_keys_filter_path'],
  },
} as const

const NAMES = { vault: 'Vault', openbao: 'OpenBao' } as const

const knownKeys: readonly string[] = [...KEYS, ...ONLY.vault.keys, ...ONLY.openbao.keys]
const knownCapabilities: readonly string[] = [...CAPABILITIES, ...ONLY.vault.capabilities, ...ONLY.openbao.capabilities]

const q = (word: string): string => JSON.stringify(word)
const at = ({ line, column }: { readonly line: number; readonly column: number }) => ({ at: { line, column } })
const fixed = (corrected: string | undefined) => (corrected === undefined ? {} : { corrected })

const duplicateKey = rule({
  record: LINT.duplicateKey,
  needs: [],
  *judge({ policy }) {
    for (const stanza of policy.parsed.stanzas) {
      // JSON's parser sees nothing in it.
      if (stanza.source === undefined) continue
      yield* twice(stanza.keys, stanza)
      for (const { value } of stanza.keys) yield* nestedTwice(value.items ?? [], stanza)
    }
  },
})

/** The parser's own rule: only what has an equals sign may not stand twice. */
function* twice(
  keys: readonly Pick<Key, 'name' | 'assigned' | 'line' | 'column'>[],
  stanza: Stanza,
): Generator<Problem> {
  const seen = new Map<string, number>()
  for (const { name, assigned, line, column } of keys) {
    if (!assigned) continue
    const first = seen.get(name)
    if (first === undefined) {
      seen.set(name, line)
      continue
    }
    const message = `The key ${q(name)} stands twice, first on line ${first}.`
    const together = name === 'capabilities' && stanza.keys.every((key) => key.name === name)
    const corrected = together ? rewritten(stanza, { capabilities: capabilitiesOf(stanza) }) : undefined
    yield { ...at({ line, column }), path: stanza.path, message, ...fixed(corrected) }
  }
}

function* nestedTwice(items: readonly HclItem[], stanza: Stanza): Generator<Problem> {
  yield* twice(
    items.flatMap(({ keys: [key], assigned }) =>
      key === undefined ? [] : [{ name: key.value ?? '', assigned, line: key.line, column: key.column }],
    ),
    stanza,
  )
  for (const { value } of items) yield* nestedTwice(value.items ?? [], stanza)
}

const unknownKey = rule({
  record: LINT.unknownKey,
  needs: [],
  *judge({ policy: { parsed } }) {
    for (const { name, line, column } of parsed.others) {
      // Kept from old times, without a meaning.
      if (name === 'name') continue
      const hint = nearest(name, ['path']) === undefined ? 'A policy is made of path "…" { … }.' : 'Did you mean path?'
      yield { ...at({ line, column }), message: `There is no key ${q(name)} at the top of a policy. ${hint}` }
    }
    for (const stanza of parsed.stanzas) {
      for (const { name, line, column } of stanza.keys) {
        if (knownKeys.includes(name)) continue
        const guess = nearest(name, knownKeys)
        const hint = guess === undefined ? `Known are: ${KEYS.join(', ')}.` : `Did you mean ${guess}?`
        yield {
          ...at({ line, column }),
          path: stanza.path,
          message: `There is no key ${q(name)} in a stanza. ${hint}`,
          ...fixed(guess === undefined ? undefined : reworded(stanza, name, guess)),
        }
      }
    }
  },
})

/** Words of other systems, and of the old key `policy`. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  write: ['create', 'update'],
  get: ['read'],
  put: ['create', 'update'],
  post: ['create', 'update'],
  edit: ['update'],
  remove: ['delete'],
  destroy: ['delete'],
}

const unknownCapability = rule({
  record: LINT.unknownCapability,
  needs: [],
  *judge({ policy }) {
    for (const stanza of policy.parsed.stanzas) {
      const all = capabilitiesOf(stanza)
      for (const { text, line, column } of stanza.capabilities ?? []) {
        if (knownCapabilities.includes(text)) continue
        const word = text.toLowerCase()
        const near = nearest(word, knownCapabilities)
        const guess = SYNONYMS[word] ?? (near === undefined ? undefined : [near])
        const hint =
          guess === undefined ? `Known are: ${CAPABILITIES.join(', ')}.` : `Did you mean ${guess.join(', ')}?`
        const capabilities = [...new Set(all.flatMap((each) => (each === text ? (guess ?? []) : [each])))]
        yield {
          ...at({ line, column }),
          path: stanza.path,
          message: `There is no capability ${q(text)}. ${hint}`,
          ...fixed(guess === undefined ? undefined : rewritten(stanza, { capabilities })),
        }
      }
    }
  },
})

const wrongValue = rule({
  record: LINT.wrongValue,
  needs: [],
  *judge({ policy }) {
    for (const stanza of policy.parsed.stanzas) {
      if (!stanza.isBlock) yield problem(stanza, 'After a path stands a block in braces.')
      for (const { name, value, line, column } of stanza.keys) {
        const here = { ...at({ line, column }), path: stanza.path }
        if (name === 'capabilities' && value.kind !== 'list') {
          const word = value.value
          const corrected = word !== undefined && reworded(stanza, q(word), `[${q(word)}]`)
          yield { ...here, message: 'Capabilities are a list, in brackets.', ...(corrected && { corrected }) }
        }
        if (name === 'policy' && (value.value === undefined || !Object.hasOwn(LEGACY, value.value))) {
          yield { ...here, message: `The old key policy takes ${Object.keys(LEGACY).join(', ')}, and nothing else.` }
        }
      }
    }
  },
})

const otherProduct = rule({
  record: LINT.otherProduct,
  needs: ['product'],
  *judge({ policy, facts: { product } }) {
    const other = product === 'vault' ? 'openbao' : 'vault'
    const foreign: { readonly capabilities: readonly string[]; readonly keys: readonly string[] } = ONLY[other]
    const told = (word: string): string => `${q(word)} is ${NAMES[other]}’s; ${NAMES[product]} refuses the policy.`
    for (const stanza of policy.parsed.stanzas) {
      const kept = capabilitiesOf(stanza).filter((each) => !foreign.capabilities.includes(each))
      for (const { text, line, column } of stanza.capabilities ?? []) {
        if (!foreign.capabilities.includes(text)) continue
        const corrected = kept.length > 0 ? rewritten(stanza, { capabilities: kept }) : undefined
        yield { ...at({ line, column }), path: stanza.path, message: told(text), ...fixed(corrected) }
      }
      for (const { name, line, column } of stanza.keys) {
        if (foreign.keys.includes(name)) yield { ...at({ line, column }), path: stanza.path, message: told(name) }
      }
    }
  },
})

const plusStar = rule({
  record: LINT.plusStar,
  needs: [],
  *judge({ policy }) {
    for (const stanza of policy.parsed.stanzas) {
      if (!stanza.path.includes('+*')) continue
      const path = stanza.path.replaceAll('+*', '*')
      const corrected = path.indexOf('*') === path.length - 1 ? rewritten(stanza, { path }) : undefined
      yield problem(stanza, 'Paths may not have +* in them.', corrected)
    }
  },
})

export const grammarRules: readonly Rule[] = [
  duplicateKey,
  unknownKey,
  unknownCapability,
  wrongValue,
  otherProduct,
  plusStar,
]
