import { VERIFY } from '../catalogue/index.js'
import type { Used } from '../kinds/engine.js'
import type { BoundGrant } from '../kinds/policy.js'
import { path, statusOf } from '../vault/index.js'
import { outside } from './outside.js'
import { isMissing, patiently } from './patience.js'
import { failed, mustBeRefused, mustNotLogIn, skipped, type Outcome } from './probe.js'
import type { Stranger } from './strangers.js'
import { grantText, type Subject } from './subjects.js'
import type { Entered, Run } from './verify-subject.js'

interface Refusal {
  readonly what: string
  readonly attempt: (entered: Entered) => Promise<Outcome>
}

/** What must not work. Each is tried only once the login has worked: where nobody is let in, a refusal proves nothing. */
export function refusals(
  run: Run,
  subject: Subject,
  use: (bound: BoundGrant, entered: Entered) => Promise<Used>,
): readonly Refusal[] {
  return [
    ...subject.strangers.map((stranger) => ({
      what: `${stranger.what} is refused`,
      attempt: () => strangerRefused(run, subject, stranger),
    })),
    { what: 'another audience is refused', attempt: () => audienceRefused(run, subject) },
    { what: 'no other policies', attempt: (entered) => noOtherPolicies(subject, entered) },
    { what: 'a path outside the policies is refused', attempt: (entered) => outsideRefused(subject, entered) },
    ...subject.cannot.map((bound) => ({
      what: `cannot ${grantText(bound)}`,
      attempt: (entered: Entered) => mustBeRefused(() => use(bound, entered), subject.uses),
    })),
  ]
}

const MOMENT_MS = 5000

async function strangerRefused(run: Run, subject: Subject, stranger: Stranger): Promise<Outcome> {
  const { cluster, audience } = subject
  if ('none' in stranger) return skipped(stranger.none)
  const { account, isThere, refusal } = stranger
  if (!isThere) await run.borrowed.makeAccount(cluster, account)
  // Kubernetes makes a namespace's own account a moment after the namespace.
  const deadline = isThere ? Math.min(run.deadline, Date.now() + MOMENT_MS) : 0
  const { value: jwt } = await patiently({ stop: run.stop, deadline }, isMissing, () =>
    run.borrowed.serviceAccountToken(cluster, account, audience === undefined ? [] : [audience]),
  )
  return mustNotLogIn(() => run.borrowed.login(subject, jwt), refusal)
}

async function audienceRefused(run: Run, subject: Subject): Promise<Outcome> {
  if (subject.audience === undefined) return skipped('the role asks for no audience')
  const jwt = await run.borrowed.serviceAccountToken(subject.cluster, subject.account, [ANOTHER_AUDIENCE])
  return mustNotLogIn(() => run.borrowed.login(subject, jwt), /\baud\b/)
}

const ANOTHER_AUDIENCE = 'icebreaker-another-audience'

async function noOtherPolicies({ policies }: Subject, { first, enter }: Entered): Promise<Outcome> {
  const expected = [...policies.named, ...policies.byDefault]
  const more = first.login.policies.filter((policy) => !expected.includes(policy))
  if (more.length === 0) return { verdict: 'passed' }
  const list = more.join(', ')
  const { vault } = await enter()
  try {
    const answer = await vault.read<{ identity_policies?: readonly string[] | null }>(path`auth/token/lookup-self`)
    const ofIdentity = answer?.data.identity_policies ?? []
    if (more.every((policy) => ofIdentity.includes(policy)))
      return { verdict: 'passed', detail: `besides ${list}, of the identity’s own` }
  } catch (error) {
    if (statusOf(error) !== 403) throw error
    return skipped(`the token also has ${list}; whether by its identity, it may not ask`)
  }
  return failed(VERIFY.shouldBeRefused.code, `the token also has ${list}`)
}

async function outsideRefused({ can, undescribed, uses }: Subject, { enter }: Entered): Promise<Outcome> {
  const { vault } = await enter()
  const outcome = await mustBeRefused(async () => {
    await vault.read(outside(can))
    return { verdict: 'passed' }
  }, uses)
  if (outcome.verdict !== 'failed' || undescribed.length === 0) return outcome
  return skipped(`it is allowed, and ${undescribed.join(', ')} may mean that: their rules are not grants of this file`)
}
