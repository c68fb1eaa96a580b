import type { FileOptions } from '../options.js'

export const FORMATS = ['terraform', 'bank-vaults'] as const
export type Format = (typeof FORMATS)[number]

export interface ExportOptions extends FileOptions {
  readonly format: Format
  /** A folder that does not exist yet, to write the files to. */
  readonly out?: string
}

export interface ExportedFile {
  readonly name: string
  readonly text: string
}

/** What the other tool cannot say of an object. */
export interface LeftOut {
  readonly address: string
  /** In the file's words. */
  readonly field: string
  readonly why: string
}

/** A value that the other tool must be given. */
export interface Input {
  /** Of Terraform: the variable; of bank-vaults: the variable of the environment. */
  readonly name: string
  /** Which value it is: `postgres main password`. */
  readonly purpose: string
  /** Where the file takes it from, as `env PGPASSWORD`; undefined: nobody but the operator knows. */
  readonly from?: string
}

/** What a format makes of a file. */
export interface Exported {
  readonly files: readonly ExportedFile[]
  readonly inputs: readonly Input[]
  readonly leftOut: readonly LeftOut[]
}

/** The trust of a file in the words of another tool. */
export interface ExportResult extends Exported {
  readonly operation: 'export'
  readonly format: Format
  /** The name of the file. */
  readonly file: string
  /** The folder that the files were written to, if they were. */
  readonly savedTo?: string
}

/** Where the servers are, as the other tool must be told. */
export interface Servers {
  readonly vault: {
    readonly address: string
    readonly namespace: string | undefined
    /** Absolute. */
    readonly caFile: string | undefined
    readonly tlsServerName: string | undefined
    /** icebreaker reaches it through the API server of a cluster. */
    readonly isForwarded: boolean
  }
  readonly clusters: Readonly<Record<string, ClusterPlace>>
}

export interface ClusterPlace {
  /** Absolute, or below `~`. None: in the cluster. */
  readonly kubeconfigs: readonly string[]
  readonly context: string | undefined
}
