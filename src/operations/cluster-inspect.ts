import { EXIT, isIceError, type IceError } from '../catalogue/index.js'
import type { Emit } from '../events/index.js'
import { claimsOf, type Cluster, type TokenIssuer } from '../kubernetes/index.js'
import { borrow } from '../verify/borrow.js'
import { clusterTrust, type ClusterTrust } from './cluster-ca.js'
import { reviewerOf } from '../kinds/reviewer.js'
import { reviewerState, type ReviewerState } from './reviewer-state.js'
import { givingBack, withStepSession, type StepOptionsBase, type StepSession } from './step-session.js'

export interface ClusterInspectOptions extends StepOptionsBase {
  /** Asks for a token, to see for which audiences the API server issues them; makes a Secret, and takes it away again. */
  readonly probe: boolean
}

export interface ClusterInspectResult {
  readonly operation: 'cluster inspect'
  readonly cluster: string
  /** The address that was spoken to from here. */
  readonly server: string
  readonly version: string
  /** How far this machine's clock is ahead of the API server's, whole seconds. */
  readonly clockAhead?: number
  /** Undefined where no CA fits: then `refused` says why. */
  readonly trust?: ClusterTrust
  readonly refused?: IceError
  /** Undefined where it is not published, or may not be read. */
  readonly tokens?: TokenIssuer
  /** Of a token that is asked for without one: those that the API server accepts itself. */
  readonly audiences?: readonly string[]
  /** Undefined where no account asks for all. */
  readonly reviewer?: ReviewerState
}

/** What Vault and its operator need to know of a cluster. */
export function clusterInspect(options: ClusterInspectOptions): Promise<ClusterInspectResult> {
  const inspect = async (session: StepSession): Promise<ClusterInspectResult> => {
    const cluster = await session.kubernetes()
    const { version, date } = await cluster.version()
    const now = Date.now()
    const asking = reviewerOf(session.section.auth)
    const reviewer = asking && (await reviewerState(cluster, asking))
    const [trust, tokens, audiences] = await Promise.all([
      trustOf(session),
      issuerOf(cluster),
      options.probe ? audiencesOf(session, reviewer, options.emit) : undefined,
    ])
    return {
      operation: 'cluster inspect',
      cluster: session.place.cluster,
      server: cluster.server,
      version,
      ...(date && { clockAhead: Math.round((now - date.getTime()) / 1000) }),
      ...trust,
      ...(tokens && { tokens }),
      ...(audiences && { audiences }),
      ...(reviewer && { reviewer }),
    }
  }
  return withStepSession(options, inspect, options.probe)
}

async function trustOf(session: StepSession): Promise<Pick<ClusterInspectResult, 'trust' | 'refused'>> {
  try {
    return { trust: await clusterTrust(session) }
  } catch (error) {
    if (isIceError(error)) return { refused: error }
    throw error
  }
}

async function issuerOf(cluster: Cluster): Promise<TokenIssuer | undefined> {
  try {
    return await cluster.tokenIssuer()
  } catch (error) {
    if (isIceError(error) && error.exitCode === EXIT.notPermitted) return undefined
    throw error
  }
}

/** No API tells them; a token that is asked for without any has them. */
async function audiencesOf(
  session: StepSession,
  reviewer: ReviewerState | undefined,
  emit: Emit,
): Promise<readonly string[] | undefined> {
  const borrowed = borrow(await session.kubernetesIo(), session.file.name)
  const asWhom = reviewer?.account.exists === true ? `${reviewer.namespace}/${reviewer.serviceAccount}` : ANYBODY
  const token = () => borrowed.serviceAccountToken(session.place.cluster, asWhom, [])
  const { value, left } = await givingBack(token, () => borrowed.giveBack(), emit)
  for (const what of left) emit({ type: 'note', level: 'warning', text: `Not given back, it ends by itself: ${what}` })
  return claimsOf(value)?.audiences
}

/** Kubernetes makes it in every cluster. */
const ANYBODY = 'default/default'
