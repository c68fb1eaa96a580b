import type { Secret } from '../secrets/index.js'

/** Names one object: the plural resource is what RBAC and URLs use. */
export interface ObjectRef {
  readonly apiVersion: string
  readonly kind: string
  /** The plural, lower case: `serviceaccounts`. */
  readonly resource: string
  readonly namespace?: string
  readonly name: string
}

/** Names all objects of a kind, in one namespace or in all. */
export type KindRef = Omit<ObjectRef, 'name'>

export interface KubernetesObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly creationTimestamp?: string
    readonly deletionTimestamp?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly managedFields?: ReadonlyArray<{ readonly manager?: string; readonly operation?: string }>
  }
  readonly [field: string]: unknown
}

export interface AccessQuery {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

export interface TokenRequest {
  readonly namespace: string
  readonly serviceAccount: string
  /** Empty: the API server's own audience. */
  readonly audiences: readonly string[]
  /** At least 600 (the API's minimum). */
  readonly expirationSeconds: number
  readonly boundTo?: {
    readonly kind: 'Secret' | 'Pod'
    readonly apiVersion: 'v1'
    readonly name: string
    readonly uid: string
  }
}

/** https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery */
export interface TokenIssuer {
  readonly issuer: string
  /** Where the public keys are. */
  readonly keys?: string
  readonly algorithms: readonly string[]
}

/**
 * One cluster. Every failure is an IceError of the catalogue's KUBERNETES codes; `status` of the answer that caused it is
 * in `details.evidence.status`. Only an abort is passed on as it is: the signal's reason.
 *
 * A `Secret` in an object that is sent is opened on the wire. What the API returns of a Secret is sealed: each value under
 * `data` is a `Secret` (decoded).
 */
export interface Cluster {
  /** Its name in the file. */
  readonly name: string
  /** The URL that the operator's machine uses. */
  readonly server: string
  /** The CA certificates of the kubeconfig (PEM), if it has any. */
  readonly certificateAuthority: string | undefined
  get(ref: ObjectRef): Promise<KubernetesObject | undefined>
  list(kind: KindRef, labelSelector?: string): Promise<readonly KubernetesObject[]>
  /** The kinds of object that can be listed in a namespace, by the API's own discovery, each in its preferred version. */
  namespacedKinds(): Promise<readonly KindRef[]>
  /**
   * POST: fails with KUBERNETES.exists (409) where it is there. It is repeated only where nothing can have been sent;
   * where its answer is lost it fails with KUBERNETES.answerLost: read the object back.
   */
  create(kind: KindRef, object: object): Promise<KubernetesObject>
  /** Server-side apply with our field manager, never forced: a conflict is KUBERNETES.conflict with the manager's name. */
  apply(ref: ObjectRef, object: object): Promise<KubernetesObject>
  /** PUT; `metadata.resourceVersion` in the object makes it fail (KUBERNETES.changed) if somebody was faster. */
  replace(ref: ObjectRef, object: object): Promise<KubernetesObject>
  /** DELETE; deleting what is not there is no error. */
  delete(ref: ObjectRef, preconditions?: { uid?: string; resourceVersion?: string }): Promise<void>
  /** TokenRequest; `expiresAt` is what was granted, which may be less than asked for. */
  requestToken(request: TokenRequest): Promise<{ token: Secret; expiresAt: Date }>
  /** `data[key]` of a Secret, decoded; undefined where the Secret or the key is not there (yet). */
  readSecret(namespace: string, name: string, key: string): Promise<Secret | undefined>
  /**
   * SelfSubjectAccessReview for each query, in order.
   * @param as the holder of this token instead; KUBERNETES.unauthorized where the API server does not accept it
   */
  can(queries: readonly AccessQuery[], as?: Secret): Promise<readonly boolean[]>
  /**
   * What the API server publishes of the issuer of service-account tokens (/.well-known/openid-configuration); undefined
   * where it publishes nothing.
   */
  tokenIssuer(): Promise<TokenIssuer | undefined>
  /** The public keys of that issuer as it publishes them (/openid/v1/jwks), each as PEM (SPKI), sorted. */
  tokenKeys(): Promise<readonly string[]>
  /** `v1.36.3`, and the `Date` of the answer. */
  version(): Promise<{ version: string; date: Date | undefined }>
  /** Ends the connections; requests under way fail. */
  close(): Promise<void>
}

/** Which cluster is meant, and as whom. */
export interface ClusterSelection {
  /** Files, separated as in PATH; default: KUBECONFIG, then ~/.kube/config. */
  readonly kubeconfig?: string | undefined
  /** Default: the kubeconfig's current context. */
  readonly context?: string | undefined
  /** The pod's own service account instead of a kubeconfig. */
  readonly inCluster?: boolean | undefined
  /** Accept a kubeconfig that switches TLS verification off. */
  readonly insecure?: boolean | undefined
  /** How long a credential plug-in may take; default 30 000. */
  readonly pluginTimeoutMs?: number | undefined
}

/** What a request needs to be let in. */
export interface Authentication {
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly tls: {
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
    readonly servername?: string
    readonly rejectUnauthorized?: boolean
  }
}

/** Where a cluster is and how one logs in to it. */
export interface Connection {
  /** https, without a slash at its end; it may have a path (Rancher: /k8s/clusters/ID). */
  readonly server: string
  readonly certificateAuthority: string | undefined
  /** `proxy-url` of the kubeconfig; else the environment decides. */
  readonly proxy: string | undefined
  /** For people: `user admin of context kind-demo (client certificate)`. */
  readonly login: string
  /**
   * Cheap when nothing has expired. `renew`: the server has refused what it got last, so ask anew.
   * @throws IceError KUBERNETES.credentialPlugin, kubeconfigInvalid
   */
  authenticate(renew?: boolean): Promise<Authentication>
  /** When the credentials that `authenticate` gave last run out, where they say so (client certificate, JWT). */
  expiresAt(): Date | undefined
}
