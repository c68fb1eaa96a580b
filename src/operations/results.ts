import type { ObjectOutcome } from '../reconcile/apply.js'
import type { Plan } from '../reconcile/plan.js'
import type { VerifyResult } from '../verify/run.js'

/** What an operation did: plain data, for the views. Notes and progress come as events while it runs. */

export interface Servers {
  /** Vault's address, as it is spoken to. */
  readonly vault: string
  /** By name in the file, the API server as it is spoken to. */
  readonly clusters: Readonly<Record<string, string>>
}

export interface PlanResult {
  readonly operation: 'plan'
  readonly file: string
  readonly servers: Servers
  readonly plan: Plan
  /** Where the plan was saved, if it was. */
  readonly savedTo?: string
}

export interface ApplyResult {
  readonly operation: 'apply'
  readonly file: string
  readonly servers: Servers
  readonly plan: Plan
  /** Nothing was to be done, or --dry-run. */
  readonly dryRun: boolean
  readonly outcomes: readonly ObjectOutcome[]
  /** The run was stopped by a signal before its end. */
  readonly interrupted: boolean
  readonly verify?: VerifyResult
  readonly seconds: number
}

export interface VerifyRunResult {
  readonly operation: 'verify'
  readonly file: string
  readonly servers: Servers
  readonly verify: VerifyResult
  readonly interrupted: boolean
  readonly seconds: number
}

export type OperationResult = PlanResult | ApplyResult | VerifyRunResult
