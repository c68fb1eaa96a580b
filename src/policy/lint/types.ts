import type { CodeRecord, Severity } from '../../catalogue/index.js'
import type { ParsedPolicy, PolicyTree, Position, Stanza } from '../parse.js'
import type { Rules } from '../rule.js'

/** What is mounted at a path. */
export interface MountFact {
  /** `kv`, `transit`, `kubernetes` …; `namespace` for a child namespace, whose inside is not known. */
  readonly type: string
  /** KV: 1 or 2. */
  readonly version?: number
  readonly accessor?: string
}

/** What rules may know of servers: plain data, so that whoever has fetched it can judge with it. All of it may be absent. */
export interface Facts {
  /** By path, without a slash at the end: `static`, `auth/demo`. Those of the file may be among them. */
  readonly mounts?: Readonly<Record<string, MountFact>>
  /** The mounts are all there are: where none is, there is nothing. */
  readonly allMounts?: true
  readonly product?: 'vault' | 'openbao'
  /** What is in KV folders, by the folder's path with its mount (`static/app`); a name with a slash at its end is a folder. */
  readonly names?: Readonly<Record<string, readonly string[]>>
}

/** What somebody has said that a policy should allow: the grants of a file, compiled. */
export interface Granted {
  /** The mounts that they could speak of. */
  readonly mounts: readonly string[]
  readonly rules: Rules
}

/** A policy to judge. */
export interface LintPolicy {
  /** Undefined: its text came without one. */
  readonly name: string | undefined
  readonly parsed: ParsedPolicy
  readonly granted?: Granted
}

/** What a rule judges: one policy that could be read, and what else is known. */
export interface Subject<F extends keyof Facts = never> {
  readonly policy: LintPolicy & { readonly parsed: PolicyTree }
  readonly facts: Facts & { readonly [K in F]-?: NonNullable<Facts[K]> }
}

/** What a rule has found. */
export interface Problem {
  readonly at: Position
  /** What is wrong here, and why it is: whole sentences. */
  readonly message: string
  /** The path of the stanza. */
  readonly path?: string
  /** What to write instead of the stanza. */
  readonly corrected?: string
}

/** One thing that can be wrong with a policy. */
export interface Rule<F extends keyof Facts = keyof Facts> {
  readonly record: CodeRecord
  /** Without these facts it cannot judge, and is left out. */
  readonly needs: readonly F[]
  /** Pure. */
  judge(subject: Subject<F>): Iterable<Problem>
}

export interface Finding extends Problem {
  readonly code: string
  readonly severity: Severity
  readonly title: string
  /** Which of the policies, by its place in the list that was judged. */
  readonly policy: number
}

export type { Position, Stanza }
