import { capabilitiesOf, parseHcl, type ParsedPolicy } from '../policy/parse.js'
import { livePolicy, withPolicyContext, type PolicyOptions } from './policy-context.js'

export interface PolicyShowOptions extends PolicyOptions {
  readonly name: string
}

/** A stanza as data. */
export interface ShownStanza {
  readonly path: string
  readonly capabilities: readonly string[]
  readonly line: number
  readonly column: number
  /** What it says beside capabilities. */
  readonly keys?: readonly string[]
}

export interface PolicyShowResult {
  readonly operation: 'policy show'
  readonly vault: string
  readonly name: string
  /** As Vault has it. */
  readonly policy: string
  /** Undefined: Vault has kept a text that is no policy. */
  readonly stanzas?: readonly ShownStanza[]
}

/** The text of a policy that Vault has, and what it says. */
export function policyShow(options: PolicyShowOptions): Promise<PolicyShowResult> {
  return withPolicyContext(options, async (context) => {
    const vault = await context.vault()
    const policy = await livePolicy(vault, options.name)
    const stanzas = shown(await parseHcl(policy))
    const { name } = options
    return { operation: 'policy show', vault: vault.address, name, policy, ...(stanzas && { stanzas }) }
  })
}

const PLAIN = ['capabilities', 'policy']

function shown(parsed: ParsedPolicy): readonly ShownStanza[] | undefined {
  if ('error' in parsed) return undefined
  return parsed.stanzas.map((stanza) => {
    const { path, line, column } = stanza
    const keys = stanza.keys.map(({ name }) => name).filter((name) => !PLAIN.includes(name))
    return { path, capabilities: capabilitiesOf(stanza), line, column, ...(keys.length > 0 && { keys }) }
  })
}
