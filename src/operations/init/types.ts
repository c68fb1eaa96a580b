import type { Emit } from '../../events/index.js'
import type { Asker } from '../options.js'

/** What `icebreaker init` begins a file with. */
export const TEMPLATE_NAMES = ['web-app', 'postgres', 'vso', 'ci'] as const
export type TemplateName = (typeof TEMPLATE_NAMES)[number]

/** What can be added to a file that is there. */
export const ADDABLE = ['role', 'policy', 'engine', 'cluster'] as const
export type Addable = (typeof ADDABLE)[number]

/** Everything that can be answered, by the flag that answers it. Of a list (`policy`, `grant`) commas part the entries. */
export const ANSWER_IDS = [
  'name',
  'context',
  'cluster',
  'api-server',
  'vault-address',
  'vault-namespace',
  'vault-ca-file',
  'vault-tls-server-name',
  'auth-path',
  'reviewer-namespace',
  'reviewer-service-account',
  'namespace',
  'service-account',
  'role',
  'policy',
  'grant',
  'audience',
  'token-ttl',
  'engine',
  'engine-type',
  'engine-version',
  'secret',
  'connection-url',
  'username',
  'password-env',
  'transit-engine',
  'operator-namespace',
  'operator-service-account',
  'operator-role',
] as const
export type AnswerId = (typeof ANSWER_IDS)[number]
/** `policies`: what `--policy` answers where a role is added and no policy with it. */
export type QuestionId = AnswerId | 'policies'
export type Answers = Readonly<Partial<Record<QuestionId, string>>>

/** Something that was looked at: what was seen, or why nothing was. */
export type Seen<T> =
  | { readonly seen: true; readonly value: T }
  /** `why`: a sentence without its full stop. */
  | { readonly seen: false; readonly why: string; readonly code?: string }

export interface Contexts {
  readonly current: string | undefined
  readonly names: readonly string[]
}

/** An auth mount or an engine; `path` without the slash at its end. */
export interface MountFact {
  readonly path: string
  readonly type: string
  /** Of a KV engine. */
  readonly version?: 1 | 2
}

export interface VaultFacts {
  readonly address: string
  readonly namespace: string | undefined
  readonly version: string
  readonly authMounts: Seen<readonly MountFact[]>
  readonly engines: Seen<readonly MountFact[]>
  readonly policies: Seen<readonly string[]>
}

export interface ClusterFacts {
  readonly context: string | undefined
  readonly server: string
  readonly version: string
  readonly namespaces: Seen<readonly string[]>
}

/** What is known of both servers when the file is drafted. */
export interface Facts {
  readonly contexts: Seen<Contexts>
  readonly vault: Seen<VaultFacts>
  readonly cluster: Seen<ClusterFacts>
  /** Names of service accounts, of the namespaces that were asked about. */
  readonly accounts: Readonly<Record<string, Seen<readonly string[]>>>
}

export interface InitOptions {
  /** A path; `-`: the file is only shown. */
  readonly out: string
  readonly template?: TemplateName
  /** What to add to the file that is there: role, policy, engine, cluster. */
  readonly add: readonly string[]
  /** What flags have answered. */
  readonly given: Answers
  /** Take what was found, and defaults; do not ask. */
  readonly yes: boolean
  /** Write nothing. */
  readonly dryRun: boolean
  readonly tokenFile?: string
  readonly kubeconfig?: string
  /** Milliseconds for each thing that is looked at. */
  readonly timeout?: number
  /** Undefined off a terminal. */
  readonly ask?: Asker
  /** Shows how a file would change, and asks whether to write it. */
  confirm(proposal: InitResult): Promise<boolean>
  readonly emit: Emit
  readonly stop: AbortSignal
}

/** Something that the file takes for granted because it could not be seen, or that needs a look. */
export interface Assumption {
  /** Where in the file: `clusters.demo.auth.path`. */
  readonly at: string
  readonly why: string
}

/** A variable of the environment: with its value, or for the operator to fill in. */
export interface Variable {
  readonly name: string
  readonly value?: string
  /** What for, a few words. */
  readonly why: string
}

export interface InitResult {
  readonly operation: 'init'
  /** proposed: to be asked about. shown: it was not to be written. */
  readonly state: 'proposed' | 'shown' | 'written'
  /** The path as it was given. */
  readonly file: string
  readonly template?: TemplateName
  /** What was added to the file that was there: `roles.app`. */
  readonly added: readonly string[]
  /** Marked in the file by `CHECK`. */
  readonly assumed: readonly Assumption[]
  /** What the commands that follow will read. */
  readonly variables: readonly Variable[]
  /** The text of the file, and what it was before. */
  readonly yaml: string
  readonly before?: string
}
