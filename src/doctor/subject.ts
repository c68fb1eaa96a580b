/** What is examined. A more special subject has all members of what it hangs on, so that facts of that can be asked of it. */
export interface VaultSubject {
  readonly kind: 'vault'
}

export interface ClusterSubject {
  readonly kind: 'cluster'
  /** By name in the file. */
  readonly cluster: string
  /** Only what is in this namespace, and in none: somebody asks about one pod. */
  readonly within?: string
}

/** An auth mount, and the cluster whose workloads log in there. */
export interface MountSubject {
  readonly kind: 'mount'
  /** Its path, without `auth/`. */
  readonly mount: string
  readonly method: 'kubernetes' | 'jwt'
  /** Undefined: of no cluster that is known here. */
  readonly cluster: string | undefined
}

export interface RoleSubject extends Omit<MountSubject, 'kind'> {
  readonly kind: 'role'
  readonly role: string
}

/** A workload at the door: who, with which role, and with which token. */
export interface WorkloadSubject extends Omit<RoleSubject, 'kind'> {
  readonly kind: 'workload'
  /** NAMESPACE/NAME; undefined: whoever the token says. */
  readonly account: string | undefined
  /** The name of a token that somebody handed in; undefined: one is asked for. */
  readonly token?: string
}

export interface PolicySubject {
  readonly kind: 'policy'
  readonly policy: string
}

/** A secrets engine. */
export interface EngineSubject {
  readonly kind: 'engine'
  /** Its path. */
  readonly engine: string
  readonly type: string
}

/** An object of the cluster that makes something log in to Vault, or that receives what was logged in for. */
export interface ConsumerSubject {
  readonly kind: 'consumer'
  readonly cluster: string
  readonly apiVersion: string
  /** `Pod`, `VaultAuth` … */
  readonly object: string
  /** Empty: it is in none. */
  readonly namespace: string
  readonly name: string
  /** As of its cluster. */
  readonly within?: string
  /** Of the pod that somebody asks about: the auth mounts at which it may log in. */
  readonly doors?: readonly MountSubject[]
}

export type Subject =
  | VaultSubject
  | ClusterSubject
  | MountSubject
  | RoleSubject
  | WorkloadSubject
  | PolicySubject
  | EngineSubject
  | ConsumerSubject

export type SubjectKind = Subject['kind']
export type SubjectOf<K extends SubjectKind> = Extract<Subject, { kind: K }>

/** The one name of a subject, for people and for programs: like the addresses of the objects. */
export function addressOf(subject: Subject): string {
  switch (subject.kind) {
    case 'vault':
      return 'vault:'
    case 'cluster':
      return `k8s:${subject.cluster}`
    case 'mount':
      return `vault:auth/${subject.mount}`
    case 'role':
      return `vault:auth/${subject.mount}/role/${subject.role}`
    case 'workload':
      return `vault:auth/${subject.mount}/role/${subject.role} as ${subject.account ?? subject.token ?? 'a token'}`
    case 'policy':
      return `vault:sys/policies/acl/${subject.policy}`
    case 'engine':
      return `vault:${subject.engine}`
    case 'consumer':
      return `k8s:${subject.cluster}:${[subject.object, subject.namespace, subject.name].filter((part) => part !== '').join('/')}`
  }
}

/** The addresses of what a subject hangs on: whatever is wrong with those may show as something wrong with it. */
export function ancestorsOf(subject: Subject): readonly string[] {
  const ofCluster = (cluster: string | undefined): string[] => (cluster === undefined ? [] : [`k8s:${cluster}`])
  switch (subject.kind) {
    case 'vault':
    case 'cluster':
      return []
    case 'mount':
      return ['vault:', ...ofCluster(subject.cluster)]
    case 'role':
      return [`vault:auth/${subject.mount}`, 'vault:', ...ofCluster(subject.cluster)]
    case 'workload':
      return [
        `vault:auth/${subject.mount}/role/${subject.role}`,
        `vault:auth/${subject.mount}`,
        'vault:',
        ...ofCluster(subject.cluster),
      ]
    case 'policy':
    case 'engine':
      return ['vault:']
    case 'consumer':
      return ofCluster(subject.cluster)
  }
}

/** Hangs one of them on the other, or are they one? */
export function areRelated(one: Subject, other: Subject): boolean {
  const [a, b] = [addressOf(one), addressOf(other)]
  return a === b || ancestorsOf(one).includes(b) || ancestorsOf(other).includes(a)
}
