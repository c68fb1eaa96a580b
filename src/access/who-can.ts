import { ACCESS } from '../catalogue/index.js'
import { resolveBindings, type Bound, type BoundAccount } from './bindings.js'
import { aliasKey, type Access, type AuthMount, type Entity, type Gap, type Policy, type Role } from './model.js'
import type { Question } from './question.js'
import { dependsOnWho, filled, judge, type Judgement, type Reason, type Verdict } from './token.js'

/** One account, by one role, and what comes of it. */
export interface Answer {
  /** Undefined: it is not known which one. */
  readonly cluster: string | undefined
  /** `NAMESPACE/NAME`; where accounts could not be listed, what the role says of them. */
  readonly account: string
  readonly there: BoundAccount['there'] | 'unlisted'
  readonly mount: string
  readonly role: string
  readonly verdict: Exclude<Verdict, 'no'>
  readonly by: readonly Reason[]
  readonly why: readonly string[]
  /** The addresses from which the role lets anybody in; empty: all. */
  readonly from: readonly string[]
}

/** Everything that a role is about, worked out once. */
export interface RoleView {
  readonly role: Role
  readonly mount: AuthMount
  readonly bound: Bound
  /** Of every token of the role, in their order; one that does not exist is left out, as Vault does. */
  readonly policies: readonly Policy[]
  /** Vault makes no token with the policy `root` by a login (request_handling.go). */
  readonly refused: boolean
}

/** Vault's own, that a login never gives. */
const ROOT = 'root'
const DEFAULT = 'default'

/** The names of the policies of a token of the role, with what Vault adds. */
export function policyNames({ policies, noDefaultPolicy }: Role): readonly string[] {
  return [...new Set([...policies, ...(noDefaultPolicy ? [] : [DEFAULT])])]
}

/** The names of all policies that logins give. */
export function heldPolicies(roles: Access['roles'], entities: Access['entities']): ReadonlySet<string> {
  return new Set([...roles.flatMap(policyNames), ...[...entities.values()].flatMap(({ policies }) => policies)])
}

/** The policies that logins give and whose rules are not known. */
export function policyGaps({
  roles,
  entities,
  policies,
}: Pick<Access, 'roles' | 'entities' | 'policies'>): readonly Gap[] {
  return [...heldPolicies(roles, entities)].flatMap((name) => {
    const why = policies.get(name)?.unknown
    return why === undefined ? [] : [{ code: ACCESS.policyUnknown.code, what: `the policy ${name}`, why }]
  })
}

export function roleViews({ roles, mounts, clusters, policies }: Access): readonly RoleView[] {
  return roles.flatMap((role) => {
    const mount = mounts.get(role.mount)
    if (mount === undefined) return []
    const cluster = mount.cluster === undefined ? undefined : clusters.get(mount.cluster)
    return {
      role,
      mount,
      bound: resolveBindings(role.bindings, cluster),
      policies: policyNames(role).flatMap((name) => policies.get(name) ?? []),
      refused: role.policies.includes(ROOT),
    }
  })
}

/** Judges sets of policies for one question, each set once. */
function judging({ needs }: Question): (policies: readonly Policy[]) => Judgement {
  const known = new Map<string, Judgement>()
  return (policies) => {
    const key = JSON.stringify(policies.map(({ name }) => name).sort())
    const judgement = known.get(key) ?? judge(policies, needs)
    known.set(key, judgement)
    return judgement
  }
}

/** Who can do what is asked: everybody for whom the answer is not no. Linear in roles and in the accounts that they let in. */
export function whoCan(access: Access, views: readonly RoleView[], question: Question): readonly Answer[] {
  const judged = judging(question)
  return views
    .filter(({ refused }) => !refused)
    .flatMap((view) => answersOf(access, view, question, judged))
    .sort(
      (a, b) =>
        compare(a.cluster ?? '', b.cluster ?? '') ||
        compare(a.account, b.account) ||
        compare(a.mount, b.mount) ||
        compare(a.role, b.role),
    )
}

function answersOf(
  { entities, policies: all }: Access,
  view: RoleView,
  { needs }: Question,
  judged: (policies: readonly Policy[]) => Judgement,
): Answer[] {
  const { role, mount, bound, policies } = view
  const byRole = !dependsOnWho(policies, needs)
  const answer = (account: string, there: Answer['there'], { verdict, by, why }: Judgement): Answer[] =>
    verdict === 'no'
      ? []
      : [
          {
            cluster: mount.cluster,
            account,
            there,
            mount: mount.path,
            role: role.name,
            verdict,
            by,
            why,
            from: role.cidrs,
          },
        ]
  const ofAccount = (account: BoundAccount): Answer[] => {
    const name = `${account.namespace}/${account.name}`
    const entity = entityOf(account, view, entities)
    if (entity?.disabled) return []
    const more = (entity?.policies ?? []).flatMap((policy) => all.get(policy) ?? [])
    if (byRole && more.length === 0) return answer(name, account.there, judged(policies))
    const own = [...new Set([...policies, ...more])]
    return answer(name, account.there, judge(filled(own, valuesOf(account, view, entity)), needs))
  }
  return [
    ...bound.accounts.flatMap(ofAccount),
    ...bound.open.flatMap((words) => answer(words, 'unlisted', judged(policies))),
  ]
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function aliasOf({ namespace, name, uid }: BoundAccount, { aliasName }: Role): string | undefined {
  return aliasName === 'name' ? `${namespace}/${name}` : uid
}

function entityOf(account: BoundAccount, { role, mount }: RoleView, entities: Access['entities']): Entity | undefined {
  const alias = aliasOf(account, role)
  return mount.accessor === undefined || alias === undefined ? undefined : entities.get(aliasKey(mount.accessor, alias))
}

/** What `{{…}}` in a policy stands for when this account logs in (path_login.go, the alias and its metadata). */
function valuesOf(
  account: BoundAccount,
  { role, mount }: RoleView,
  entity: Entity | undefined,
): ReadonlyMap<string, string> {
  const alias = `identity.entity.aliases.${mount.accessor ?? ''}`
  const values: Readonly<Record<string, string | undefined>> = {
    'identity.entity.id': entity?.id,
    'identity.entity.name': entity?.name,
    ...(mount.accessor !== undefined && {
      [`${alias}.name`]: aliasOf(account, role),
      [`${alias}.metadata.service_account_namespace`]: account.namespace,
      [`${alias}.metadata.service_account_name`]: account.name,
      [`${alias}.metadata.service_account_uid`]: account.uid,
    }),
  }
  return new Map(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
