import { EXIT, worstExit, type ExitCode } from '../../catalogue/index.js'
import type { DoctorResult } from '../../operations/doctor/types.js'
import type { LeaseActResult } from '../../operations/lease/act.js'
import type { LockdownResult } from '../../operations/lockdown/types.js'
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
export function removalExit({ removals, outcomes, unrecorded }: RemovalResult): ExitCode {
  const undone = outcomes.map(({ state, error }) => (state === 'done' ? EXIT.done : (error?.exitCode ?? EXIT.failed)))
  const kept = removals.some(({ action }) => action === 'keep')
  return worstExit([...undone, ...(kept ? [EXIT.refused] : []), ...(unrecorded ? [unrecorded.exitCode] : [])])
}

/** Where probes were to be made and not one could be, nothing is proven. */
export function verifyExit({ verify }: VerifyRunResult): ExitCode {
  const { probes } = verify
  return probes.length > 0 && probes.every(({ verdict }) => verdict === 'skipped') ? EXIT.problems : probesExit(verify)
}

/** A server that was gone proves nothing against the trust: that is not a problem found, but 6. */
const probesExit = ({ probes }: VerifyRunResult['verify']): ExitCode =>
  worstExit(probes.filter(({ verdict }) => verdict === 'failed').map(({ exit }) => exit ?? EXIT.problems))

/** Errors are problems; warnings are told, and pass. What was borrowed and not given back is a failure. */
export const doctorExit = ({ summary, left }: Pick<DoctorResult, 'summary' | 'left'>): ExitCode =>
  worstExit([summary.error > 0 ? EXIT.problems : EXIT.done, left.length > 0 ? EXIT.failed : EXIT.done])

/** Errors and warnings are problems; notes are not. */
export const lintExit = ({ summary }: Pick<PolicyLintResult, 'summary'>): ExitCode =>
  summary.error + summary.warning > 0 ? EXIT.problems : EXIT.done

/** Without `asked` (`--exit-code`) a difference is only looked at. */
export const policyDiffExit = ({ same }: Pick<PolicyDiffResult, 'same'>, asked: boolean): ExitCode =>
  asked && !same ? EXIT.changes : EXIT.done

/** What was not carried out, then what was not proven; a dry run tells whether it would be refused. */
export function lockdownExit({ roles, errors, checks, tokens, dryRun, refusals }: LockdownResult): ExitCode {
  if (dryRun) return refusals.length > 0 ? EXIT.refused : EXIT.done
  const writes = roles.flatMap(({ outcome }) =>
    outcome === undefined || outcome.state === 'done' ? [] : [outcome.error?.exitCode ?? EXIT.failed],
  )
  const unproven = checks.some(({ verdict }) => verdict !== 'passed')
  return worstExit([
    ...writes,
    ...errors.map(({ exitCode }) => exitCode),
    ...(tokens.left.length > 0 ? [EXIT.failed] : []),
    ...(unproven ? [EXIT.problems] : []),
  ])
}

/** What ended in Vault alone is a problem found. */
export const leaseExit = ({ outcomes, stuck = [] }: Pick<LeaseActResult, 'outcomes' | 'stuck'>): ExitCode =>
  worstExit([
    ...outcomes.map(({ state, error }) => (state === 'failed' ? (error?.exitCode ?? EXIT.failed) : EXIT.done)),
    ...(stuck.length > 0 ? [EXIT.problems] : []),
  ])
