import { IceError, KUBERNETES } from '../catalogue/index.js'
import type { StepResult } from './results.js'
import { reviewerOf } from '../kinds/reviewer.js'
import { reviewerState } from './reviewer-state.js'
import { step, type StepOptions } from './step.js'
import { withStepSession } from './step-session.js'

/**
 * Writes auth/MOUNT/config as a step. The reviewer must be there before: a config without a working one makes every login
 * fail, and its token cannot be read back.
 * @throws IceError KUBERNETES.reviewerMissing
 */
export async function authConfigure(options: StepOptions): Promise<StepResult> {
  await withStepSession(options, async ({ place, section, kubernetes }) => {
    const reviewer = reviewerOf(section.auth)
    if (reviewer === undefined) return
    const state = await reviewerState(await kubernetes(), reviewer)
    const { namespace, serviceAccount, missing } = state
    if (missing.length === 0) return
    throw new IceError(KUBERNETES.reviewerMissing, {
      message: `The reviewer ${namespace}/${serviceAccount} is not ready: there is not ${missing.join('; nor ')}.`,
      evidence: { cluster: place.cluster },
    })
  })
  return step(options)
}
