import { isIceError } from '../catalogue/index.js'
import { authConfig } from '../kinds/auth-config.js'
import { tokenSecretAddress, tokenSecretName } from '../kinds/reviewer.js'
import { reviewerSecret } from '../kinds/reviewer-secret.js'
import type { Inventory, InventoryEntry } from '../reconcile/inventory.js'
import { acquireLease } from '../reconcile/lease.js'
import { freshIo } from '../reconcile/observe.js'
import { checkPermissions } from '../reconcile/permissions.js'
import { checkedWithin, due, rotationCalls, rotationState, type RotationState } from './rotate-state.js'
import { carryOut, type Given, type Rotated } from './rotate-steps.js'
import { openSession, type Session } from './session.js'
import { stepWanted } from './step-file.js'
import type { StepOptionsBase } from './step-session.js'

export interface RotateOptions extends StepOptionsBase {
  /** Seconds: a token that is good for longer stays. Undefined: it is rotated in any case. */
  readonly ifExpiresWithin?: number
  readonly dryRun: boolean
  /** How long a server may go by what is no longer so, seconds; see `CACHE_SECONDS`. */
  readonly cacheSeconds?: number
}

export interface RotateResult extends Rotated {
  readonly operation: 'reviewer rotate'
  readonly cluster: string
  readonly mount: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly mode: 'secret' | 'bound'
  readonly rotated: boolean
  readonly dryRun: boolean
  /** Would it be rotated, or was it? */
  readonly isDue: boolean
  /** Why it was due, or was not. */
  readonly reason: string
  /** Of the token that was replaced, where it would have expired. ISO 8601. */
  readonly replacedExpiresAt?: string
  readonly interrupted: boolean
  readonly seconds: number
}

/**
 * An API server takes a token for good for ten seconds without looking again (TokenSuccessCacheTTL in kube-apiserver); one
 * more for clocks and load.
 */
const CACHE_SECONDS = 11

/**
 * Gives Vault a new token of the reviewer while logins go on: proven before Vault gets it, and again when no cache can hide
 * that it does not work; only then the old one is ended.
 * @throws IceError APPLY.nothingToRotate, notOurs, notPermitted, locked, unprovenFromVault, tokenUnproven; VAULT.notThere
 */
export async function rotate(options: RotateOptions): Promise<RotateResult> {
  const began = performance.now()
  checkedWithin(options.ifExpiresWithin)
  const { place } = await stepWanted(options.step, options)
  const session = await openSession(options)
  try {
    const state = await rotationState(session, place)
    const { isDue, reason } = due(state, options.ifExpiresWithin)
    const toDo = isDue && !options.dryRun
    const io = freshIo(session.io)
    if (isDue) await checkPermissions(rotationCalls(state, session.inventory), io)
    const rotated: Rotated = toDo ? await locked(session, state, options) : NOTHING
    const { namespace, serviceAccount, token } = state.reviewer
    return {
      operation: 'reviewer rotate',
      cluster: place.cluster,
      mount: place.mount,
      namespace,
      serviceAccount,
      mode: token,
      rotated: toDo,
      dryRun: options.dryRun,
      isDue,
      reason,
      ...(state.expiresAt && { [toDo ? 'replacedExpiresAt' : 'expiresAt']: state.expiresAt.toISOString() }),
      ...rotated,
      interrupted: options.stop.aborted,
      seconds: (performance.now() - began) / 1000,
    }
  } finally {
    await session.close()
  }
}

const NOTHING: Rotated = { proofs: [], ended: [], left: [] }

/** No apply of the same file writes the config, or the record, meanwhile. */
async function locked(session: Session, state: RotationState, options: RotateOptions): Promise<Rotated> {
  const { io, inventory, file, stop, store } = session
  const lease = await acquireLease(io.cluster(inventory.cluster), inventory.namespace, file.name)
  try {
    return await carryOut(state, {
      io: freshIo(io),
      stop: AbortSignal.any([stop, lease.lost]),
      cacheSeconds: options.cacheSeconds ?? CACHE_SECONDS,
      kept: keptSecrets(state, session),
      async record(given) {
        try {
          await store.save(recorded(store.inventory, state, given))
        } catch (error) {
          // What Vault has now it has, recorded or not.
          if (!isIceError(error)) throw error
          const text = `The record of this rotation could not be written: ${error.message} The next apply writes the token anew.`
          io.emit({ type: 'note', level: 'warning', code: error.code, text })
        }
      },
    })
  } finally {
    await lease.release()
  }
}

/** The record with what Vault has now, and with the Secret of it in place of the one before. */
function recorded(
  before: Inventory,
  { address, entry, reviewer, cluster }: RotationState,
  { mark, made }: Given,
): Inventory {
  const { kind, id } = entry
  const config: InventoryEntry = { kind, ...(id !== undefined && { id }), mark }
  if (made === undefined) return { ...before, objects: { ...before.objects, [address]: config } }
  const { [tokenSecretAddress(cluster, reviewer)]: _old, ...others } = before.objects
  const secret: InventoryEntry = { kind: reviewerSecret.kind, id: { ...made.id }, mark: { uid: made.uid } }
  return { ...before, objects: { ...others, [address]: config, [reviewerSecret.address(made.id)]: secret } }
}

/** Two names of a file may mean one cluster, and share a reviewer: then its Secret is in use by the other, too. */
function keptSecrets({ cluster, mark, reviewer, address }: RotationState, session: Session): ReadonlySet<string> {
  const { io, file, store } = session
  const { server } = io.cluster(cluster)
  const same = Object.keys(file.clusters).filter((name) => name !== cluster && io.cluster(name).server === server)
  const sharing = Object.entries(store.inventory.objects).filter(
    ([at, { kind, id }]) =>
      at !== address &&
      kind === authConfig.kind &&
      same.includes((id as { cluster?: string } | undefined)?.cluster ?? ''),
  )
  const marks = sharing.map(([, entry]) => entry.mark as Readonly<Record<string, string>> | undefined)
  return new Set(
    marks
      .filter((other) => other?.['reviewer'] === mark['reviewer'])
      .map((other) => other?.['tokenSecret'] ?? tokenSecretName({ serviceAccount: reviewer.serviceAccount })),
  )
}
