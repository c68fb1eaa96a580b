import { IceError, USAGE } from '../../catalogue/index.js'
import type { PlanResult } from '../results.js'
import { doctor } from './index.js'
import type { DoctorOptions, DoctorResult } from './types.js'

/** After a remedy a login may be refused for a while: by caches of either server. Milliseconds. */
const PATIENCE_MS = 35_000

interface Asking {
  readonly confirm: (plan: PlanResult) => Promise<boolean>
}

/**
 * Carries out the remedies that are safe: those that make an object what the file says, through the same plan and apply.
 * @returns what a new examination finds
 * @throws IceError USAGE.wrongUsage where there is no file; those of apply
 */
export async function fix(options: DoctorOptions, result: DoctorResult, { confirm }: Asking): Promise<DoctorResult> {
  if (result.file === undefined)
    throw new IceError(USAGE.wrongUsage, {
      message: '--fix needs a file: what is right stands there.',
      next: ['Write one with icebreaker import or init, or type the commands that each finding names.'],
    })
  const only = result.findings.flatMap(({ remedy, fixes = [] }) => (remedy.safe ? fixes : []))
  if (only.length === 0) return result
  const { apply } = await import('../apply.js')
  const { step: _step, scope: _scope, ...given } = options
  await apply({ ...given, only, dryRun: false, verify: 'never', confirm })
  return doctor({ ...options, wait: options.wait ?? PATIENCE_MS }, result.operation)
}
