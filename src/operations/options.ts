import type { Emit } from '../events/index.js'
import type { Adopt } from '../reconcile/plan.js'
export type { Adopt } from '../reconcile/plan.js'
import type { PlanResult } from './results.js'
import type { Attend } from '../vault/login/types.js'
import type { Step } from './step-file.js'

/** What every operation on a file takes; commands fill it from flags and ICEBREAKER_ variables. */
export interface FileOptions {
  /** Path of icebreaker.yaml. */
  readonly file: string
  /** Instead of what the file says: one step. Then the file gives servers and names alone, and may be missing. */
  readonly step?: Step
  /** The file was named, so that a step needs it, too. */
  readonly fileMustExist?: boolean
  /** The name under which a step owns what it makes; default: the file's. */
  readonly name?: string
  readonly vaultAddress?: string
  readonly vaultNamespace?: string
  readonly vaultCaFile?: string
  readonly vaultTlsServerName?: string
  /** A file that holds the Vault token, instead of VAULT_TOKEN and ~/.vault-token. */
  readonly tokenFile?: string
  /** How to log in to Vault, instead of vault.login: `METHOD,KEY=VALUE,…`. */
  readonly login?: string
  readonly kubeconfig?: string
  /** Milliseconds for the whole operation. */
  readonly timeout?: number
  readonly emit: Emit
  /** Aborted: finish what is running, begin nothing new, give back what was borrowed. */
  readonly stop: AbortSignal
  /** Asks the operator for a secret value; undefined off a terminal. */
  readonly prompt?: (question: string) => Promise<string>
  /** Shows a text to the operator, and nothing else while `wait` runs; undefined off a terminal. */
  readonly attend?: Attend
}

export interface PlanOptions extends FileOptions {
  /** Where to save the plan. */
  readonly out?: string
  /** What exists and is not ours is taken over: these addresses, or all of the file's. */
  readonly adopt?: Adopt
}

export interface ApplyOptions extends FileOptions {
  /** A saved plan to apply as it stands; `file` is not read then. */
  readonly savedPlan?: string
  /** Only these addresses, and what they need. */
  readonly only: readonly string[]
  readonly dryRun: boolean
  /** What exists and is not ours is taken over: these addresses, or all of the file's. */
  readonly adopt?: Adopt
  /** always: also where nothing changed. changed: where something did. never. */
  readonly verify: 'always' | 'changed' | 'never'
  /** Shows the plan and asks whether to go on; false: nothing is written (exit 7). Not called where there is nothing to do. */
  confirm(plan: PlanResult): Promise<boolean>
}

export interface VerifyFileOptions extends FileOptions {
  readonly roles: readonly string[]
  readonly sample?: number
  readonly positiveOnly: boolean
}

/** Somebody at a terminal. */
export interface Asker {
  /** `problem`: what is wrong with an answer, a sentence; it is asked for again until there is nothing. */
  text(
    message: string,
    suggestion: string | undefined,
    problem: (answer: string) => string | undefined,
  ): Promise<string>
  /** `suggestion`: one of the choices. */
  select(message: string, choices: readonly Choice[], suggestion: string | undefined): Promise<string>
  /** At least one of the choices. */
  checkbox(message: string, choices: readonly Choice[]): Promise<readonly string[]>
}

export interface Choice {
  readonly value: string
  readonly name: string
  /** What stays on the screen once it is chosen; default: its name. */
  readonly short?: string
}
