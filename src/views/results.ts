import type { OperationResult } from '../operations/results.js'
import type { SandboxState } from '../sandbox/index.js'

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

interface HelpResult {
  readonly operation: 'help exit-codes'
  readonly exitCodes: readonly { readonly code: number; readonly meaning: string }[]
}

/** Results that hold no error and nothing of a server. */
export type PlainResult = SandboxResult | HelpResult

/** All that a view can show. */
export type Result = OperationResult | PlainResult
