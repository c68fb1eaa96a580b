import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { APPLY, IceError, isIceError, KUBERNETES, VAULT } from '../catalogue/index.js'
import { phase } from '../events/index.js'
import type { AuthConfigMark } from '../kinds/auth-config.js'
import { TOKEN_REVIEW } from '../kinds/auth-config-clients.js'
import { meetOnMount, meetOnScratchMount, type Met } from '../kinds/auth-config-proof.js'
import type { Io, Json } from '../kinds/contract.js'
import { canonical } from '../kinds/fields.js'
import { ownerOf, type ObjectId } from '../kinds/kubernetes-object.js'
import { AUTH_DELEGATOR, type TokenReviewer } from '../kinds/reviewer.js'
import { reviewerSecret, reviewerSecretOf, tokenSecrets } from '../kinds/reviewer-secret.js'
import { markerNames, mintBoundToken, mintReviewerToken, type MintedToken } from '../kinds/reviewer-token.js'
import { refs } from '../kubernetes/index.js'
import { path } from '../vault/index.js'
import { patiently } from '../verify/patience.js'
import type { RotationState } from './rotate-state.js'

/** What came of a rotation. */
export interface Rotated {
  /** Of the token that Vault has now, as granted; undefined: it does not expire, or nobody knows when. ISO 8601. */
  readonly expiresAt?: string
  /** Seconds that were asked for, and granted. */
  readonly asked?: number
  readonly granted?: number
  /** What was proven, in order, for people. */
  readonly proofs: readonly string[]
  /** Secrets with which tokens were ended: NAMESPACE/NAME. */
  readonly ended: readonly string[]
  /** What could not be ended, or was not, because the run was stopped. */
  readonly left: readonly string[]
}

export interface Carrying {
  readonly io: Io
  /** Aborted: nothing new is begun; what Vault has got by then is told and recorded. */
  readonly stop: AbortSignal
  readonly cacheSeconds: number
  /** Names of Secrets with tokens of the reviewer that others use: another auth mount of the file. */
  readonly kept: ReadonlySet<string>
  readonly record: (given: Given) => Promise<void>
}

/** What Vault has got, for the record. */
export interface Given {
  readonly mark: AuthConfigMark
  /** The Secret that was made for it, where it is an object of its own. */
  readonly made?: { readonly id: ObjectId; readonly uid: string }
}

/** A new token, and what it hangs on. */
interface Made {
  readonly minted: MintedToken
  readonly secret: string
  readonly id?: ObjectId
}

/** How far it had come when something did not prove good. */
const VAULT_HAS = {
  unproven: 'Vault did not get it',
  written: 'Vault has it already, and the one before was not ended',
  ended: 'The one before is ended: run icebreaker apply now, since logins may fail',
} as const

/** Carries a rotation out; see `rotate`. */
export function carryOut(state: RotationState, carrying: Carrying): Promise<Rotated> {
  return new Rotating(state, carrying).run()
}

class Rotating {
  readonly #state: RotationState
  readonly #carrying: Carrying
  readonly #proofs: string[] = []
  readonly #ended: string[] = []
  readonly #left: string[] = []

  constructor(state: RotationState, carrying: Carrying) {
    this.#state = state
    this.#carrying = carrying
  }

  async run(): Promise<Rotated> {
    const { reviewer } = this.#state
    const { io } = this.#carrying
    const made = await phase(io.emit, 'Make a new token', () =>
      reviewer.token === 'bound' ? this.#bound(reviewer) : this.#stored(reviewer),
    )
    await this.#handOver(made)
    await this.#end(made)
    const { expiresAt } = made.minted
    const granted = expiresAt && Math.round((expiresAt.getTime() - Date.now()) / 1000)
    return {
      ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
      ...(reviewer.token === 'bound' && { asked: reviewer.expiration }),
      ...(granted !== undefined && { granted }),
      proofs: this.#proofs,
      ended: this.#ended,
      left: this.#left,
    }
  }

  async #bound({ expiration }: TokenReviewer & { readonly token: 'bound' }): Promise<Made> {
    const minted = await mintBoundToken(this.#state, expiration, this.#carrying.io, this.#state.mark['boundTo'])
    return { minted, secret: minted.boundTo }
  }

  /**
   * Kubernetes computes a long-lived token from the names and the uid of its account and the name of its Secret: one that
   * is made anew under the same name holds the same token. So each gets a name that no other had.
   */
  async #stored(reviewer: TokenReviewer): Promise<Made> {
    const { io } = this.#carrying
    const { cluster, file } = this.#state
    const secret = `${reviewer.serviceAccount}-token-${randomBytes(4).toString('hex')}`
    const named = { cluster, file, reviewer: { ...reviewer, secret } }
    const { id, desired } = reviewerSecretOf(named)
    try {
      await reviewerSecret.write(id, desired, undefined, io)
      return { minted: await mintReviewerToken(named, io), secret, id }
    } catch (error) {
      await io
        .cluster(cluster)
        .delete(refs.secret(reviewer.namespace, secret))
        .catch(() => undefined)
      throw error
    }
  }

  /** Proves a token, gives it to Vault with all the rest of the config, and proves it there until no cache can hide anything. */
  async #handOver({ minted, secret, id }: Made): Promise<void> {
    const { io, stop, record } = this.#carrying
    const { mount, config, mark, reviewer, cluster } = this.#state
    const body = { ...config, token_reviewer_jwt: minted.token }
    const at = path`auth/${mount}/config`
    try {
      await phase(io.emit, 'Try the new token', async () => {
        await this.#proveAlone(minted)
        this.#accept(await meetOnScratchMount(body, this.#visitor(minted), io), 'a scratch mount', 'unproven')
      })
      stop.throwIfAborted()
      if (!(await this.#isAsItWas()))
        throw new IceError(APPLY.changedMeanwhile, {
          message: `Somebody changed the config of auth/${mount} meanwhile. It was left as it is.`,
          address: this.#state.address,
        })
      await phase(io.emit, 'Give it to Vault', () => io.vault.write(at, body, { repeatable: true }))
    } catch (error) {
      // Where the answer to the write was lost, Vault may have it.
      if (!isUnknown(error)) await io.cluster(cluster).delete(refs.secret(reviewer.namespace, secret))
      throw error
    }
    await record({
      mark: markOf(mark, reviewer.token, minted, secret),
      ...(id && { made: { id, uid: minted.secretUid ?? '' } }),
    })
    await this.#proveWhole()
    await phase(io.emit, 'Prove it', async () => {
      this.#accept(await meetOnMount(mount, this.#visitor(minted), io), `auth/${mount}`, 'written')
      if (!(await this.#forget())) return
      const when = `auth/${mount}, when nothing was remembered any more`
      this.#accept(await meetOnMount(mount, this.#visitor(minted), io), when, 'written')
    })
  }

  #visitor({ token }: MintedToken) {
    const { namespace, serviceAccount } = this.#state.reviewer
    return { namespace, serviceAccount, token }
  }

  /** As its holder, by the way that the operator has to the cluster. */
  async #proveAlone({ token }: MintedToken): Promise<void> {
    const { io, stop } = this.#carrying
    const { cluster } = this.#state
    try {
      const { value } = await patiently(
        { deadline: Date.now() + 5000, stop },
        ({ code }) => code === KUBERNETES.unauthorized.code,
        () => io.cluster(cluster).can([TOKEN_REVIEW], token),
      )
      if (value[0] !== true) throw this.#unproven(`it may not ask about tokens: it lacks ${AUTH_DELEGATOR}`, 'unproven')
    } catch (error) {
      if (!isIceError(error) || error.code !== KUBERNETES.unauthorized.code) throw error
      throw this.#unproven('the API server does not accept it', 'unproven')
    }
    this.#proofs.push('the API server lets its holder ask about tokens')
  }

  /** A write replaces the whole config: all but the token must be as it was. */
  async #proveWhole(): Promise<void> {
    if (!(await this.#isAsItWas()))
      throw this.#unproven('the config is not what was written: somebody else writes it, too', 'written')
    this.#proofs.push('the rest of the config is as it was')
  }

  async #isAsItWas(): Promise<boolean> {
    const { mount, config } = this.#state
    const answer = await this.#carrying.io.vault.read<Record<string, Json>>(path`auth/${mount}/config`)
    const { token_reviewer_jwt_set: _token, ...now } = answer?.data ?? {}
    return canonical(now) === canonical(config as Json)
  }

  #accept(met: Met, where: string, state: keyof typeof VAULT_HAS): void {
    const { namespace, serviceAccount } = this.#state.reviewer
    const expected = `system:serviceaccount:${namespace}:${serviceAccount}`
    if (!met.reached) throw this.#unproven(`by way of ${where}: ${met.said.replace(/\.$/, '')}`, state)
    if (met.as !== undefined && met.as !== expected)
      throw this.#unproven(`by way of ${where} Vault asked as ${met.as}, not as ${expected}`, state)
    this.#proofs.push(`Vault asks as ${met.as ?? 'the reviewer'}, by way of ${where}`)
  }

  #unproven(what: string, state: keyof typeof VAULT_HAS): IceError {
    return new IceError(APPLY.tokenUnproven, {
      message: `The new token of the reviewer does not prove good: ${what}. ${VAULT_HAS[state]}.`,
      address: this.#state.address,
    })
  }

  /** Waits until no server goes by what it remembers. @returns false where the run was stopped */
  async #forget(): Promise<boolean> {
    const { stop, cacheSeconds } = this.#carrying
    try {
      await sleep(cacheSeconds * 1000, undefined, { signal: stop })
      return true
    } catch {
      return false
    }
  }

  /** Ends what Vault had before, and proves once more that nothing hung on it. */
  async #end({ minted, secret }: Made): Promise<void> {
    const { io, stop } = this.#carrying
    const { mount } = this.#state
    if (stop.aborted) {
      this.#left.push('the token that Vault had before')
      return
    }
    await phase(io.emit, 'End the old token', async () => {
      const old = (await this.#before()).filter((name) => name !== secret)
      await Promise.all(old.map((name) => this.#endOne(name)))
    })
    await phase(io.emit, 'Prove it without the old one', async () => {
      if (!(await this.#forget())) return
      const where = `auth/${mount}, without the old token`
      this.#accept(await meetOnMount(mount, this.#visitor(minted), io), where, 'ended')
    })
  }

  /** The Secrets that tokens of before hang on, those of runs that were killed among them. */
  async #before(): Promise<readonly string[]> {
    const { io, kept } = this.#carrying
    const { reviewer, cluster, file, mark } = this.#state
    if (reviewer.token === 'bound') {
      const inUse = mark['boundTo']
      return [...new Set([...markerNames(this.#state), ...(inUse === undefined ? [] : [inUse])])]
    }
    const { namespace, serviceAccount } = reviewer
    const all = await tokenSecrets(io.cluster(cluster), namespace, serviceAccount)
    return all
      .filter(({ metadata }) => ownerOf(metadata.labels ?? {}) === file && !kept.has(metadata.name))
      .map(({ metadata }) => metadata.name)
  }

  async #endOne(name: string): Promise<void> {
    const { reviewer, cluster, mark } = this.#state
    const { namespace } = reviewer
    try {
      await this.#carrying.io.cluster(cluster).delete(refs.secret(namespace, name))
      if (reviewer.token === 'secret' || name === mark['boundTo']) this.#ended.push(`${namespace}/${name}`)
    } catch (error) {
      if (!isIceError(error)) throw error
      this.#left.push(`Secret ${namespace}/${name}: ${error.message}`)
    }
  }
}

const isUnknown = (error: unknown): boolean => isIceError(error) && error.code === VAULT.outcomeUnknown.code

/** The record with another token. */
function markOf(
  { secretUid: _uid, boundTo: _marker, issuedAt: _issued, expiresAt: _expires, ...same }: AuthConfigMark,
  mode: TokenReviewer['token'],
  { secretUid, boundTo, expiresAt }: MintedToken,
  secret: string,
): AuthConfigMark {
  return {
    ...same,
    fingerprint: same.fingerprint,
    ...(mode === 'secret' && { tokenSecret: secret }),
    ...(secretUid !== undefined && { secretUid }),
    ...(boundTo !== undefined && { boundTo }),
    ...(expiresAt && { issuedAt: new Date().toISOString(), expiresAt: expiresAt.toISOString() }),
  }
}
