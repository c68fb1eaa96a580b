import type { CodeRecord, Severity } from '../../catalogue/index.js'
import type { Checked, Finding } from '../../doctor/roots.js'
import type { Scope } from '../../doctor/scope.js'
import type { PodScope } from '../../doctor/scope-pod.js'
import type { TraceStep } from '../../doctor/trace.js'
import type { Address } from '../../kinds/contract.js'
import type { Secret } from '../../secrets/index.js'
import type { StepOptionsBase } from '../step-session.js'

export interface DoctorOptions extends StepOptionsBase {
  readonly scope: Scope
  /** Only this pod, and what it leads to, instead of `scope`. */
  readonly pod?: PodScope
  /** Tokens that were handed in, by the name that `scope` uses. */
  readonly tokens?: Readonly<Record<string, Secret>>
  /** Only these codes; empty: all. */
  readonly only: readonly string[]
  readonly skip: readonly string[]
  /** Scratch objects may be made without asking. */
  readonly probe: boolean
  /** Asks whether they may be; undefined: nobody is there to ask. */
  readonly mayProbe?: (writes: readonly string[]) => Promise<boolean>
  /** Examines again until there is no error, so long at most, milliseconds. */
  readonly wait?: number
}

export interface DoctorResult {
  readonly operation: 'doctor' | 'doctor login' | 'doctor pod'
  /** The name of the file; undefined: there is none. */
  readonly file?: string
  readonly servers: { readonly vault?: string; readonly clusters: Readonly<Record<string, string>> }
  readonly findings: readonly TypedFinding[]
  readonly checks: readonly Checked[]
  /** What would be made to judge what is still open, for people. */
  readonly open: readonly string[]
  readonly summary: Readonly<Record<Severity | Checked['state'], number>>
  /** Of a login: its steps, in Vault's order. */
  readonly trace?: readonly TraceStep[]
  /** How much was asked of the servers. */
  readonly effort: {
    readonly facts: number
    readonly calls: number
    readonly seconds: number
    /** Of the longest chain of facts each of which needed the one before. */
    readonly chainSeconds: number
  }
  /** What was borrowed and could not be given back. */
  readonly left: readonly string[]
  readonly interrupted: boolean
  readonly seconds: number
}

/** A finding with what is to be typed. */
export interface TypedFinding extends Omit<Finding, 'remedy'> {
  readonly remedy: {
    readonly text?: string
    /** As they are typed, in this order. */
    readonly commands: readonly string[]
    /** --fix does it: through the same plan and apply. */
    readonly safe: boolean
  }
  /** The addresses that apply would mend it at. */
  readonly fixes?: readonly Address[]
}

export type { TraceStep }

/** Every check that there is. */
export interface DoctorListResult {
  readonly operation: 'doctor list'
  readonly checks: readonly {
    readonly code: CodeRecord['code']
    readonly severity: Severity
    readonly title: string
    readonly subject: string
    /** It is judged only with leave to make scratch objects. */
    readonly probe: boolean
  }[]
}
