/** Exit codes, the same in every output format. The full list is `icebreaker help exit-codes`. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  problems: 3,
  changes: 4,
  notPermitted: 5,
  unreachable: 6,
  declined: 7,
  refused: 8,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export type Severity = 'error' | 'warning' | 'info'

/** Everything the tool can say has one of these; a retired code is never given to something else. */
export interface CodeRecord {
  /** `ICE` and four digits: 1xxx the file and usage, 2xxx Vault, 3xxx Kubernetes, 4xxx plan and apply, 5xxx verify, 6xxx sandbox, 7xxx policies and access, 8xxx ways to pods, 9xxx doctor. */
  readonly code: `ICE${number}`
  readonly severity: Severity
  readonly exit: ExitCode
  /** A few words, no full stop; the heading of its page. */
  readonly title: string
  /** What it means and why it happens, one to three sentences. */
  readonly meaning: string
  /** What to do, one to three sentences; the message of a concrete error may be more exact. */
  readonly remedy: string
  /** How it shows where nobody names it: what the log or the caller sees. */
  readonly shows?: string
  /** How it is told apart from all else. */
  readonly detected?: string
  readonly links?: readonly string[]
}
