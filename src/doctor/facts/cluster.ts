import { DOCTOR, IceError } from '../../catalogue/index.js'
import { refs, reviews, rootCertificates, type AccessQuery, type Cluster } from '../../kubernetes/index.js'
import { fact, type Look } from '../contract.js'

/** A subject that may be of a cluster. */
export interface OfCluster {
  readonly cluster: string | undefined
}

const byName = ({ cluster }: OfCluster): string => cluster ?? ''

/** @throws IceError DOCTOR.clusterUnknown; whatever kept it from being opened */
export function clusterOf({ cluster }: OfCluster, { scene }: Pick<Look, 'scene'>): Cluster {
  if (cluster === undefined)
    throw new IceError(DOCTOR.clusterUnknown, { message: 'It is not known here which cluster this is.' })
  return scene.cluster(cluster)
}

/** The API server's version and clock: it can be reached, with a login that it knows. */
export const version = fact({
  what: 'the version of the API server',
  key: byName,
  from: 'operator',
  async fetch(subject: OfCluster, look) {
    const answer = await clusterOf(subject, look).version()
    return { ...answer, seenAt: Date.now() }
  },
})

/** The CA that the cluster gives to its pods, PEM; undefined where none is published. */
export const rootCA = fact({
  what: 'the CA that the cluster publishes',
  key: byName,
  from: 'operator',
  async fetch(subject: OfCluster, look) {
    await look.ask(version, subject)
    return rootCertificates(clusterOf(subject, look), 'kube-system')
  },
})

/** Who issues the tokens of this cluster, as it publishes it. */
export const issuer = fact({
  what: 'the issuer of the cluster’s tokens',
  key: byName,
  from: 'operator',
  async fetch(subject: OfCluster, look) {
    await look.ask(version, subject)
    return clusterOf(subject, look).tokenIssuer()
  },
})

/** The public keys with which the cluster signs its tokens, PEM. */
export const tokenKeys = fact({
  what: 'the keys of the cluster’s tokens',
  key: byName,
  from: 'operator',
  async fetch(subject: OfCluster, look) {
    await look.ask(version, subject)
    return clusterOf(subject, look).tokenKeys()
  },
})

/** The labels of each namespace, by its name. */
export const namespaces = fact({
  what: 'the namespaces of the cluster',
  key: byName,
  from: 'operator',
  async fetch(subject: OfCluster, look): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
    await look.ask(version, subject)
    const all = await clusterOf(subject, look).list({ apiVersion: 'v1', kind: 'Namespace', resource: 'namespaces' })
    return new Map(all.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]))
  },
})

/** Every service account of the cluster. */
export const accounts = fact({
  what: 'the service accounts of the cluster',
  key: byName,
  from: 'operator',
  async fetch(subject: OfCluster, look) {
    await look.ask(version, subject)
    return clusterOf(subject, look).list({ apiVersion: 'v1', kind: 'ServiceAccount', resource: 'serviceaccounts' })
  },
})

/** One service account. */
export interface AnAccount extends OfCluster {
  readonly namespace: string
  readonly serviceAccount: string
}

/** The object; undefined where there is none. */
export const account = fact({
  what: 'the service account',
  key: ({ cluster, namespace, serviceAccount }: AnAccount) => `${cluster ?? ''}/${namespace}/${serviceAccount}`,
  from: 'operator',
  async fetch(subject, look) {
    await look.ask(version, subject)
    return clusterOf(subject, look).get(refs.serviceAccount(subject.namespace, subject.serviceAccount))
  },
})

/** What somebody wants to do on a cluster. */
export interface Wish extends OfCluster {
  /** `system:serviceaccount:NAMESPACE:NAME` */
  readonly user: string
  readonly query: AccessQuery
}

/** May somebody do that? By a SubjectAccessReview. */
export const mayDo = fact({
  what: 'the rights of an account',
  key: ({ cluster, user, query }: Wish) =>
    `${cluster ?? ''} ${user} ${query.verb} ${query.group}/${query.resource}/${query.subresource ?? ''} ${query.namespace ?? ''}/${query.name ?? ''}`,
  from: 'operator',
  async fetch(subject, look): Promise<{ readonly allowed: boolean; readonly reason: string }> {
    await look.ask(version, subject)
    const [, , namespace = ''] = subject.user.split(':')
    const { group, subresource, ...query } = subject.query
    const review = await clusterOf(subject, look).create(reviews.subjectAccess, {
      apiVersion: reviews.subjectAccess.apiVersion,
      kind: reviews.subjectAccess.kind,
      spec: {
        user: subject.user,
        // What every service account is a member of: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
        resourceAttributes: { ...query, group, subresource },
      },
    })
    const status = review['status'] as { allowed?: boolean; reason?: string } | undefined
    return { allowed: status?.allowed === true, reason: status?.reason ?? '' }
  },
})

/** All ClusterRoleBindings. */
export const clusterRoleBindings = fact({
  what: 'the ClusterRoleBindings',
  key: byName,
  from: 'operator',
  async fetch(subject: OfCluster, look) {
    await look.ask(version, subject)
    return clusterOf(subject, look).list({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      resource: 'clusterrolebindings',
    })
  },
})
