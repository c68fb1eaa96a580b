import { EXIT, worstExit, type ExitCode } from '../../catalogue/index.js'
import type { ApplyResult, PlanResult, VerifyRunResult } from '../../operations/results.js'

/** Without `asked` (`--exit-code`) a plan is only looked at. */
export function planExit({ plan }: PlanResult, asked: boolean): ExitCode {
  const has = (...wanted: readonly string[]) => plan.objects.some(({ action }) => wanted.includes(action))
  if (!asked) return EXIT.done
  if (has('refuse')) return EXIT.refused
  return has('create', 'update') ? EXIT.changes : EXIT.done
}

export function applyExit({ outcomes, verify }: ApplyResult): ExitCode {
  const writes = outcomes.map(({ state, error }) => (state === 'done' ? EXIT.done : (error?.exitCode ?? EXIT.failed)))
  return worstExit([...writes, ...(verify ? [probesExit(verify)] : [])])
}

/** Where probes were to be made and not one could be, nothing is proven. */
export function verifyExit({ verify }: VerifyRunResult): ExitCode {
  const { probes } = verify
  return probes.length > 0 && probes.every(({ verdict }) => verdict === 'skipped') ? EXIT.problems : probesExit(verify)
}

/** A server that was gone proves nothing against the trust: that is not a problem found, but 6. */
const probesExit = ({ probes }: VerifyRunResult['verify']): ExitCode =>
  worstExit(probes.filter(({ verdict }) => verdict === 'failed').map(({ exit }) => exit ?? EXIT.problems))
