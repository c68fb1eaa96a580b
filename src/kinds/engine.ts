import type { PathRule } from '../policy/index.js'
import type { Vault } from '../vault/index.js'
import type { Json } from './contract.js'

/** An engine that grants speak of: its mount and what the file says of it. */
export interface Engine {
  readonly mount: string
  readonly section: Readonly<Record<string, Json | undefined>>
}

/** What using a grant has at hand. */
export interface UseIo {
  /** With the token that the workload got. */
  readonly workload: Vault
  /** With the operator's own token: for what has to be there before the workload can use it. Its refusals prove nothing. */
  readonly operator: Vault
  readonly signal: AbortSignal
  /** What the workload may do at a path; undefined where nobody here may ask. */
  capabilities(path: string): Promise<readonly string[] | undefined>
  /** Takes charge of a lease that the workload got: whatever happens, it is given back at the end. */
  lease(id: string): Lease
}

export interface Lease {
  /** As the workload; where it may not, as the operator. @returns what came of it, for people */
  renew(): Promise<string>
  /** As the operator, and waits until it is done. @returns false where he may not: then it ends with the workload's token */
  revoke(): Promise<boolean>
}

/** How a grant was proven. A thing that could not be tried is skipped, never passed. */
export type Used =
  | { readonly verdict: 'passed'; readonly detail?: string }
  /** `allowed`: Vault did what was asked, only the proof that it works could not be made. */
  | { readonly verdict: 'skipped'; readonly detail: string; readonly allowed?: true }

/** One verb of an engine's grants: what it means in paths, and how it is used for real. */
export interface Verb {
  /** Without a path it means the mount itself. */
  readonly mountItself?: true
  /** The paths and capabilities that the engine's API needs for it. Pure. `path` is what follows the mount. */
  rules(engine: Engine, path: string): readonly PathRule[]
  /**
   * @throws IceError VAULT.notPermitted where Vault refuses the workload, and only there; one of VERIFY where Vault allows
   * it and it does not work; any other where it cannot be told
   */
  use(engine: Engine, path: string, io: UseIo): Promise<Used>
}

/** A type of secrets engine: the closed set of its verbs. */
export interface EngineType {
  readonly type: string
  /** What the path of a grant names. */
  readonly noun: 'path' | 'role' | 'key'
  /** Those of them that the file has. */
  names(engine: Engine): readonly string[]
  readonly verbs: Readonly<Record<string, Verb>>
}
