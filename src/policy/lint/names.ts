import { LINT, type CodeRecord } from '../../catalogue/index.js'
import { policyNameProblem } from '../name.js'

/** What is wrong with a name among names. */
export interface NameProblem {
  readonly record: CodeRecord
  /** The place of the name in the list. */
  readonly index: number
  readonly message: string
}

const stored = (name: string): string => name.trim().toLowerCase()

/** Names that Vault would store as another, or as the same as one before it. The same name twice is one policy. */
export function judgeNames(names: readonly (string | undefined)[]): readonly NameProblem[] {
  return names.flatMap((name, index): NameProblem[] => {
    if (name === undefined) return []
    const twin = names.find(
      (other, at) => at < index && other !== undefined && other !== name && stored(other) === stored(name),
    )
    if (twin !== undefined) {
      const message = `Vault stores ${JSON.stringify(name)} and ${JSON.stringify(twin)} as the one policy ${JSON.stringify(stored(name))}.`
      return [{ record: LINT.sameName, index, message }]
    }
    const wrong = policyNameProblem(name)
    if (wrong === undefined) return []
    return [{ record: LINT.badName, index, message: `${JSON.stringify(name)}: ${wrong}.` }]
  })
}
