import { EXIT, worstExit, type ExitCode } from '../../catalogue/index.js'
import type { PolicyDiffResult } from '../../operations/policy-diff.js'
import type { PolicyLintResult } from '../../operations/policy-lint.js'
import type { ApplyResult, DriftResult, PlanResult, RemovalResult, VerifyRunResult } from '../../operations/results.js'

/** Without `asked` (`--exit-code`) a plan is only looked at. */
export function planExit({ plan }: PlanResult, asked: boolean): ExitCode {
  const has = (...wanted: readonly string[]) => plan.objects.some(({ action }) => wanted.includes(action))
  if (!asked) return EXIT.done
  if (has('refuse')) return EXIT.refused
  return has('create', 'update') ? EXIT.changes : EXIT.done
}

export function applyExit({ outcomes, verify }: Pick<ApplyResult, 'outcomes' | 'verify'>): ExitCode {
  const writes = outcomes.map(({ state, error }) => (state === 'done' ? EXIT.done : (error?.exitCode ?? EXIT.failed)))
  return worstExit([...writes, ...(verify ? [probesExit(verify)] : [])])
}

/** Without `asked` (`--exit-code`) drift is only looked at; a server that is gone is told all the same. */
export function driftExit({ plan, verify }: DriftResult, asked: boolean): ExitCode {
  const proven = verify === undefined ? EXIT.done : probesExit(verify)
  if (!asked) return proven === EXIT.problems ? EXIT.done : proven
  return worstExit([proven, plan.objects.every(({ action }) => action === 'none') ? EXIT.done : EXIT.problems])
}

/** What stays, though it was to go, is a refusal. */
export function removalExit({ removals, outcomes }: RemovalResult): ExitCode {
  const undone = outcomes.map(({ state, error }) => (state === 'done' ? EXIT.done : (error?.exitCode ?? EXIT.failed)))
  const kept = removals.some(({ action }) => action === 'keep')
  return worstExit([...undone, ...(kept ? [EXIT.refused] : [])])
}

/** Where probes were to be made and not one could be, nothing is proven. */
export function verifyExit({ verify }: VerifyRunResult): ExitCode {
  const { probes } = verify
  return probes.length > 0 && probes.every(({ verdict }) => verdict === 'skipped') ? EXIT.problems : probesExit(verify)
}

/** A server that was gone proves nothing against the trust: that is not a problem found, but 6. */
const probesExit = ({ probes }: VerifyRunResult['verify']): ExitCode =>
  worstExit(probes.filter(({ verdict }) => verdict === 'failed').map(({ exit }) => exit ?? EXIT.problems))

/** Errors and warnings are problems; notes are not. */
export const lintExit = ({ summary }: Pick<PolicyLintResult, 'summary'>): ExitCode =>
  summary.error + summary.warning > 0 ? EXIT.problems : EXIT.done

/** Without `asked` (`--exit-code`) a difference is only looked at. */
export const policyDiffExit = ({ same }: Pick<PolicyDiffResult, 'same'>, asked: boolean): ExitCode =>
  asked && !same ? EXIT.changes : EXIT.done
