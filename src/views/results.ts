import type { Variable as EnvironmentVariable } from '../catalogue/variable.js'
import type { ExportResult } from '../operations/export/types.js'
import type { ImportResult } from '../operations/import/types.js'
import type { InitResult } from '../operations/init/types.js'
import type { IntegrateJobResult } from '../operations/integrate-job.js'
import type { IntegrateListResult } from '../operations/integrate-list.js'
import type { IntegrateResult } from '../operations/integrate.js'
import type { PermissionsResult } from '../operations/permissions.js'
import type { PolicyGenerateResult } from '../operations/policy-generate.js'
import type { ExplainResult, OperationResult, PrintCommandsResult } from '../operations/results.js'
import type { SandboxState } from '../sandbox/index.js'
import type { OutputHelp } from './output-help.js'

/** A variable of the sandbox's environment: its value, or the file that holds it where it is a secret. */
export type Variable = { readonly name: string } & ({ readonly value: string } | { readonly file: string })

export type SandboxResult =
  | { readonly operation: 'sandbox up'; readonly sandbox: SandboxState; readonly started: readonly string[] }
  | {
      readonly operation: 'sandbox down'
      readonly name: string
      readonly stopped: readonly string[]
      readonly purged: boolean
    }
  | { readonly operation: 'sandbox status'; readonly sandboxes: readonly SandboxState[] }
  | { readonly operation: 'sandbox env'; readonly variables: readonly Variable[] }

/** Variables of the environment that belong together. */
export interface VariableGroup {
  readonly title: string
  readonly text: string
  readonly variables: readonly (EnvironmentVariable | FlagVariable)[]
}

/** The variable of a flag, and which commands have the flag; none: most of them. */
export interface FlagVariable extends EnvironmentVariable {
  readonly flag: string
  readonly commands: readonly string[]
}

export type HelpResult =
  | {
      readonly operation: 'help exit-codes'
      readonly exitCodes: readonly { readonly code: number; readonly meaning: string }[]
    }
  | { readonly operation: 'help environment'; readonly groups: readonly VariableGroup[] }
  | ({ readonly operation: 'help output' } & OutputHelp)

export interface CompletionResult {
  readonly operation: 'completion'
  readonly shell: string
  readonly script: string
}

/** Results that hold no error and nothing of a server. */
export type PlainResult =
  | SandboxResult
  | HelpResult
  | CompletionResult
  | PermissionsResult
  | PrintCommandsResult
  | ExplainResult
  | InitResult
  | ImportResult
  | ExportResult
  | IntegrateResult
  | IntegrateJobResult
  | IntegrateListResult
  | PolicyGenerateResult

/** All that a view can show. */
export type Result = OperationResult | PlainResult
