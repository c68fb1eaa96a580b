import type { Manifest, PodVault } from './contract.js'

/** What can be run in a cluster by a Job; as typed, with a dash for the space. */
export type JobCommand = 'apply' | 'verify' | 'doctor' | 'drift' | 'reviewer-rotate'

/** One rule of a Role (in a namespace) or a ClusterRole. */
export interface JobRule {
  readonly namespace?: string
  readonly apiGroup: string
  readonly resource: string
  /** None: every name. */
  readonly names: readonly string[]
  readonly verbs: readonly string[]
  readonly why: readonly string[]
}

/** A Job or CronJob that runs icebreaker in a cluster of its file. Worked out from the file alone. */
export interface JobContext {
  /** The name of the file. */
  readonly file: string
  readonly command: JobCommand
  /** Of its account, its rights and its role in Vault. */
  readonly account: { readonly namespace: string; readonly name: string }
  readonly vault: PodVault
  readonly login: { readonly mount: string; readonly role: string; readonly audience: string | undefined }
  /** The file and what it names, by their names in the pod's folder. */
  readonly files: Readonly<Record<string, string>>
  readonly rules: readonly JobRule[]
  /** Namespaces that get a Role, and that the file makes. */
  readonly namespaces: readonly Manifest[]
  /** Variables from which the file takes values. */
  readonly variables: readonly string[]
  readonly settings: JobSettings
}

/** What flags say. */
export interface JobSettings {
  readonly image: string
  /** As in cron; undefined: a Job. */
  readonly schedule?: string
  /** Seconds that one run may take. */
  readonly deadline: number
  /** `reviewer-rotate`: only where the token expires within so many seconds. */
  readonly ifExpiresWithin: number
  /** The Secret with a key for each variable. */
  readonly valuesSecret: string
  /** Run by Argo CD at this time of a sync. */
  readonly argocd?: 'PreSync' | 'PostSync'
}

/** Where things are in the pod. */
export const JOB_PLACES = {
  files: '/etc/icebreaker',
  file: '/etc/icebreaker/icebreaker.yaml',
  account: '/run/icebreaker/account',
  token: '/run/icebreaker/account/token',
  home: '/tmp',
} as const
