import type { CodeRecord, IceError, Severity } from '../catalogue/index.js'
import type { File } from '../config/file.js'
import type { Address, Io } from '../kinds/contract.js'
import type { Cluster } from '../kubernetes/index.js'
import type { Secret } from '../secrets/index.js'
import type { Vault } from '../vault/index.js'
import type { Borrowed } from '../verify/borrow.js'
import type { Subject, SubjectKind, SubjectOf } from './subject.js'

/** What is examined, and what the examination may do. */
export interface Scene {
  /** What should be; without a file it holds servers alone. */
  readonly file: File
  /** There is a file, and it says what should be. */
  readonly isWritten: boolean
  /** Absolute. */
  readonly configFile: string
  /** @throws IceError where it cannot even be opened (no token, no address) */
  readonly vault: Vault
  /** @throws IceError where it cannot be opened, or is none of the file's */
  cluster(name: string): Cluster
  /** The same two for kinds and probes. Whatever is borrowed with it is given back by whoever borrowed. */
  readonly io: Io
  /** Tokens and leases that are given back at the end. */
  readonly borrowed: Borrowed
  /** Tokens that were handed in, by name. */
  readonly tokens: Readonly<Record<string, Secret>>
  /** The policies' texts that the file names, by the name that it uses. */
  readonly texts: Readonly<Record<string, string>>
  /** Scratch objects may be made. */
  readonly probe: boolean
  readonly signal: AbortSignal
}

/** From where something was seen: what one place sees, the other may not. */
export type Vantage = 'operator' | 'vault'

/** What was found out, or why it was not. */
export type Known<T> =
  | { readonly known: true; readonly value: T; readonly from: Vantage; readonly staleForMs: number }
  | { readonly known: false; readonly why: IceError }

/** Something that can be found out of a subject; asked once, whoever wants to know. */
export interface Fact<S = any, T = any> {
  /** For people: `the config of the auth mount`. */
  readonly what: string
  /** Tells the subjects apart of which it is asked: two with the same key share one answer. */
  readonly key: (subject: S) => string
  readonly from: Vantage
  /** What is seen may be so old, milliseconds: caches of the servers. Default: 0. */
  readonly staleForMs?: number
  /** What it makes, and removes again, for people: a fact with this is only asked with leave. */
  readonly writes?: (subject: S) => string
  /** @throws IceError: it cannot be had, and why; also that of another fact that it asks for */
  readonly fetch: (subject: S, look: Look) => Promise<T>
}

/** How a fact looks around. */
export interface Look {
  readonly scene: Scene
  /** @throws IceError where that cannot be had */
  readonly ask: <S, T>(fact: Fact<S, T>, subject: NoInfer<S>) => Promise<T>
}

/** A fact without which a judge can do. */
export interface Maybe<F extends Fact = Fact> {
  readonly maybe: F
}
export const maybe = <F extends Fact>(fact: F): Maybe<F> => ({ maybe: fact })

export type Wants<S> = Readonly<Record<string, Fact<S> | Maybe<Fact<S>>>>

/** What a judge is given for what it wants. */
export type Given<W> = {
  readonly [K in keyof W]: W[K] extends Maybe<Fact<any, infer T>>
    ? Known<T>
    : W[K] extends Fact<any, infer T>
      ? T
      : never
}

/** Something that is not as it must be. */
export interface Problem {
  /** Default: the check's first. */
  readonly record?: CodeRecord
  /** Default: the record's. */
  readonly severity?: Severity
  /** What is wrong, one sentence. */
  readonly message: string
  readonly evidence?: Readonly<Record<string, string | number | boolean>>
  readonly remedy: Remedy
  /** The addresses of what else it may be a consequence of: the policies of a workload’s token. */
  readonly restsOn?: readonly string[]
  /** Codes of causes: where one of them is found on what it rests on, this is not told beside it. */
  readonly because?: readonly CodeRecord['code'][]
  /** Where in the file it comes from, as keys. */
  readonly at?: readonly (string | number)[]
}

/** What mends it. */
export type Remedy =
  /** The file says it right: `icebreaker apply` of these objects, and of what they need; the empty list: of all. */
  | { readonly apply: readonly Address[]; readonly text?: string }
  /** To be typed, in this order, as they stand. */
  | { readonly commands: readonly string[]; readonly text?: string }
  /** Somebody’s work that no command does: DNS, a firewall, another file. */
  | { readonly manual: readonly string[] }

export type Verdict = readonly Problem[] | { readonly unknown: string }

/** Judges what is known of one subject. Another check is one more record in a list, with its judge. */
export interface Check<K extends SubjectKind = SubjectKind, W extends Wants<SubjectOf<K>> = Wants<SubjectOf<K>>> {
  /** Its codes, the first of which is the usual one. */
  readonly records: readonly [CodeRecord, ...CodeRecord[]]
  readonly subject: K
  readonly wants: W
  /** Codes of consequences: on this subject, on what hangs on it, and on what it hangs on, they are not told beside it. */
  readonly explains?: readonly CodeRecord['code'][]
  /** Whatever explains one of these codes explains its own as well. */
  readonly alike?: readonly CodeRecord['code'][]
  /** Default: always. Pure. */
  applies?(subject: SubjectOf<K>, scene: Pick<Scene, 'file' | 'isWritten'>): boolean
  /** Pure. The empty list: it is as it must be. */
  judge(subject: SubjectOf<K>, given: Given<W>, scene: Pick<Scene, 'file' | 'isWritten'>): Verdict
}

/** Any check, in a list of them. */
export interface AnyCheck {
  readonly records: readonly [CodeRecord, ...CodeRecord[]]
  readonly subject: SubjectKind
  readonly wants: Readonly<Record<string, Fact | Maybe>>
  readonly explains?: readonly CodeRecord['code'][]
  /** Whatever explains one of these codes explains its own as well. */
  readonly alike?: readonly CodeRecord['code'][]
  applies?(subject: Subject, scene: Pick<Scene, 'file' | 'isWritten'>): boolean
  judge(subject: Subject, given: Readonly<Record<string, unknown>>, scene: Pick<Scene, 'file' | 'isWritten'>): Verdict
}

/** Types a check by its facts. */
export const check = <K extends SubjectKind, W extends Wants<SubjectOf<K>>>(one: Check<K, W>): AnyCheck => one

/** Types a fact by what it fetches. */
export const fact = <S, T>(one: Fact<S, T>): Fact<S, T> => one
