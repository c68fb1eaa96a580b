import type { PolicyDiffResult } from './policy-diff.js'
import type { PolicyLintResult } from './policy-lint.js'
import type { PolicyShowResult } from './policy-show.js'

/** What looking at policies came to. */
export type PolicyResult = PolicyLintResult | PolicyShowResult | PolicyDiffResult
