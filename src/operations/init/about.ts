import type { File } from '../../config/file.js'
import type { Choice } from '../options.js'
import { seenOr } from './names.js'
import { TEMPLATES } from './templates.js'
import type { Addable, AnswerId, Answers, Facts, MountFact, TemplateName } from './types.js'

/** What a question can go by. */
export interface About {
  /** Undefined where a file that is there is added to. */
  readonly template: TemplateName | undefined
  readonly add: readonly Addable[]
  readonly file: File | undefined
  /** Of those before it. */
  readonly answers: Answers
  readonly facts: Facts
  /** The name of the folder that the file is to be in. */
  readonly folder: string
  /** What the environment says of Vault. */
  readonly vault: { readonly address?: string | undefined; readonly namespace?: string | undefined }
}

/** One thing to know, and all that asking for it takes. Pure. */
export interface Question {
  /** The flag that answers it; default: its own name. */
  readonly flag?: AnswerId
  /** What is asked at a terminal. Without it nobody is asked: the flag, or else the suggestion, is taken. */
  readonly message?: string | ((about: About) => string | undefined)
  /** Where an empty answer is one: the key is left out of the file. */
  readonly optional?: true
  /** Several may be chosen; the answer parts them by commas. */
  readonly many?: true
  /** What must have been looked at. */
  readonly needs?: readonly (keyof Facts)[]
  suggest?(about: About): string | undefined
  /** What can be chosen from; an answer of one's own is always possible, unless `closed`. */
  choices?(about: About): readonly Choice[]
  readonly closed?: true
  /** Default: always. */
  applies?(about: About): boolean
  /** Nothing can be said of an answer before the servers were looked at. */
  readonly late?: true
  /** What is wrong with an answer, without a full stop. */
  problem?(answer: string, about: About): string | undefined
}

export type Check = NonNullable<Question['problem']>

/** What is mounted in Vault, and what the file will mount. */
export function engines({ facts, file, template, answers }: About): readonly MountFact[] {
  const seen = facts.vault.seen ? seenOr(facts.vault.value.engines, []) : []
  const chosen = answers.engine === undefined ? [] : [{ path: answers.engine, type: engineType({ template, answers }) }]
  const ours = [...Object.entries(file?.engines ?? {}).map(([path, { type }]) => ({ path, type })), ...chosen]
  return [...seen, ...ours.filter(({ path }) => !seen.some((mount) => mount.path === path))]
}

/** Of the engine that is asked about. */
export function engineType({ template, answers }: Pick<About, 'template' | 'answers'>): string {
  return template === undefined ? (answers['engine-type'] ?? 'kv') : TEMPLATES[template].engine
}

/** Paths that no new auth mount can have. */
export const authMounts = ({ facts, file }: About): readonly string[] => [
  ...(facts.vault.seen ? seenOr(facts.vault.value.authMounts, []) : []).map(({ path }) => path),
  ...Object.values(file?.clusters ?? {}).map(({ auth }) => auth.path),
]

/** Those of Vault that a role can name. */
export const policies = ({ facts }: About): readonly string[] =>
  facts.vault.seen ? seenOr(facts.vault.value.policies, []).filter((name) => name !== 'root') : []

export const policiesSeen = ({ facts }: About): boolean => facts.vault.seen && facts.vault.value.policies.seen

/** Of the cluster, in a namespace. */
export const accounts = ({ facts }: About, namespace: string | undefined): readonly string[] => {
  const seen = namespace === undefined ? undefined : facts.accounts[namespace]
  return seen === undefined ? [] : seenOr(seen, [])
}

/** Those of the file, then those of the cluster. */
export const namespaces = ({ facts, file }: About): readonly string[] => {
  const seen = facts.cluster.seen ? seenOr(facts.cluster.value.namespaces, []) : []
  const all = new Set([...Object.keys(file?.namespaces ?? {}), ...seen])
  return [...all].filter((name) => !SYSTEM.includes(name))
}

/** Namespaces that hold no workloads of anybody's. */
const SYSTEM = ['kube-system', 'kube-public', 'kube-node-lease']

/** Is the engine that was answered there already? Then nothing is made in it. */
export const isExisting = ({ answers, facts }: About): boolean =>
  facts.vault.seen && seenOr(facts.vault.value.engines, []).some(({ path }) => path === answers.engine)
