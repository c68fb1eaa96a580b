import type { BoundGrant } from '../kinds/policy.js'
import type { Json } from '../kinds/contract.js'

/** One way of bringing secrets to a workload. All that is known of it lives in its file; adding one is one file, named in index.ts. */
export interface Integration {
  /** What is typed: `icebreaker integrate WAY`. */
  readonly way: string
  /** A few words: `Vault Agent beside the application`. */
  readonly title: string
  /** How it works, one or two sentences. */
  readonly about: string
  readonly properties: Properties
  /** A pod can have one role only by this way. */
  readonly oneRole?: true
  /** Does it fit this workload? Pure. */
  fits(context: IntegrationContext): Fit
  /** What a cluster needs for it. Called only where it fits. Pure. */
  objects(context: IntegrationContext): Emitted
}

/** What tells the ways apart, for somebody who has to choose. Each a few words. */
export interface Properties {
  /** Where the secret's value is kept on its way. */
  readonly keeps: 'in memory' | 'as a Secret in etcd'
  /** What happens when the secret changes. */
  readonly rotation: string
  /** Does the application have to be restarted for it? */
  readonly restart: string
  /** What somebody has to install in the cluster first; undefined: nothing. */
  readonly installs?: string
  /** It needs a program on every node. */
  readonly nodePlugin: boolean
}

export interface Fit {
  readonly fits: boolean
  /** One sentence, without a full stop. */
  readonly why: string
  /** What to know although it fits, a sentence each. */
  readonly cautions?: readonly string[]
}

/** A service account that logs in with a role, and what it is to get. Worked out from the file alone. */
export interface IntegrationContext {
  /** The name of the file. */
  readonly file: string
  readonly workload: Workload
  readonly vault: PodVault
  /** `demo` of auth/demo. */
  readonly mount: string
  readonly secrets: readonly PodSecret[]
  /** Grants that name no secret to bring, and policies that the file does not describe; a sentence each. */
  readonly left: readonly string[]
  readonly settings: Settings
}

export interface Workload {
  readonly cluster: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly role: string
  /** For which its token must be made; undefined: for the API server's own. */
  readonly audience?: string
  readonly method: 'kubernetes' | 'jwt'
  /** How many requests a token lasts for; 0: no limit. */
  readonly uses: number
  /** From where logins may come; empty: from anywhere. */
  readonly cidrs: readonly string[]
}

/** Vault as a pod sees it. */
export interface PodVault {
  readonly address: string
  /** PEM; undefined: the roots of the image do. */
  readonly ca?: string
  /** The name in its certificate, where the address has another. */
  readonly tlsServerName?: string
  readonly namespace?: string
}

/** A secret that the role's policies let it read. */
export type PodSecret =
  | {
      readonly engine: 'kv'
      readonly version: 1 | 2
      readonly mount: string
      /** What follows the mount, as people write it. */
      readonly path: string
      /** The path of the API: `static/data/exampleapp/creds`. */
      readonly api: string
      readonly grant: BoundGrant
    }
  | {
      readonly engine: 'database'
      readonly mount: string
      /** The database role. */
      readonly path: string
      readonly api: string
      /** The user stays, and its password is rotated by Vault. */
      readonly isStatic: boolean
      readonly grant: BoundGrant
    }

export type Product = 'vault' | 'bao'

/** What flags say. */
export interface Settings {
  /** Whose agent runs. */
  readonly product: Product
  /** Of the agent; default: the product's own. */
  readonly image?: string
  /** What is patched; default: the Deployment named like the service account. */
  readonly target?: Target
  /** The container that reads the secrets; default: named like the target. */
  readonly container?: string
  /** init: rendered once before the application starts. sidecar: kept up to date beside it. */
  readonly containers: 'both' | 'init' | 'sidecar'
  /** Seconds that a projected token lives; Kubernetes replaces it in time. */
  readonly tokenExpiration: number
  /** `cert-manager` only. */
  readonly pki?: PkiSettings
}

/** How cert-manager comes to certificates. */
export interface PkiSettings {
  /** Where Vault signs: `pki/sign/web`. */
  readonly path: string
  /** The name of the Issuer; default: made of account and role. */
  readonly issuer?: string
  /** As whom cert-manager runs. */
  readonly account: { readonly namespace: string; readonly name: string }
}

export interface Target {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet'
  readonly name: string
}

export type Manifest = Readonly<Record<string, Json | undefined>> & {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** One object as it is emitted. */
export interface Doc {
  readonly object: Manifest
  /** What it is and why, a line each; stands above it. */
  readonly comment: readonly string[]
  /** Stands above the member that these keys lead to. */
  readonly notes?: readonly { readonly at: readonly (string | number)[]; readonly text: string }[]
}

export interface Emitted {
  /** New objects, each whole. */
  readonly objects: readonly Doc[]
  /** What is added to objects of the application, which are its owner's: strategic merge patches. */
  readonly patches: readonly Doc[]
}
