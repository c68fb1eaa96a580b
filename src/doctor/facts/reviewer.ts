import { DOCTOR, IceError, isIceError } from '../../catalogue/index.js'
import type { Role } from '../../access/model.js'
import { TOKEN_REVIEW } from '../../kinds/auth-config-clients.js'
import { clientsOf } from '../../kinds/clients.js'
import { AUTH_DELEGATOR, reviewerOf, tokenSecretName } from '../../kinds/reviewer.js'
import { claimsOf, refs, type AccessQuery, type KubernetesObject, type TokenClaims } from '../../kubernetes/index.js'
import { mapBounded } from '../../http/limit.js'
import type { Secret } from '../../secrets/index.js'
import { fact, type Look } from '../contract.js'
import type { MountSubject } from '../subject.js'
import { account, clusterOf, clusterRoleBindings, mayDo, version, type OfCluster } from './cluster.js'
import { met, roles, writtenConfig } from './mount.js'
import { way } from './path.js'
import { record, recordedConfig } from './record.js'

type OfMount = Pick<MountSubject, 'mount' | 'method' | 'cluster'>
const byPath = ({ mount }: OfMount): string => mount

/** With whose token Vault asks. */
export interface TheReviewer {
  readonly namespace: string
  readonly serviceAccount: string
  /** How Vault has its token; unknown: the token is that of another account than the file wants, or there is no file. */
  readonly mode: 'secret' | 'bound' | 'pod' | 'unknown'
}

/**
 * Who reviews: whom the API server names to Vault, where that may be asked; else whom the file names. Undefined: nobody,
 * each client asks for itself.
 */
export const reviewer = fact({
  what: 'the reviewer',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, look): Promise<TheReviewer | undefined> {
    const said = saidReviewer(subject, look)
    if (said === 'client') return undefined
    if (said === undefined && !(await holdsOne(subject, look))) return undefined
    const named = await namedToVault(subject, look, said === undefined)
    if (named !== undefined && (named.namespace !== said?.namespace || named.serviceAccount !== said.serviceAccount))
      return { ...named, mode: 'unknown' }
    if (said !== undefined) return said
    throw new IceError(DOCTOR.notThere, {
      message: 'Whose token Vault holds is not known: the API server does not tell.',
    })
  },
})

function saidReviewer({ cluster }: OfMount, { scene }: Look): TheReviewer | 'client' | undefined {
  const auth = cluster === undefined ? undefined : scene.file.clusters[cluster]?.auth
  if (!scene.isWritten || auth === undefined) return undefined
  const { namespace, serviceAccount, token: mode } = reviewerOf(auth) ?? {}
  return namespace === undefined || serviceAccount === undefined || mode === undefined
    ? 'client'
    : { namespace, serviceAccount, mode }
}

/** Has Vault a token of its own? Without a stored one it may be that of its pod. */
async function holdsOne(subject: OfMount, { ask }: Look): Promise<boolean> {
  const config = await ask(writtenConfig, subject)
  return config['token_reviewer_jwt_set'] !== false || config['disable_local_ca_jwt'] !== true
}

/** @param must whether nobody else can say so @throws IceError where it must, and it cannot be asked */
async function namedToVault(
  subject: OfMount,
  { ask, scene }: Look,
  must: boolean,
): Promise<Omit<TheReviewer, 'mode'> | undefined> {
  if (!must && !scene.probe) return undefined
  try {
    const [{ as }, whither] = await Promise.all([ask(met, subject), ask(way, subject)])
    // An account of another cluster says nothing of one here.
    if (!whither.met.reached) return undefined
    const [, , namespace, serviceAccount] = as?.split(':') ?? []
    return namespace === undefined || serviceAccount === undefined ? undefined : { namespace, serviceAccount }
  } catch (error) {
    if (must || !isIceError(error)) throw error
    return undefined
  }
}

/** The account of the reviewer; undefined: there is no reviewer, or no such account. */
export const reviewerAccount = fact({
  what: 'the account of the reviewer',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, { ask }): Promise<KubernetesObject | undefined> {
    const who = await ask(reviewer, subject)
    return who && ask(account, { cluster: subject.cluster, ...who })
  },
})

/** The Secret with the reviewer's token, or the one that it is bound to. No token is in it. */
export interface TokenSecret {
  readonly name: string
  readonly exists: boolean
  readonly type?: string
  /** The account that its annotation names. */
  readonly account?: string
  readonly filled: boolean
  readonly uid?: string
  /** Kubernetes has marked its token as unused, and ends it. */
  readonly invalidSince?: string
}

const OF_ACCOUNT = 'kubernetes.io/service-account.name'
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since'

/** Undefined where no Secret has to do with it, or none that is known. */
export const tokenSecret = fact({
  what: 'the Secret of the reviewer’s token',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, look): Promise<TokenSecret | undefined> {
    const who = await look.ask(reviewer, subject)
    if (who?.mode !== 'secret' && who?.mode !== 'bound') return undefined
    const written = await look.ask(recordedConfig, subject).catch((error: unknown) => {
      if (isIceError(error)) return undefined
      throw error
    })
    const isOfRecord = written?.mark['reviewer'] === `${who.namespace}/${who.serviceAccount}`
    const mark = isOfRecord ? written.mark : undefined
    const [secret, boundTo] = [mark?.['tokenSecret'], mark?.['boundTo']]
    const name = who.mode === 'bound' ? boundTo : tokenSecretName({ ...who, ...(secret !== undefined && { secret }) })
    if (name === undefined) return undefined
    const object = await clusterOf(subject, look).get(refs.secret(who.namespace, name))
    return object === undefined ? { name, exists: false, filled: false } : describe(name, object)
  },
})

function describe(name: string, { metadata, ...object }: KubernetesObject): TokenSecret {
  const token = (object['data'] as Readonly<Record<string, Secret>> | undefined)?.['token']
  const of = metadata.annotations?.[OF_ACCOUNT]
  const invalidSince = metadata.labels?.[INVALID_SINCE]
  return {
    name,
    exists: true,
    type: String(object['type']),
    ...(of !== undefined && { account: of }),
    filled: token !== undefined,
    ...(metadata.uid !== undefined && { uid: metadata.uid }),
    ...(invalidSince !== undefined && { invalidSince }),
  }
}

/** What the record says of the reviewer's account. */
export interface RecordedAccount {
  /** Undefined: the file did not make it. */
  readonly uid?: string
  /** When something was last written, tokens among it. */
  readonly appliedAt?: string
}

export const recordedAccount = fact({
  what: 'what is recorded of the reviewer’s account',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, { ask }): Promise<RecordedAccount> {
    const [who, { objects, appliedAt }] = await Promise.all([ask(reviewer, subject), ask(record, undefined)])
    const address = `k8s:${subject.cluster ?? ''}:ServiceAccount/${who?.namespace ?? ''}/${who?.serviceAccount ?? ''}`
    const uid = (objects as Readonly<Record<string, { mark?: { uid?: string } }>>)[address]?.mark?.uid
    return { ...(uid !== undefined && uid !== '' && { uid }), ...(appliedAt !== undefined && { appliedAt }) }
  },
})

/** The token that Vault holds, where somebody hands it in under the name `reviewer`. */
export interface HeldToken {
  readonly claims: TokenClaims
  /** The pod that it is bound to is there. */
  readonly podExists?: boolean
}

export const heldToken = fact({
  what: 'the reviewer’s token that was handed in',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, look): Promise<HeldToken | undefined> {
    const token = look.scene.tokens['reviewer']
    const claims = token && claimsOf(token)
    if (claims === undefined) return undefined
    const { boundTo, subject: sub = '' } = claims
    if (boundTo?.kind.toLowerCase() !== 'pod') return { claims }
    await look.ask(version, subject)
    const pods = { apiVersion: 'v1', kind: 'Pod', resource: 'pods', namespace: sub.split(':')[2] ?? '' }
    return { claims, podExists: (await clusterOf(subject, look).get({ ...pods, name: boundTo.name })) !== undefined }
  },
})

export const userOf = ({ namespace, serviceAccount }: Pick<TheReviewer, 'namespace' | 'serviceAccount'>): string =>
  `system:serviceaccount:${namespace}:${serviceAccount}`

/** May the reviewer do that? Undefined: there is no reviewer. */
const reviewerMay = (what: string, query: AccessQuery) =>
  fact({
    what,
    key: byPath,
    from: 'operator',
    async fetch(subject: OfMount, { ask }): Promise<boolean | undefined> {
      const who = await ask(reviewer, subject)
      if (who === undefined) return undefined
      return (await ask(mayDo, { cluster: subject.cluster, user: userOf(who), query })).allowed
    },
  })

export const mayReview = reviewerMay('whether the reviewer may review', TOKEN_REVIEW)
export const mayAll = reviewerMay('whether the reviewer may do everything', { verb: '*', group: '*', resource: '*' })
export const mayReadNamespaces = reviewerMay('whether the reviewer may read namespaces', {
  verb: 'get',
  group: '',
  resource: 'namespaces',
})

/** An account that has to ask for itself. */
export interface Client {
  readonly namespace: string
  readonly name: string
  readonly mayReview: boolean
}

/** So many are asked about: one SubjectAccessReview each. */
const MOST_CLIENTS = 20

/** Those that log in where nobody reviews: of the file, or by name of the roles. */
export const clients = fact({
  what: 'whether the workloads may ask for themselves',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, { ask, scene }): Promise<readonly Client[]> {
    const { cluster } = subject
    const found =
      scene.isWritten && cluster !== undefined
        ? clientsOf(scene.file, cluster)
        : [...(await ask(roles, subject)).values()].flatMap(({ role }) => accountsOf(role))
    const distinct = [...new Map(found.map((one) => [`${one.namespace}/${one.name}`, one])).values()]
    return mapBounded(distinct.slice(0, MOST_CLIENTS), async ({ namespace, name }) => {
      const user = userOf({ namespace, serviceAccount: name })
      return { namespace, name, mayReview: (await ask(mayDo, { cluster, user, query: TOKEN_REVIEW })).allowed }
    })
  },
})

/** The accounts that a role names without a glob. */
export function accountsOf({ bindings: { names, namespaces } }: Role): { namespace: string; name: string }[] {
  const isName = (name: string): boolean => !name.includes('*')
  return namespaces.filter(isName).flatMap((namespace) => names.filter(isName).map((name) => ({ namespace, name })))
}

/** All RoleBindings. */
export const roleBindings = fact({
  what: 'the RoleBindings',
  key: ({ cluster }: OfCluster) => cluster ?? '',
  from: 'operator',
  async fetch(subject: OfCluster, look) {
    await look.ask(version, subject)
    const kind = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', resource: 'rolebindings' }
    return clusterOf(subject, look).list(kind)
  },
})

/** What reviewers are named in the tutorials; workloads that ask for themselves are bound to the same role. */
const REVIEWER_LIKE = /vault|review/i

/**
 * Accounts that look like reviewers, and of which no Secret holds a token: where nobody asks for one, Kubernetes makes none
 * since 1.24 (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#auto-generated-legacy-serviceaccount-token-clean-up).
 */
export const tokenless = fact({
  what: 'accounts that may review and have no token',
  key: ({ cluster }: OfCluster) => cluster ?? '',
  from: 'operator',
  async fetch(subject: OfCluster, look): Promise<readonly { namespace: string; name: string }[]> {
    const bindings = (await look.ask(clusterRoleBindings, subject)).filter(
      (one) => (one['roleRef'] as { name?: string } | undefined)?.name === AUTH_DELEGATOR,
    )
    const members = bindings.flatMap(
      (one) => (one['subjects'] ?? []) as readonly { kind: string; name: string; namespace?: string }[],
    )
    const found = members.flatMap(({ kind, name, namespace = '' }) =>
      kind === 'ServiceAccount' && REVIEWER_LIKE.test(name) ? [{ namespace, name }] : [],
    )
    const asked = await mapBounded(found.slice(0, MOST_CLIENTS), async ({ namespace, name }) => {
      const of = await look.ask(account, { ...subject, namespace, serviceAccount: name })
      if (of === undefined) return []
      const secrets = await clusterOf(subject, look).list(refs.secret(namespace, ''))
      // A token of TokenRequest may hang on a marker.
      const isOf = ({ metadata }: KubernetesObject): boolean =>
        metadata.annotations?.[OF_ACCOUNT] === name || metadata.name.startsWith(`${name}-`)
      return secrets.some(isOf) ? [] : [{ namespace, name }]
    })
    return asked.flat()
  },
})

/** In which of the namespaces that roles name the reviewer may not read service accounts. */
export const unreadableAccounts = fact({
  what: 'whether the reviewer may read service accounts',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, { ask }): Promise<readonly string[]> {
    const config = await ask(writtenConfig, subject)
    if (config['use_annotations_as_alias_metadata'] !== true) return []
    const who = await ask(reviewer, subject)
    if (who === undefined) return []
    const named = [...(await ask(roles, subject)).values()].flatMap(({ role }) => accountsOf(role))
    const spaces = [...new Set(named.map(({ namespace }) => namespace))].slice(0, MOST_CLIENTS)
    const asked = await mapBounded(spaces, async (namespace) => {
      const query = { verb: 'get', group: '', resource: 'serviceaccounts', namespace }
      const { allowed } = await ask(mayDo, { cluster: subject.cluster, user: userOf(who), query })
      return allowed ? [] : [namespace]
    })
    return asked.flat()
  },
})
