import type { File } from '../config/file.js'
import { doctorCalls, isProbing } from '../doctor/calls.js'
import type { ApiCall, Resource } from '../kinds/contract.js'
import type { TokenReviewer } from '../kinds/reviewer.js'
import { recordCalls } from '../reconcile/inventory-store.js'
import type { Graph } from '../reconcile/graph.js'
import { verifyCalls } from '../verify/calls.js'
import { subjectsOf } from '../verify/subjects.js'
import { rotationCalls } from './rotate-state.js'
import { inventoryOf } from './session.js'

/** What an identity is for. apply: with the verification that it ends with. doctor: with what --probe makes. */
export type Purpose = 'plan' | 'apply' | 'verify' | 'doctor'
/** What runs without anybody at it. doctor-reads: without --probe. */
export type Unattended = 'apply' | 'verify' | 'doctor-reads' | 'drift' | 'reviewer-rotate'

/** One call that has to be allowed, and what for. */
export interface Need {
  readonly call: ApiCall
  readonly why: string
}

/** All that a run does with the operator's own rights. Pure. */
export function needsOf(file: File, graph: Graph, purpose: Purpose | Unattended): readonly Need[] {
  const resources = [...graph.values()]
  const record = recordCalls(inventoryOf(file), file.name).map((call) => ({ call, why: recordReason(call) }))
  // The record tells every command what the file has made.
  const always = [...record.filter(({ call }) => isRead(call) && isConfigMap(call)), ...discovery(file)]
  const reads = resources.flatMap((resource) => needs(resource, callsOf(resource).read))
  const { subjects } = subjectsOf(file, { roles: [], sample: Infinity })
  const proofOf = (of: typeof subjects) => verifyCalls(of, file).map((call) => ({ call, why: proofReason(call) }))
  const proof = proofOf(subjects)
  switch (purpose) {
    case 'plan':
      return [...always, ...reads]
    case 'verify':
      return [...always, ...proof]
    case 'doctor':
      return [...always, ...reads, ...proof, ...doctorCalls(file)]
    case 'doctor-reads':
      return [...always, ...reads, ...doctorCalls(file).filter((each) => !isProbing(each))]
    case 'drift':
      // It proves what works, and tries nothing that must be refused.
      return [...always, ...reads, ...proofOf(subjects.map((subject) => ({ ...subject, strangers: [] })))]
    case 'reviewer-rotate':
      return [...always, ...rotation(file)]
    case 'apply':
      return [
        ...always,
        ...reads,
        ...resources.flatMap((resource) => needs(resource, callsOf(resource).write)),
        ...resources.flatMap((resource) => sources(resource, inventoryOf(file).cluster)),
        ...record,
        // The default policy allows it too, but not every token has that.
        {
          call: { api: 'vault', path: 'sys/capabilities-self', capabilities: ['update'] },
          why: 'what may be done is asked before anything is written',
        },
        ...proof,
      ]
  }
}

/**
 * What only makes the proof better: without it a probe says that it did not see a credential end with its lease. It is
 * left out, since it is for every lease of the server. Pure.
 */
export function wishesOf(file: File, purpose: Purpose): readonly Need[] {
  const { subjects } = subjectsOf(file, { roles: [], sample: Infinity })
  const leases = subjects.some(({ can }) => can.some(({ grant }) => grant.engine === 'database'))
  if (purpose === 'plan' || !leases) return []
  return [
    {
      call: { api: 'vault', path: 'sys/leases/revoke', capabilities: ['update'] },
      why: 'verification then sees that a database user ends with its lease',
    },
  ]
}

/** Of every cluster whose reviewer has a token that can be rotated. */
function rotation(file: File): Need[] {
  return Object.entries(file.clusters).flatMap(([cluster, { auth }]) => {
    if (auth.method !== 'kubernetes') return []
    const { reviewer } = auth
    if (reviewer.token !== 'secret' && reviewer.token !== 'bound') return []
    const at = { mount: auth.path, cluster, reviewer: reviewer satisfies TokenReviewer, mark: {}, file: file.name }
    return rotationCalls(at, inventoryOf(file)).map((call) => ({ call, why: rotationReason(call) }))
  })
}

const callsOf = ({ kind, id, desired }: Resource) => kind.calls(id, desired)

function needs({ kind, address }: Resource, calls: readonly ApiCall[]): Need[] {
  return calls.map((call) => {
    const isItself = call.api === 'kubernetes' || address === `vault:${call.path}`
    return { call, why: isItself ? kind.title : `${kind.title} ${address.slice('vault:'.length)}` }
  })
}

/** Secrets of a cluster from which the file takes values. */
function sources({ kind, desired }: Resource, home: string): Need[] {
  return (kind.sources?.(desired, undefined) ?? []).flatMap((source) => {
    if (!('kubernetes' in source)) return []
    const [namespace = '', name = ''] = source.kubernetes.secret.split('/')
    const access = { verb: 'get', group: '', resource: 'secrets', namespace, name }
    return [
      {
        call: { api: 'kubernetes', cluster: source.kubernetes.cluster ?? home, access },
        why: 'values that the file takes from it',
      },
    ]
  })
}

/** Where the file says that the CA of an API server is found in its cluster. */
function discovery({ clusters }: File): Need[] {
  return Object.entries(clusters).flatMap(([cluster, { apiServerCA }]) => {
    if (apiServerCA !== 'rootConfigMap' && apiServerCA !== 'tokenSecret') return []
    const name = 'kube-root-ca.crt'
    const access = { verb: 'get', group: '', resource: 'configmaps', namespace: 'kube-system', name }
    return [{ call: { api: 'kubernetes', cluster, access }, why: 'the CA of the API server' }]
  })
}

const isRead = (call: ApiCall): boolean => call.api === 'kubernetes' && call.access.verb === 'get'
const isConfigMap = (call: ApiCall): boolean => call.api === 'kubernetes' && call.access.resource === 'configmaps'

const recordReason = (call: ApiCall): string =>
  isConfigMap(call) ? 'the record of what the file has made' : 'the Lease that keeps two runs apart'

function proofReason(call: ApiCall): string {
  if (call.api === 'vault') return 'verification: ends tokens that may not end themselves'
  const { resource, subresource } = call.access
  if (subresource === 'token') return 'verification: logs in as these accounts, for ten minutes at most'
  return resource === 'secrets'
    ? 'verification: Secrets that its tokens end with'
    : 'verification: accounts that must be refused'
}

function rotationReason(call: ApiCall): string {
  if (call.api === 'vault') return 'the rotation, and its proofs'
  const { resource, subresource } = call.access
  if (subresource === 'token') return 'a new token of the reviewer, and of nobody else'
  if (resource === 'secrets') return 'the Secrets that tokens of the reviewer end with'
  return recordReason(call)
}
