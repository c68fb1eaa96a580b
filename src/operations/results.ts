import type { DoctorListResult, DoctorResult } from './doctor/types.js'
import type { EmergencyResult } from './emergency-results.js'
import type { EngineResult } from './engine-results.js'
import type { LookResult } from './look-results.js'
import type { PolicyResult } from './policy-results.js'
import type { Meaning } from '../policy/compare.js'
import type { ObjectOutcome } from '../reconcile/apply.js'
import type { StatusResult } from './status.js'
import type { Plan } from '../reconcile/plan.js'
import type { PlannedRemoval } from '../reconcile/removal.js'
import type { RemovalOutcome } from '../reconcile/remove.js'
import type { VerifyResult } from '../verify/run.js'
import type { GraphResult } from './graph.js'
import type { UnsealResult } from './unseal.js'
import type { WhoCanResult } from './who-can.js'
import type { RotateResult } from './rotate.js'
import type { Script } from './script.js'
import type { CodeRecord, IceError, Origin } from '../catalogue/index.js'
import type { Section, SectionField } from '../config/sections.js'
import type { Mode } from '../kinds/contract.js'

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
  /** What the file made and no longer names: prune removes it. */
  readonly unwanted?: readonly string[]
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

/** One step by flags: the same as an apply of what it asked for. */
export interface StepResult extends Omit<ApplyResult, 'operation'> {
  readonly operation: 'step'
  /** What was typed, as in `role write`. */
  readonly command: string
  /** Of a policy: what the change means to whoever has it. */
  readonly meaning?: Meaning
}

/** What is no longer as it was applied. */
export interface DriftResult {
  readonly operation: 'drift'
  readonly file: string
  readonly servers: Servers
  readonly plan: Plan
  /** What was proven by use; undefined: it was not asked for. */
  readonly verify?: VerifyResult
  readonly interrupted: boolean
  readonly seconds: number
}

/** What was removed, and what stays and why. */
export interface RemovalResult {
  readonly operation: 'prune' | 'destroy' | 'role delete'
  readonly file: string
  readonly servers: Servers
  readonly removals: readonly PlannedRemoval[]
  /** So many objects the record had. */
  readonly recorded: number
  readonly dryRun: boolean
  readonly outcomes: readonly RemovalOutcome[]
  /** Why the record still names what is gone. */
  readonly unrecorded?: IceError
  readonly interrupted: boolean
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

/** The commands that would do what an apply would do now. */
export interface PrintCommandsResult extends Script {
  readonly operation: 'print-commands'
  readonly file: string
  readonly servers: Servers
  /** What the programs are to find in their environment; null: nothing. */
  readonly environment: Readonly<Record<string, string | null>>
  /** Holds Vault's token, where it is not in the environment. */
  readonly tokenFile?: string
  /** What must be true before the first step: this command prints that. */
  readonly checks: readonly { readonly cluster: string; readonly words: readonly string[]; readonly prints: string }[]
}

export interface ExplainedKind {
  readonly kind: string
  readonly title: string
  readonly about: string
}

export interface ExplainedField extends SectionField {
  /** The API's own name of it. */
  readonly api?: string
  readonly mode?: Mode
}

/** What `explain` says of what it was asked. */
export type ExplainResult = { readonly operation: 'explain' } & (
  | {
      readonly what: 'overview'
      readonly sections: readonly Pick<Section, 'path' | 'about'>[]
      readonly areas: readonly { readonly codes: string; readonly title: string; readonly count: number }[]
    }
  | ({ readonly what: 'code'; readonly area?: string } & CodeRecord)
  | {
      readonly what: 'section'
      readonly path: string
      readonly about?: string
      /** What is made from it. */
      readonly kinds: readonly ExplainedKind[]
      readonly choice: boolean
      readonly fields: readonly ExplainedField[]
      /** The sections in it. */
      readonly sections: readonly string[]
    }
  | ({
      readonly what: 'object'
      readonly address: string
      /** The section of the file that it comes from, and where in this file. */
      readonly section: string
      readonly from: string
      readonly at?: Origin
      readonly needs: readonly TitledAddress[]
      readonly neededBy: readonly TitledAddress[]
      readonly script: Script
    } & ExplainedKind)
)

interface TitledAddress {
  readonly address: string
  readonly title: string
}

export type OperationResult =
  | PlanResult
  | RotateResult
  | ApplyResult
  | StepResult
  | StatusResult
  | DriftResult
  | RemovalResult
  | VerifyRunResult
  | WhoCanResult
  | GraphResult
  | DoctorResult
  | DoctorListResult
  | UnsealResult
  | LookResult
  | EngineResult
  | EmergencyResult
  | PolicyResult
