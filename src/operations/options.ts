import type { Emit } from '../events/index.js'
import type { PlanResult } from './results.js'

/** What every operation on a file takes; commands fill it from flags and ICEBREAKER_ variables. */
export interface FileOptions {
  /** Path of icebreaker.yaml. */
  readonly file: string
  readonly vaultAddress?: string
  readonly vaultNamespace?: string
  readonly vaultCaFile?: string
  readonly vaultTlsServerName?: string
  /** A file that holds the Vault token, instead of VAULT_TOKEN and ~/.vault-token. */
  readonly tokenFile?: string
  readonly kubeconfig?: string
  /** Milliseconds for the whole operation. */
  readonly timeout?: number
  readonly emit: Emit
  /** Aborted: finish what is running, begin nothing new, give back what was borrowed. */
  readonly stop: AbortSignal
  /** Asks the operator for a secret value; undefined off a terminal. */
  readonly prompt?: (question: string) => Promise<string>
}

export interface PlanOptions extends FileOptions {
  /** Where to save the plan. */
  readonly out?: string
}

export interface ApplyOptions extends FileOptions {
  /** A saved plan to apply as it stands; `file` is not read then. */
  readonly savedPlan?: string
  /** Only these addresses, and what they need. */
  readonly only: readonly string[]
  readonly dryRun: boolean
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
