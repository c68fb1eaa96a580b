import { IceError, KUBERNETES, USAGE } from '../catalogue/index.js'
import { ownLabels } from '../kinds/kubernetes-object.js'
import { tokenSecretName, type Reviewer } from '../kinds/reviewer.js'
import { findTokenSecret } from '../kinds/reviewer-secret.js'
import { SCRATCH_LABEL, SCRATCH_SECONDS, scratchName } from '../kinds/scratch.js'
import { claimsOf, refs, type Cluster, type TokenClaims } from '../kubernetes/index.js'
import { openSecretFile, Shown, type Secret, type SecretFile } from '../secrets/index.js'
import { theReviewer } from './the-reviewer.js'
import { withStepSession, type StepOptionsBase, type StepSession } from './step-session.js'

export interface HandoverOptions {
  readonly showSecret: boolean
  /** A new file for the secret. */
  readonly secretOut?: string
}

export interface ReviewerTokenOptions extends StepOptionsBase, HandoverOptions {
  /** Seconds; undefined: the token of the Secret. */
  readonly duration?: number
}

export interface ReviewerTokenResult {
  readonly operation: 'reviewer token'
  readonly cluster: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly from: 'secret' | 'TokenRequest'
  /** The Secret that holds it, or whose deletion ends it. */
  readonly secret: string
  readonly token: Secret | Shown
  readonly savedTo?: string
  readonly claims?: TokenClaims
  /** It was asked for and given to nobody, so it was ended again. */
  readonly ended: boolean
}

/** The shortest life that Kubernetes gives a token, seconds. */
const SHORTEST = 600

/**
 * A token of the reviewer: from its Secret, or a short-lived one, which is ended again where nobody is given it.
 * @throws IceError KUBERNETES.reviewerMissing where there is none; USAGE.secretNotSaved
 */
export async function reviewerToken(options: ReviewerTokenOptions): Promise<ReviewerTokenResult> {
  const { duration, showSecret } = options
  if (duration !== undefined && duration < SHORTEST)
    throw new IceError(USAGE.wrongUsage, { message: '--duration: Kubernetes issues no token for less than 10m.' })
  const hand = (session: StepSession) =>
    withSecretFile(options.secretOut, async (file): Promise<ReviewerTokenResult> => {
      const reviewer = theReviewer(session.place.cluster, session.section.auth)
      const cluster = await session.kubernetes()
      const got =
        duration === undefined
          ? await storedToken(cluster, reviewer)
          : await requestedToken(cluster, reviewer, duration, session.file.name)
      let isKept = showSecret
      try {
        await file?.write(got.token)
        isKept ||= file !== undefined
      } finally {
        if (!isKept) await got.end?.()
      }
      const claims = claimsOf(got.token)
      return {
        operation: 'reviewer token',
        cluster: session.place.cluster,
        namespace: reviewer.namespace,
        serviceAccount: reviewer.serviceAccount,
        from: duration === undefined ? 'secret' : 'TokenRequest',
        secret: got.secret,
        token: showSecret ? new Shown(got.token) : got.token,
        ...(file && { savedTo: file.path }),
        ...(claims && { claims }),
        ended: !isKept && got.end !== undefined,
      }
    })
  return withStepSession(options, hand, true)
}

/** Opens the file for a secret, if there is to be one, before the secret is asked for. */
export async function withSecretFile<T>(
  path: string | undefined,
  use: (file: SecretFile | undefined) => Promise<T>,
): Promise<T> {
  if (path === undefined) return use(undefined)
  await using file = await openSecretFile(path)
  return await use(file)
}

interface Got {
  readonly token: Secret
  readonly secret: string
  readonly end?: () => Promise<void>
}

async function storedToken(cluster: Cluster, reviewer: Reviewer): Promise<Got> {
  const { namespace } = reviewer
  const found = await findTokenSecret(cluster, reviewer)
  const token = (found?.['data'] as Readonly<Record<string, Secret>> | undefined)?.['token']
  const secret = found?.metadata.name ?? tokenSecretName(reviewer)
  if (token !== undefined) return { token, secret }
  throw new IceError(KUBERNETES.reviewerMissing, {
    message: `There is no token in a Secret ${namespace}/${secret}.`,
    evidence: { cluster: cluster.name },
    next: [KUBERNETES.reviewerMissing.remedy, 'With --duration a short-lived token is asked for instead.'],
  })
}

/** Bound to a Secret of ours that is named for its expiry: deleting it ends the token, and whoever tidies up later knows when he may. */
async function requestedToken(
  cluster: Cluster,
  { namespace, serviceAccount }: Reviewer,
  seconds: number,
  owner: string,
): Promise<Got> {
  const name = scratchName(Date.now() + (seconds - SCRATCH_SECONDS) * 1000)
  const ref = refs.secret(namespace, name)
  const end = () => cluster.delete(ref)
  try {
    const { metadata } = await cluster.create(ref, {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: { name, namespace, labels: { ...ownLabels(owner), ...SCRATCH_LABEL } },
    })
    const { token } = await cluster.requestToken({
      namespace,
      serviceAccount,
      audiences: [],
      expirationSeconds: seconds,
      boundTo: { kind: 'Secret', apiVersion: 'v1', name, uid: metadata.uid ?? '' },
    })
    return { token, secret: name, end }
  } catch (error) {
    await end().catch(() => undefined)
    throw error
  }
}
