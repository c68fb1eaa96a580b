import { IceError, isIceError, KUBERNETES, VERIFY } from '../catalogue/index.js'
import { durationText } from '../kinds/atoms.js'
import { TOKEN_REVIEW } from '../kinds/auth-config-clients.js'
import type { Io } from '../kinds/contract.js'
import type { Used } from '../kinds/engine.js'
import type { BoundGrant } from '../kinds/policy.js'
import { AUTH_DELEGATOR } from '../kinds/reviewer.js'
import { capabilitiesSelf, path, statusOf } from '../vault/index.js'
import type { Borrowed, Workload } from './borrow.js'
import { isUnreviewed, patiently, type Patience } from './patience.js'
import { failed, skipped, type Outcome, type Prober } from './probe.js'
import { refusals } from './refusals.js'
import { grantText, type Subject } from './subjects.js'

/** What all subjects of a run share. */
export interface Run extends Patience {
  readonly io: Io
  readonly prober: Prober
  readonly borrowed: Borrowed
  readonly positiveOnly: boolean
}

/** What is known of one workload once it has logged in. */
export interface Entered {
  readonly first: Workload
  /** For one probe: a token that lasts for a few requests is not shared. */
  readonly enter: () => Promise<Workload>
}

/** One account in one role on one cluster: it logs in, uses what it was granted, and is refused the rest. */
export async function verifySubject(run: Run, subject: Subject): Promise<void> {
  const { cluster, role, account } = subject
  const probe = (what: string, attempt: () => Promise<Outcome>): Promise<void> =>
    run.prober.probe({ name: `${cluster}: ${account} as ${role}: ${what}`, cluster, role }, attempt)

  if (subject.asksItself) await probe(MAY_REVIEW, () => mayReview(run, subject))
  let entered: Entered | undefined
  await probe('logs in', async () => {
    const { outcome, ...login } = await logIn(run, subject)
    entered = login.entered
    return outcome
  })

  const after = (attempt: (entered: Entered) => Promise<Outcome>) => async (): Promise<Outcome> =>
    entered === undefined ? skipped('there is no login to try it with') : attempt(entered)
  const use = async (bound: BoundGrant, { enter }: Entered): Promise<Used> => useGrant(run, bound, await enter())

  await Promise.all([
    ...subject.can.map((bound) =>
      probe(
        grantText(bound),
        after((login) => use(bound, login)),
      ),
    ),
    ...subject.undescribed.map((policy) =>
      probe(`policy ${policy}`, () => Promise.resolve(skipped('its rules are not grants of this file'))),
    ),
    ...(run.positiveOnly ? [] : refusals(run, subject, use)).map(({ what, attempt }) => probe(what, after(attempt))),
  ])
}

async function logIn(run: Run, subject: Subject): Promise<{ readonly outcome: Outcome; readonly entered?: Entered }> {
  const { borrowed } = run
  const { cluster, account, cidrs } = subject
  const jwt = await borrowed.serviceAccountToken(
    cluster,
    account,
    subject.audience === undefined ? [] : [subject.audience],
  )
  try {
    const { value: first, waited } = await patiently(run, isUnreviewed, () => borrowed.login(subject, jwt))
    const enter = () => (first.limited ? borrowed.login(subject, jwt) : Promise.resolve(first))
    return { outcome: judged(first, subject, waited), entered: { first, enter } }
  } catch (error) {
    if (cidrs.length > 0 && isIceError(error) && isUnreviewed(error))
      return { outcome: skipped(`refused here, where the role lets in only ${cidrs.join(', ')}`) }
    throw error
  }
}

const MAY_REVIEW = 'may ask about its own token'

/** Where each client asks for itself, its token must be good for the API server, and it must be allowed to ask. */
async function mayReview({ io, borrowed, ...patience }: Run, subject: Subject): Promise<Outcome> {
  const { cluster, account, audience } = subject
  const jwt = await borrowed.serviceAccountToken(cluster, account, audience === undefined ? [] : [audience])
  try {
    // Informers follow a fresh binding with some delay; a plain no is repeated like a refusal.
    const ask = async () => {
      const [may] = await io.cluster(cluster).can([TOKEN_REVIEW], jwt)
      if (may !== true) throw new IceError(VERIFY.probeFailed, { message: `it lacks ${AUTH_DELEGATOR}` })
    }
    await patiently(patience, (error) => error.code === VERIFY.probeFailed.code, ask)
    return { verdict: 'passed', detail: `${AUTH_DELEGATOR}, and the API server accepts its audience` }
  } catch (error) {
    if (!isIceError(error) || error.code !== KUBERNETES.unauthorized.code) throw error
    return failed(
      VERIFY.probeFailed.code,
      `the API server does not accept its token: the audience ${JSON.stringify(audience ?? '')} is not one of its own`,
    )
  }
}

function judged({ login }: Workload, { policies, method }: Subject, waited: number): Outcome {
  const missing = policies.named.filter((policy) => !login.policies.includes(policy))
  if (missing.length > 0)
    return failed(
      VERIFY.probeFailed.code,
      `the token lacks ${missing.length === 1 ? 'the policy' : 'the policies'} ${missing.join(', ')}`,
    )
  const parts = [
    `policies ${login.policies.join(', ')}`,
    `for ${durationText(login.ttlSeconds)}`,
    ...(login.accessor === '' ? ['a batch token: it cannot be revoked and ends by itself'] : []),
    ...(method === 'jwt'
      ? ['known by its signature alone: it goes on logging in until it expires, also when its account is deleted']
      : []),
    ...(waited >= 1 ? [`Vault took ${waited.toFixed(0)} s to let it in`] : []),
  ]
  return { verdict: 'passed', detail: parts.join('; ') }
}

function useGrant(
  { io, borrowed }: Run,
  { grant, type, engine, path: rest }: BoundGrant,
  workload: Workload,
): Promise<Used> {
  const verb = type.verbs[grant.verb]
  if (verb === undefined) throw new Error(`${type.type} has no verb ${grant.verb}`)
  return verb.use(engine, rest, {
    workload: workload.vault,
    operator: io.vault,
    signal: io.signal,
    capabilities: (target) => capabilities(io, workload, target),
    lease: (id) => borrowed.lease(id, workload),
  })
}

/** As the workload itself; one without the default policy may not ask, but the operator may ask for it. */
async function capabilities(
  io: Io,
  { vault, login, limited }: Workload,
  target: string,
): Promise<readonly string[] | undefined> {
  const itself = async () => (await capabilitiesSelf(vault, [target])).get(target)
  const theOperator = async () => {
    const body = { token: login.token, paths: [target] }
    const answer = await io.vault.write<Answer>(path`sys/capabilities`, body, { repeatable: true })
    return answer.data[target]
  }
  for (const ask of limited ? [theOperator] : [itself, theOperator]) {
    try {
      return await ask()
    } catch (error) {
      if (statusOf(error) !== 403) throw error
    }
  }
  return undefined
}

type Answer = Readonly<Record<string, readonly string[]>>
