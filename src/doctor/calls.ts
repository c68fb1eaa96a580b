import type { File } from '../config/file.js'
import { mountCalls, scratchMountCalls } from '../kinds/auth-config-proof.js'
import type { ApiCall } from '../kinds/contract.js'
import { reviewerOf } from '../kinds/reviewer.js'
import { scratchTokenCalls } from '../kinds/scratch-token.js'
import type { AccessQuery } from '../kubernetes/index.js'
import { KINDS_READ } from './consumers/index.js'

/** A call of doctor, and what for. */
export interface DoctorCall {
  readonly call: ApiCall
  readonly why: string
}

/** What the reason begins with of a call that only --probe makes. */
const PROBING = 'with --probe: '
export const isProbing = ({ why }: DoctorCall): boolean => why.startsWith(PROBING)

type Capability = Extract<ApiCall, { api: 'vault' }>['capabilities'][number]

const vault = (why: string, path: string, ...capabilities: readonly Capability[]): DoctorCall => ({
  call: { api: 'vault', path, capabilities },
  why,
})

/**
 * What doctor does for a file with the operator's own rights, with --probe, beside what plan and verify do: it also looks at
 * what others have made in the same places, so that names are globs. Where a call is refused, verdicts stay unknown. Pure.
 */
export function doctorCalls(file: File): readonly DoctorCall[] {
  return [
    vault('what is mounted', 'sys/auth', 'read'),
    vault('what is mounted', 'sys/mounts', 'read'),
    vault('which policies there are', 'sys/policies/acl', 'list'),
    vault('what the policies of the roles allow', 'sys/policies/acl/*', 'read'),
    vault('whether there is an audit device', 'sys/audit', 'read', 'sudo'),
    vault('which quota turned requests away', 'sys/quotas/rate-limit', 'list'),
    vault('which quota turned requests away', 'sys/quotas/rate-limit/*', 'read'),
    vault('the entities of the workloads', 'identity/lookup/entity', 'update'),
    vault('the entities of the workloads', 'identity/entity-alias/id', 'list'),
    vault('the entities of the workloads', 'identity/entity/id/*', 'read'),
    ...Object.values(file.clusters).flatMap(({ auth }) => atMount(auth.path)),
    ...Object.values(file.clusters).flatMap(({ auth }) =>
      auth.method === 'kubernetes' ? probing(mountCalls(auth.path)) : [],
    ),
    ...probing(scratchMountCalls),
    ...Object.entries(file.engines).flatMap(([engine, { type }]) => atEngine(engine, type)),
    ...Object.entries(file.clusters).flatMap(([cluster, { auth }]) => onCluster(cluster, auth, file.name)),
  ]
}

const atMount = (mount: string): readonly DoctorCall[] => [
  vault('the config of the auth mount', `auth/${mount}/config`, 'read'),
  vault('the lifetimes of the auth mount', `sys/mounts/auth/${mount}/tune`, 'read'),
  vault('the roles of the auth mount', `auth/${mount}/role`, 'list'),
  vault('the roles of the auth mount', `auth/${mount}/role/*`, 'read'),
]

const probing = (calls: readonly ApiCall[]): readonly DoctorCall[] =>
  calls.map((call) => ({ call, why: `${PROBING}what Vault meets at the API server` }))

function atEngine(engine: string, type: string): readonly DoctorCall[] {
  const reads = 'the engine, and what is configured there'
  switch (type) {
    case 'kv':
      return [vault(reads, `${engine}/config`, 'read')]
    case 'database':
      return [
        ...['config', 'roles', 'static-roles'].flatMap((part) => [
          vault(reads, `${engine}/${part}`, 'list'),
          vault(reads, `${engine}/${part}/*`, 'read'),
        ]),
        vault(`${PROBING}a credential of each role`, `${engine}/creds/*`, 'read'),
        vault(`${PROBING}ends these credentials`, 'sys/leases/revoke', 'update'),
      ]
    case 'transit':
      return [vault(reads, `${engine}/keys`, 'list'), vault(reads, `${engine}/keys/*`, 'read')]
    default:
      return []
  }
}

/** Kinds of operators that are not installed do no harm here. */
const RECEIVING = KINDS_READ.map((written) => {
  const [kind = '', group = ''] = written.split('/').reverse()
  return { resource: `${kind.toLowerCase()}${kind.endsWith('s') ? 'es' : 's'}`, group }
}).filter(({ resource }) => !['namespaces', 'serviceaccounts'].includes(resource))

const RBAC = 'rbac.authorization.k8s.io'

function onCluster(cluster: string, auth: File['clusters'][string]['auth'], file: string): readonly DoctorCall[] {
  const may = (
    why: string,
    verb: string,
    resource: string,
    group = '',
    more: Partial<AccessQuery> = {},
  ): DoctorCall => ({
    call: { api: 'kubernetes', cluster, access: { verb, group, resource, ...more } },
    why,
  })
  const reviewer = reviewerOf(auth)
  return [
    may('who there is, and where', 'list', 'namespaces'),
    may('who there is, and where', 'list', 'serviceaccounts'),
    may('who there is, and where', 'get', 'serviceaccounts'),
    may('who may review tokens', 'list', 'clusterrolebindings', RBAC),
    may('who can read the reviewer’s token', 'list', 'clusterroles', RBAC),
    may('who can read the reviewer’s token', 'list', 'rolebindings', RBAC),
    may('what an account may do', 'create', 'subjectaccessreviews', 'authorization.k8s.io'),
    may('what the API server says of a token', 'create', 'tokenreviews', 'authentication.k8s.io'),
    may('the CA of the cluster', 'get', 'configmaps', '', { namespace: 'kube-system', name: 'kube-root-ca.crt' }),
    ...RECEIVING.map(({ resource, group }) => may('what receives secrets', 'list', resource, group)),
    ...(reviewer === undefined
      ? []
      : [
          may('who can read the reviewer’s token', 'list', 'roles', RBAC, { namespace: reviewer.namespace }),
          ...['get', 'list'].map((verb) =>
            may('the Secret with the reviewer’s token', verb, 'secrets', '', { namespace: reviewer.namespace }),
          ),
          ...scratchTokenCalls({ cluster, namespace: reviewer.namespace, serviceAccount: reviewer.serviceAccount }).map(
            (call) => ({ call, why: `${PROBING}a token of the reviewer, for ${file}` }),
          ),
        ]),
  ]
}
