import type { FileSection, Json, Remark } from '../../kinds/contract.js'
import type { FileOptions } from '../options.js'

export interface ImportOptions extends Omit<FileOptions, 'file' | 'step' | 'fileMustExist' | 'name' | 'prompt'> {
  /** A path; `-`: the file is only shown. */
  readonly out: string
  /** Write nothing. */
  readonly dryRun: boolean
  /** The name under which the file is to own things; default: after the first auth mount. */
  readonly name?: string
  /** Auth mounts of the type kubernetes; none: all. */
  readonly paths: readonly string[]
  /** CONTEXT for all auth mounts, or PATH=CONTEXT for one. */
  readonly contexts: readonly string[]
  /** NAMESPACE/NAME of the account with whose token Vault asks; default: as the clusters tell. */
  readonly reviewer?: string
  /** Engines beside those that the imported policies speak of; `all`. */
  readonly engines: readonly string[]
  /** Policies beside those that the imported roles give. */
  readonly policies: readonly string[]
}

/** Something that stands on a server and is not in the file. */
export interface Left {
  /** Its address, or what it is. */
  readonly what: string
  /** A sentence without its full stop. */
  readonly why: string
}

/** What a place in the file needs: a value, or a look. */
export interface Hole {
  /** `engines.postgres.connections.main.password` */
  readonly at: string
  readonly why: string
}

/** A text beside the file. */
export interface Beside {
  /** Relative to the file's folder. */
  readonly file: string
  readonly text: string
}

export interface ImportResult {
  readonly operation: 'import'
  /** shown: it was not to be written. */
  readonly state: 'shown' | 'written'
  /** The path as it was given. */
  readonly file: string
  readonly yaml: string
  readonly beside: readonly Beside[]
  /** Marked in the file by `FILL IN`. */
  readonly holes: readonly Hole[]
  readonly left: readonly Left[]
  /** Variables that stand in the file for values that Vault does not show. */
  readonly variables: readonly string[]
}

export interface Named {
  readonly name: string
  readonly told: FileSection
}

/** An auth mount of the type kubernetes. */
export interface LiveMount {
  readonly path: string
  readonly told: FileSection
  /** Undefined: it was never written, or may not be read. */
  readonly config?: LiveConfig
  readonly roles: readonly Named[]
}

export interface LiveConfig {
  readonly told: FileSection
  /** kubernetes_host */
  readonly host: string
  /** kubernetes_ca_cert; empty: the one of Vault's pod, or the system's. */
  readonly ca: string
  readonly reviewerSet: boolean
  /** Vault may use the token and the CA of the pod that it runs in. */
  readonly usesPod: boolean
}

export interface LiveEngine {
  readonly path: string
  readonly type: string
  readonly told: FileSection
  /** What is in it, by the key of the file. */
  readonly contents: Readonly<Record<string, readonly Named[]>>
  /** Of KV version 2. */
  readonly config?: FileSection
}

/** What was read of Vault. */
export interface LiveVault {
  readonly address: string
  readonly namespace: string | undefined
  readonly mounts: readonly LiveMount[]
  /** The texts; undefined: there is none of the name, or it may not be read. */
  readonly policies: ReadonlyMap<string, string | undefined>
  readonly engines: readonly LiveEngine[]
  readonly left: readonly Left[]
}

/** What was found of the cluster of an auth mount. */
export interface LiveCluster {
  /** In the file. */
  readonly name: string
  /** Of `clusters.NAME`. */
  readonly section: Readonly<Record<string, Json>>
  readonly reviewer: Readonly<Record<string, Json>>
  /** Keys start at `clusters.NAME`. */
  readonly holes: readonly Remark[]
  readonly remarks: readonly Remark[]
  /** The CA that Vault has, where the cluster publishes another. */
  readonly ca?: string
  /** NAMESPACE/NAME of the roles' accounts that are there; undefined where the cluster was not seen. */
  readonly accounts?: readonly string[]
  readonly left: readonly Left[]
}
