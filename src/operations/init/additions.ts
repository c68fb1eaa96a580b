import type { File } from '../../config/file.js'
import { reviewerOf } from '../../kinds/reviewer.js'
import { checks, checkText, type Check } from './checks.js'
import type { Addition } from './extend.js'
import { connectionUrl } from './names.js'
import { list, mountFor } from './grants.js'
import type { Addable, Answers, Facts, MountFact, QuestionId } from './types.js'

/** What to know for each thing that can be added, in the order in which they are asked about. */
export function questionsFor(add: readonly Addable[]): readonly QuestionId[] {
  const needed: Readonly<Record<Addable, readonly QuestionId[]>> = {
    cluster: ['context', 'cluster', 'api-server', 'auth-path', 'reviewer-namespace', 'reviewer-service-account'],
    engine: ['engine-type', 'engine', 'engine-version', 'connection-url', 'username', 'password-env'],
    role: [
      'namespace',
      'service-account',
      'role',
      ...(add.includes('policy') ? [] : (['policies'] as const)),
      'audience',
      'token-ttl',
    ],
    policy: ['policy', 'grant'],
  }
  return (['cluster', 'engine', 'role', 'policy'] as const)
    .filter((what) => add.includes(what))
    .flatMap((what) => needed[what])
}

export interface AdditionInput {
  readonly add: readonly Addable[]
  readonly answers: Answers
  readonly facts: Facts
  readonly file: File
}

/** With what somebody should look at; its comment says the same. */
export interface Marked extends Addition {
  readonly checks: readonly string[]
}

/** What the answers add to a file. Pure. */
export function additionsFor(input: AdditionInput): readonly Marked[] {
  const ways = { cluster, engine, policy, role } as const
  const marks = checks(input)
  return (['cluster', 'engine', 'policy', 'role'] as const)
    .filter((what) => input.add.includes(what))
    .flatMap((what) => ways[what](input))
    .map((addition) => marked(addition, marks))
}

/** A check of something within an entry stands before the entry. */
function marked(addition: Addition, marks: readonly Check[]): Marked {
  const { section, key } = addition
  const own = marks.filter(({ at }) => key !== undefined && at[0] === section && at[1] === key)
  const checks = own.map(({ why }) => why)
  return { ...addition, checks, ...(own.length > 0 && { comment: checks.map(checkText).join('\n ') }) }
}

function cluster({ answers }: AdditionInput): Addition[] {
  const { context, 'api-server': apiServer } = answers
  const reviewer = {
    namespace: answers['reviewer-namespace'],
    serviceAccount: answers['reviewer-service-account'],
    token: 'secret',
  }
  const value = {
    ...(context !== undefined && { context }),
    ...(apiServer !== undefined && { apiServer }),
    auth: { method: 'kubernetes', path: answers['auth-path'], reviewer },
  }
  return [{ section: 'clusters', key: answers.cluster ?? '', value }]
}

function engine({ answers, facts }: AdditionInput): Addition[] {
  const { engine: path = '', 'engine-type': type } = answers
  const there = mounted(facts).find((mount) => mount.path === path)
  if (there !== undefined) return [existing(there)]
  const connection = {
    plugin: 'postgresql-database-plugin',
    url: connectionUrl(answers['connection-url'] ?? ''),
    username: { literal: answers.username },
    password: { env: answers['password-env'] },
  }
  const value = {
    type,
    ...(type === 'kv' && { version: Number(answers['engine-version']) }),
    ...(type === 'database' && { connections: { main: connection } }),
  }
  return [{ section: 'engines', key: path, value }]
}

function policy({ answers, facts, file }: AdditionInput): Addition[] {
  const grants = list(answers.grant ?? '')
  const known = [...Object.keys(file.engines), answers.engine ?? '']
  const lacking = grants.flatMap((grant) => mountFor(grant, known, mounted(facts)) ?? [])
  return [
    ...new Set(lacking).values().map(existing),
    { section: 'policies', key: answers.policy ?? '', value: { grants } },
  ]
}

function role({ add, answers, facts, file }: AdditionInput): Addition[] {
  const { namespace = '', 'service-account': account = '' } = answers
  const policies = add.includes('policy') ? [answers.policy ?? ''] : list(answers.policies ?? '')
  const others = policies.filter(
    (name) => name !== 'default' && name !== answers.policy && !Object.hasOwn(file.policies, name),
  )
  // The role is on every cluster of the file, and only the first was looked at.
  const isAlone = Object.keys(file.clusters).length === 1 && !add.includes('cluster')
  const accounts = isAlone && Object.hasOwn(facts.accounts, namespace) ? facts.accounts[namespace] : undefined
  const { cluster } = facts
  const namespaces = isAlone && cluster.seen && cluster.value.namespaces.seen ? cluster.value.namespaces.value : []
  const isNew = !namespaces.includes(namespace) && !Object.hasOwn(file.namespaces, namespace)
  const isMade = accounts?.seen === true && accounts.value.includes(account)
  const wanted = `${namespace}/${account}`
  const reviewers = Object.values(file.clusters).map(({ auth }) => reviewerOf(auth)?.namespace)
  return [
    ...(isNew && !reviewers.includes(namespace) ? [{ section: 'namespaces', key: namespace, value: {} }] : []),
    ...(isMade || file.serviceAccounts.includes(wanted) ? [] : [{ section: 'serviceAccounts', value: wanted }]),
    ...others.map((name) => ({ section: 'policies', key: name, value: { existing: true } })),
    {
      section: 'roles',
      key: answers.role ?? '',
      value: {
        serviceAccounts: [account],
        namespaces: [namespace],
        policies,
        audience: answers.audience,
        tokenTTL: answers['token-ttl'],
      },
    },
  ]
}

const existing = ({ path, type, version }: MountFact): Addition => ({
  section: 'engines',
  key: path,
  value: { existing: true, type, ...(version !== undefined && { version }) },
})

const mounted = ({ vault }: Facts): readonly MountFact[] =>
  vault.seen && vault.value.engines.seen ? vault.value.engines.value : []
