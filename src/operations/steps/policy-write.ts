import { IceError, LINT, USAGE } from '../../catalogue/index.js'
import { compareParsed, type Meaning } from '../../policy/compare.js'
import { parseHcl, type ParsedPolicy } from '../../policy/parse.js'
import { path } from '../../vault/index.js'
import { policyGenerate } from '../policy-generate.js'
import { textOfFile } from '../policy-texts.js'
import type { StepResult } from '../results.js'
import { orUndefined } from '../step-shown.js'
import { step, type StepOptions } from '../step.js'
import { withStepSession } from '../step-session.js'

/** What the step's section says, before there is a text. */
interface Said {
  readonly grants?: readonly string[]
  readonly file?: string
}

export interface PolicyWriteOptions extends StepOptions {
  /** Its name. */
  readonly policy: string
  /** `MOUNT=TYPE[:VERSION]`; for others the file, then what is mounted. */
  readonly engines: readonly string[]
}

const EMPTY: ParsedPolicy = { stanzas: [], others: [] }

/**
 * Writes a policy as a step, from grants or from a text, and says what the change means to whoever has it.
 * @throws IceError LINT.notHcl, FILE.badGrant, LINT.unknownEngine, USAGE.nobodyToAsk
 */
export async function policyWrite(options: PolicyWriteOptions): Promise<StepResult> {
  const { policy, step: said } = options
  const { source, text } = await textOf(options)
  const after = await parseHcl(text)
  if ('error' in after) throw unreadable(source, after.error)
  // Its grants cannot be checked before it is known what is mounted.
  const looking = { ...options, step: { ...said, sections: () => ({}) } }
  const before = await withStepSession(looking, async ({ vault: open }) => {
    const vault = await open()
    const seen = await orUndefined(async () => [
      await vault.read<{ policy?: string }>(path`sys/policies/acl/${policy}`),
    ])
    if (seen === undefined) return undefined
    return seen[0] === undefined ? EMPTY : parseHcl(seen[0].data.policy ?? '')
  })
  const made = await step({
    ...options,
    step: {
      ...said,
      says: ['policy'],
      sections: () => ({ policies: { [policy]: { file: source } } }),
      texts: { [source]: text },
    },
  })
  const meaning: Meaning =
    before === undefined
      ? { effect: 'unknown', why: 'this token may not read the policy that is there', paths: [] }
      : compareParsed(before, after)
  return { ...made, meaning }
}

async function textOf(options: PolicyWriteOptions): Promise<{ readonly source: string; readonly text: string }> {
  const { policy, step: said, engines } = options
  const sections = said.sections({ cluster: '', mount: '', engines: {} }) as {
    readonly policies: Readonly<Record<string, Said>>
  }
  const { grants = [], file } = sections.policies[policy] ?? {}
  if (file !== undefined && grants.length > 0)
    throw new IceError(USAGE.wrongUsage, {
      message: 'A policy is written from --grant or from --file-policy, not from both.',
    })
  if (file !== undefined) {
    const { source, text } = await textOfFile(file)
    return { source, text: text.replaceAll('\r\n', '\n') }
  }
  if (grants.length === 0)
    throw new IceError(USAGE.nobodyToAsk, {
      message: 'What the policy allows is missing.',
      next: ['Add --grant "VERB ENGINE MOUNT/PATH", several times if need be, or --file-policy FILE.'],
    })
  const made = await policyGenerate({ ...options, grants, engines })
  return { source: 'grants', text: made.policy }
}

function unreadable(
  source: string,
  error: { readonly message: string; readonly line: number; readonly column: number },
): IceError {
  return new IceError(LINT.notHcl, {
    message: `${source === 'standard input' ? 'Standard input' : source} is no policy: ${error.message}.`,
    at: { file: source, line: error.line, column: error.column },
    exit: 2,
  })
}
