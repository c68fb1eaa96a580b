import { DOCTOR, type CodeRecord } from '../../catalogue/index.js'
import { shellWord } from '../../catalogue/shell-word.js'
import { AUTH_DELEGATOR, bindingAddress, bindingName, clientsBindingName } from '../../kinds/reviewer.js'
import type { KubernetesObject } from '../../kubernetes/index.js'
import { check, maybe, type AnyCheck, type Problem, type Remedy } from '../contract.js'
import { accounts, clusterRoleBindings } from '../facts/cluster.js'
import { clients, mayAll, mayReview, reviewer, roleBindings, userOf, type TheReviewer } from '../facts/reviewer.js'
import type { MountSubject } from '../subject.js'
import { kubectl, type InScene } from './reviewer-remedy.js'

interface Member {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

const isKubernetes = ({ method }: MountSubject): boolean => method === 'kubernetes'
const LOGIN: readonly CodeRecord['code'][] = [DOCTOR.loginRefused.code]

/** What the reviewer may do, and what it may do besides. */
export const reviewerRightsChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.noAuthDelegator, DOCTOR.roleBindingOnly, DOCTOR.bindingWrongSubject],
    subject: 'mount',
    wants: {
      who: reviewer,
      may: mayReview,
      everywhere: maybe(clusterRoleBindings),
      inOne: maybe(roleBindings),
      accounts: maybe(accounts),
    },
    applies: isKubernetes,
    explains: LOGIN,
    judge(subject, { who, may, everywhere, inOne, accounts }, scene) {
      if (who === undefined || may !== false) return []
      const name = `${who.namespace}/${who.serviceAccount}`
      const remedy = bind(subject, who, scene)
      const there = accounts.known ? new Set(accounts.value.map(accountOf)) : undefined
      const looksLike = everywhere.known ? lookalike(who, everywhere.value, there) : undefined
      if (looksLike !== undefined)
        return [
          {
            record: DOCTOR.bindingWrongSubject,
            message: `The ClusterRoleBinding ${looksLike.binding} names ${looksLike.names}, not ${name}.`,
            evidence: { binding: looksLike.binding, subjects: looksLike.names },
            remedy: looksLike.binding === bindingName(who) ? replace(subject, looksLike.binding, scene) : remedy,
          },
        ]
      const local = inOne.known ? inOne.value.find((one) => isDelegation(one) && names(one, who)) : undefined
      if (local !== undefined)
        return [
          {
            record: DOCTOR.roleBindingOnly,
            message: `${name} is bound to ${AUTH_DELEGATOR} by a RoleBinding, which gives nothing.`,
            evidence: { RoleBinding: `${local.metadata.namespace ?? ''}/${local.metadata.name}` },
            remedy,
          },
        ]
      return [{ message: `${name} may not create tokenreviews, so every login is refused.`, remedy }]
    },
  }),
  check({
    records: [DOCTOR.noAuthDelegator],
    subject: 'mount',
    wants: { clients },
    applies: (mount, scene) => isKubernetes(mount) && asksForItself(mount, scene),
    explains: LOGIN,
    judge({ cluster = '' }, { clients }, { file }) {
      const denied = clients.filter((client) => !client.mayReview).map(({ namespace, name }) => `${namespace}/${name}`)
      if (denied.length === 0) return []
      const [one, more] = [denied.length === 1, denied.join(', ')]
      return [
        {
          message: `${more} ${one ? 'asks for itself, and may' : 'ask for themselves, and may'} not create tokenreviews.`,
          remedy: { apply: [bindingAddress(cluster, clientsBindingName(file.name, cluster))] },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.reviewerTooPowerful],
    subject: 'mount',
    wants: { who: reviewer, all: mayAll, bindings: clusterRoleBindings },
    applies: isKubernetes,
    judge(subject, { who, all, bindings }, scene) {
      if (who === undefined) return []
      const byGroup = bindings.filter((one) => isDelegation(one) && broadGroup(one, who) !== undefined)
      return [
        ...(all === true ? [tooPowerful(subject, who, bindings, scene)] : []),
        ...byGroup.map((one): Problem => ({
          message: `Every account of ${broadGroup(one, who) ?? ''} may review, by the ClusterRoleBinding ${one.metadata.name}.`,
          evidence: { binding: one.metadata.name },
          remedy: { manual: [`Name the reviewer alone in the ClusterRoleBinding ${one.metadata.name}.`] },
        })),
      ]
    },
  }),
]

function asksForItself({ cluster }: MountSubject, { file, isWritten }: InScene): boolean {
  const auth = isWritten && cluster !== undefined ? file.clusters[cluster]?.auth : undefined
  return auth?.method === 'kubernetes' && auth.reviewer.token === 'client'
}

const isOf = (role: string) => (binding: KubernetesObject) =>
  (binding['roleRef'] as { name?: string } | undefined)?.name === role
const isDelegation = isOf(AUTH_DELEGATOR)

const membersOf = (binding: KubernetesObject): readonly Member[] => (binding['subjects'] ?? []) as readonly Member[]

const names = (binding: KubernetesObject, { namespace, serviceAccount }: TheReviewer): boolean =>
  membersOf(binding).some(
    (one) => one.kind === 'ServiceAccount' && one.name === serviceAccount && one.namespace === namespace,
  )

const shown = ({ kind, name, namespace }: Member): string =>
  namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`

/**
 * A binding that was meant for it: the one that apply makes, or one that names nobody who is there, and half of it.
 * @param there NAMESPACE/NAME of every account; undefined: not known
 */
export function lookalike(
  who: TheReviewer,
  bindings: readonly KubernetesObject[],
  there: ReadonlySet<string> | undefined,
): { readonly binding: string; readonly names: string } | undefined {
  const isNobody = ({ kind, name, namespace = '' }: Member): boolean =>
    kind !== 'ServiceAccount' || there?.has(`${namespace}/${name}`) === false
  const isHalf = ({ name, namespace }: Member): boolean =>
    name === who.serviceAccount || namespace === who.namespace || name === userOf(who)
  const found = bindings.find((one) => {
    const members = membersOf(one)
    return (
      isDelegation(one) && (one.metadata.name === bindingName(who) || (members.every(isNobody) && members.some(isHalf)))
    )
  })
  if (found === undefined) return undefined
  return { binding: found.metadata.name, names: membersOf(found).map(shown).join(', ') || 'nobody' }
}

/** A group in which every account is. */
const broadGroup = (binding: KubernetesObject, { namespace }: TheReviewer): string | undefined =>
  membersOf(binding).find(
    ({ kind, name }) =>
      kind === 'Group' &&
      [`system:serviceaccounts:${namespace}`, 'system:serviceaccounts', 'system:authenticated'].includes(name),
  )?.name

const accountOf = ({ metadata: { namespace = '', name } }: KubernetesObject): string => `${namespace}/${name}`

/** What somebody else has written apply does not overwrite. */
const replace = (subject: MountSubject, binding: string, scene: InScene): Remedy => ({
  text: 'What somebody else wrote into it apply does not overwrite: delete it, and let it be made.',
  commands: [
    `${kubectl(subject, scene)} delete clusterrolebinding ${shellWord(binding)}`,
    scene.isWritten ? 'icebreaker apply --yes' : 'icebreaker reviewer create --adopt all',
  ],
})

/** By what it is to be allowed to review. */
function bind(subject: MountSubject, who: TheReviewer, scene: InScene): Remedy {
  const { cluster = '' } = subject
  if (scene.isWritten && who.mode !== 'unknown') return { apply: [bindingAddress(cluster, bindingName(who))] }
  const { namespace, serviceAccount } = who
  return {
    commands: [
      `icebreaker reviewer create --namespace ${shellWord(namespace)} --service-account ${shellWord(serviceAccount)} --token pod`,
    ],
  }
}

function tooPowerful(
  subject: MountSubject,
  who: TheReviewer,
  bindings: readonly KubernetesObject[],
  scene: InScene,
): Problem {
  const giving = bindings.filter((one) => isOf('cluster-admin')(one) && names(one, who))
  const isAlone = giving.length > 0 && giving.every((one) => membersOf(one).length === 1)
  const listed = giving.map(({ metadata }) => metadata.name)
  return {
    message: `${who.namespace}/${who.serviceAccount}, whose token Vault holds, may do everything in the cluster.`,
    evidence: { bindings: listed.join(', ') || 'not found by name' },
    remedy: isAlone
      ? { commands: listed.map((name) => `${kubectl(subject, scene)} delete clusterrolebinding ${shellWord(name)}`) }
      : { manual: ['Take away the bindings by which it may, and leave it system:auth-delegator alone.'] },
  }
}
