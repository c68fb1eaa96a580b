import { reviewerState, type ReviewerState } from './reviewer-state.js'
import { theReviewer } from './the-reviewer.js'
import { withStepSession, type StepOptionsBase } from './step-session.js'

export interface ReviewerShowResult extends ReviewerState {
  readonly operation: 'reviewer show'
  readonly cluster: string
}

/** What stands of the reviewer in the cluster, and what lacks. Its token is read and not shown. */
export function reviewerShow(options: StepOptionsBase): Promise<ReviewerShowResult> {
  return withStepSession(options, async ({ place: { cluster }, section, kubernetes }) => ({
    operation: 'reviewer show',
    cluster,
    ...(await reviewerState(await kubernetes(), theReviewer(cluster, section.auth))),
  }))
}
