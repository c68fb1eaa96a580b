import { compareParsed, type Meaning } from '../policy/compare.js'
import { parseHcl } from '../policy/parse.js'
import { livePolicy, withPolicyContext, type PolicyContext, type PolicyOptions } from './policy-context.js'
import { textOfConfig, textOfFile, type PolicyText } from './policy-texts.js'

export interface PolicyDiffOptions extends PolicyOptions {
  readonly name: string
  /** A file to compare with, instead of what icebreaker.yaml says; `-` is standard input. */
  readonly against?: string
}

export interface PolicyDiffResult {
  readonly operation: 'policy diff'
  readonly vault: string
  readonly name: string
  /** What Vault has. */
  readonly live: string
  /** What it would be, and where that stands. */
  readonly wanted: { readonly source: string; readonly policy: string }
  /** The texts are the same, but for white space around them. */
  readonly same: boolean
  /** What a change from the first to the second would mean. */
  readonly meaning: Meaning
}

/** Compares a policy that Vault has with what it should be: by text, and by what it allows. Writes nothing. */
export function policyDiff(options: PolicyDiffOptions): Promise<PolicyDiffResult> {
  const fileMustExist = options.fileMustExist === true || options.against === undefined
  return withPolicyContext({ ...options, fileMustExist }, async (context) => {
    const wanted = await wantedText(options, context)
    const vault = await context.vault()
    const live = await livePolicy(vault, options.name)
    const text = wanted.text.replaceAll('\r\n', '\n')
    const [before, after] = await Promise.all([parseHcl(live), parseHcl(text)])
    return {
      operation: 'policy diff',
      vault: vault.address,
      name: options.name,
      live,
      wanted: { source: wanted.source, policy: text },
      same: live.trim() === text.trim(),
      meaning: compareParsed(before, after),
    }
  })
}

const wantedText = (options: PolicyDiffOptions, context: PolicyContext): Promise<PolicyText> =>
  options.against === undefined ? Promise.resolve(textOfConfig(context, options.name)) : textOfFile(options.against)
