import type { Adopt } from '../reconcile/plan.js'
import { apply } from './apply.js'
import type { FileOptions } from './options.js'
import type { StepResult } from './results.js'
import type { Step } from './step-file.js'
import { inFlags, unmounted } from './step-shown.js'

export interface StepOptions extends FileOptions {
  readonly step: Step
  /** What was typed, as in `role write`. */
  readonly command: string
  readonly dryRun: boolean
  readonly adopt?: Adopt
}

/** One step of an introduction by the same plan and apply as a file's; what it makes goes on the same record. */
export async function step(options: StepOptions): Promise<StepResult> {
  try {
    const { operation: _apply, ...result } = await apply({
      ...options,
      only: [],
      verify: 'never',
      confirm: () => Promise.resolve(true),
    })
    return { operation: 'step', command: options.command, ...result }
  } catch (error) {
    const { first } = options.step
    const told = inFlags(error)
    throw first === undefined ? told : unmounted(told, `Mount it first: ${first}`)
  }
}
