import type { CodeRecord } from '../catalogue/index.js'
import type { Capability } from '../policy/index.js'

/**
 * Who may log in where, and what they get: plain data, made from the file or from a live Vault and from the clusters.
 * Questions are asked of this alone.
 */
export interface Access {
  readonly source: 'file' | 'vault'
  /** By name in the file. */
  readonly clusters: ReadonlyMap<string, ClusterView>
  /** By path. */
  readonly mounts: ReadonlyMap<string, AuthMount>
  readonly roles: readonly Role[]
  /** By name; one that a role names and that is not here does not exist. */
  readonly policies: ReadonlyMap<string, Policy>
  /** By aliasKey: what identities give on top of roles. */
  readonly entities: ReadonlyMap<string, Entity>
  readonly gaps: readonly Gap[]
}

export type Labels = Readonly<Record<string, string>>

/** What could be seen of a cluster. */
export interface ClusterView {
  readonly name: string
  /** Undefined: they could not be listed. */
  readonly namespaces: ReadonlyMap<string, Labels> | undefined
  /** By namespace, then by name; the namespaces that are not here were not listed, unless `whole`. */
  readonly accounts: ReadonlyMap<string, ReadonlyMap<string, Account>>
  /** Every account of the cluster is here. */
  readonly whole: boolean
}

export interface Account {
  readonly namespace: string
  readonly name: string
  readonly uid?: string
  /** It is in the file, and not yet on the cluster. */
  readonly planned?: true
}

export interface AuthMount {
  readonly path: string
  /** Undefined: of no cluster that the file knows. */
  readonly cluster: string | undefined
  /** Known of a live mount only. */
  readonly accessor?: string
}

export interface Role {
  readonly mount: string
  readonly name: string
  readonly bindings: Bindings
  /** As the role has them, without what Vault adds by itself. */
  readonly policies: readonly string[]
  readonly noDefaultPolicy: boolean
  /** The addresses from which it lets anybody in; empty: all. */
  readonly cidrs: readonly string[]
  readonly aliasName: 'uid' | 'name'
  readonly at?: Place
}

/** Globs of names, in namespaces by glob or by labels. */
export interface Bindings {
  readonly names: readonly string[]
  readonly namespaces: readonly string[]
  /** The labels that a namespace must have; `invalid`: the plug-in refuses it, and lets nobody in by it. */
  readonly selector?: Labels | 'invalid'
}

export interface Policy {
  readonly name: string
  readonly stanzas: readonly Stanza[]
  /** Why its rules are not (all) known, as the end of a sentence; undefined: they are. */
  readonly unknown?: string
  readonly at?: Place
}

export interface Stanza {
  readonly path: string
  readonly capabilities: readonly Capability[]
  readonly sources: readonly Source[]
  /** It allows less than its capabilities say: by parameters, wrapping or approval. */
  readonly condition?: string
}

/** Where a rule is written: a grant of the file, or a stanza of a policy's text. */
export interface Source extends Place {
  readonly text: string
}

export interface Place {
  /** Undefined: the policy's own text, as Vault has it. */
  readonly file?: string
  readonly line?: number
}

/** Of Vault's identity store. */
export interface Entity {
  readonly id: string
  readonly name: string
  readonly disabled: boolean
  /** Its own, and those of its groups. */
  readonly policies: readonly string[]
}

export const aliasKey = (accessor: string, alias: string): string => `${accessor} ${alias}`

/** Something that the answer depends on and that could not be seen. */
export interface Gap {
  readonly code: CodeRecord['code']
  /** For people: `cluster demo`. */
  readonly what: string
  readonly why: string
}

/** Something about an object that somebody should look at. */
export interface Finding {
  readonly code: CodeRecord['code']
  /** `vault:auth/demo/role/app` */
  readonly address: string
  readonly detail: string
}

export const roleKey = ({ mount, name }: Pick<Role, 'mount' | 'name'>): string => `auth/${mount}/role/${name}`
export const roleAddress = (role: Pick<Role, 'mount' | 'name'>): string => `vault:${roleKey(role)}`
export const policyAddress = (name: string): string => `vault:sys/policies/acl/${name}`
