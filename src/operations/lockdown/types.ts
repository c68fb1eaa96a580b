import type { IceError } from '../../catalogue/index.js'
import type { FoundLease, Settled } from '../lease/leases.js'
import type { FoundToken } from '../lease/tokens.js'
import type { StepOptionsBase } from '../step-session.js'
import type { Lists } from './narrow.js'

export interface LockdownOptions extends StepOptionsBase {
  /** NAMESPACE/NAME; without this and a role the whole cluster is meant. */
  readonly workload?: string
  readonly role?: string
  /** Takes a lockdown back instead. */
  readonly reopen: boolean
  /** Also roles that this file did not make. */
  readonly foreign: boolean
  /** Others may be locked out with a workload. */
  readonly acceptOthers: boolean
  /** Somebody at a terminal is asked, and sees what is meant: then consent need not be given by a flag. */
  readonly asks: boolean
  readonly dryRun: boolean
  /** Shows what would be done and asks; false: nothing is done (exit 7). */
  confirm(result: LockdownResult): Promise<boolean>
}

export interface LockdownScope {
  readonly kind: 'workload' | 'role' | 'cluster'
  /** `app/exampleapp`, `app`, `demo`. */
  readonly of: string
}

/** narrow: it will let in fewer. reopen: it will let in again whom it did before. none: nothing to do. unknown: nobody can tell whom it lets in. */
export type LockAction = 'narrow' | 'reopen' | 'none' | 'unknown'

export interface LockedRole {
  readonly address: string
  readonly role: string
  /** The record says that this file made it. */
  readonly ours: boolean
  readonly action: LockAction
  /** Whom it names, for people. */
  readonly before: string
  readonly after: string
  /** As they are to be written. */
  readonly lists?: Lists
  /** Accounts that it lets in now and then not any more (or, when it is opened, lets in again). */
  readonly affects: readonly string[]
  /** Of these the ones that were not meant. */
  readonly others: readonly string[]
  /** Globs by which nobody new is let in any more. */
  readonly later: readonly string[]
  /** Its tokens cannot be revoked. */
  readonly batch: boolean
  readonly outcome?: { readonly state: 'done' | 'failed' | 'skipped'; readonly error?: IceError }
}

export interface LockdownTokens {
  /** So many were looked at. */
  readonly of: number
  readonly logins: readonly FoundToken[]
  readonly children: readonly FoundToken[]
  /** That the intruder may have made, and that hang on nothing. */
  readonly suspects: readonly FoundToken[]
  readonly revoked: number
  /** Accessors of those that could not be revoked, or were not reached before the run was stopped. */
  readonly left: readonly string[]
  /** Our own token is one of them: it is kept. */
  readonly own: boolean
}

export interface LockdownLeases extends Settled {
  /** That may hang on these tokens; none where they may not be listed. */
  readonly before: readonly FoundLease[]
  /** Why they could not be looked at. */
  readonly unknown?: string
}

/** One thing that was tried, for people. */
export interface LockdownCheck {
  readonly check: string
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly detail: string
}

export interface LockdownResult {
  readonly operation: 'lockdown'
  readonly reopen: boolean
  readonly cluster: string
  readonly mount: string
  readonly scope: LockdownScope
  readonly dryRun: boolean
  readonly roles: readonly LockedRole[]
  readonly tokens: LockdownTokens
  readonly leases: LockdownLeases
  /** What was proven afterwards. */
  readonly checks: readonly LockdownCheck[]
  /** Why it would be refused as it was asked for. */
  readonly refusals: readonly string[]
  /** What is worth knowing. */
  readonly notes: readonly string[]
  /** What failed on the way. */
  readonly errors: readonly IceError[]
  /** What to type to open it again. */
  readonly again: string
  /** What could not be given back. */
  readonly left: readonly string[]
  readonly interrupted: boolean
  readonly seconds: number
}
