import type { CodeRecord, ExitCode } from './record.js'

/** A place in a file the operator wrote; line and column count from 1. */
export interface Origin {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface ErrorDetails {
  /** What happened, one sentence. Must hold no secret and no raw server text (see secrets/redact.ts). */
  readonly message: string
  /** What was seen: short `name: value` facts. */
  readonly evidence?: Readonly<Record<string, string | number | boolean>>
  /** What to type or change now; default: the code's remedy. */
  readonly next?: readonly string[]
  readonly at?: Origin
  /** The keys that lead to the place in the file; whoever holds the file turns them into `at`. */
  readonly from?: readonly (string | number)[]
  /** The address of the object concerned, if one is. */
  readonly address?: string
  /** Where the exit code depends on the case (a 403 at login and a 403 at a write are not the same). */
  readonly exit?: ExitCode
}

/**
 * The only error that leaves a room. It is complete: code, what happened, evidence, what to do next.
 * It never has a `cause`: a third-party cause may carry headers, bodies or arguments.
 */
export class IceError extends Error {
  override readonly name = 'IceError'
  readonly record: CodeRecord
  readonly details: ErrorDetails
  /** What oclif's two error paths (human and JSON) look at; both must agree. */
  readonly exitCode: ExitCode
  readonly oclif: { exit: number }

  constructor(record: CodeRecord, details: ErrorDetails) {
    super(details.message)
    this.record = record
    this.details = details
    this.exitCode = details.exit ?? record.exit
    this.oclif = { exit: this.exitCode }
  }

  get code(): string {
    return this.record.code
  }

  get next(): readonly string[] {
    return this.details.next ?? [this.record.remedy]
  }
}

/** Several independent errors, told together (all mistakes of a file, all objects that failed). */
export class IceErrors extends Error {
  override readonly name = 'IceErrors'
  readonly errors: readonly IceError[]
  readonly exitCode: ExitCode
  readonly oclif: { exit: number }

  constructor(errors: readonly IceError[]) {
    super(errors.map((error) => error.message).join('\n'))
    this.errors = errors
    this.exitCode = worstExit(errors.map((error) => error.exitCode))
    this.oclif = { exit: this.exitCode }
  }
}

const ORDER: readonly ExitCode[] = [2, 8, 5, 6, 1, 3, 7, 4, 0]

/** Several outcomes, one exit code: wrong usage first (nothing else happened then), then 8, 5, 6, 1. */
export function worstExit(codes: readonly ExitCode[]): ExitCode {
  return ORDER.find((code) => codes.includes(code)) ?? 0
}

/** Is this one of ours? By shape, since `instanceof` fails across realms (jest, bundles). */
export function isIceError(error: unknown): error is IceError {
  return error instanceof Error && error.name === 'IceError'
}
export function isIceErrors(error: unknown): error is IceErrors {
  return error instanceof Error && error.name === 'IceErrors'
}
