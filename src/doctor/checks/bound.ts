import { matchesGlob, resolveBindings } from '../../access/bindings.js'
import { DOCTOR } from '../../catalogue/index.js'
import { nearest } from '../../catalogue/nearest.js'
import { accountAddress } from '../../kinds/reviewer.js'
import { splitAccount } from '../../kinds/service-account.js'
import { check, maybe, type AnyCheck, type Problem, type Scene } from '../contract.js'
import { accounts } from '../facts/cluster.js'
import { audiencesOf, clusterView, presentRole } from '../facts/role.js'
import { accountNow, accountToken, claims, visitorName } from '../facts/workload.js'
import { roleInFile } from '../role-in-file.js'
import type { WorkloadSubject } from '../subject.js'
import { AT_THE_LOGIN, eachOf, kubectl, listed, roleWrite, tokenCommand } from './role-words.js'

type Said = Pick<Scene, 'file' | 'isWritten'>

const isKubernetes = ({ method }: Pick<WorkloadSubject, 'method'>): boolean => method === 'kubernetes'

/** A workload against the bindings of the role that it logs in with. */
export const boundChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.audienceMismatch],
    subject: 'workload',
    wants: { role: presentRole, claims, token: accountToken },
    explains: [DOCTOR.audienceMismatch.code, DOCTOR.tokenRejected.code, ...AT_THE_LOGIN],
    judge: (subject, { role, claims }, scene) => {
      const wanted = audiencesOf(role)
      const has = claims?.audiences ?? []
      const fits =
        wanted.length === 0 ? isKubernetes(subject) || has.length === 0 : has.some((one) => wanted.includes(one))
      if (fits) return []
      return [
        {
          message: `The token is for ${listed(has)}, and the role ${subject.role} asks for ${listed(wanted)}.`,
          evidence: { token: listed(has), role: listed(wanted) },
          remedy: {
            manual: [
              `Project a token with the audience ${listed(wanted)} into the pod (serviceAccountToken.audience of a projected volume${subject.account === undefined ? '' : `; to try: ${tokenCommand(subject, wanted, scene)}`}), or change the audience of the role.`,
            ],
          },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.nameNotBound],
    subject: 'workload',
    wants: { role: presentRole, who: visitorName },
    applies: isKubernetes,
    explains: [DOCTOR.nameNotBound.code, ...AT_THE_LOGIN],
    judge: (subject, { role: { role }, who }, scene) => {
      const { names, namespaces } = role.bindings
      if (names.some((glob) => matchesGlob(glob, who.name))) return []
      const meant = nearest(who.name, names)
      return [
        {
          message: `The role ${subject.role} does not let in the service account ${who.name}.${meant === undefined ? '' : ` Is ${meant} meant?`}`,
          evidence: { account: `${who.namespace}/${who.name}`, role: listed(names) },
          remedy: admit(subject, scene, [
            ...eachOf('service-accounts', [...names, who.name]),
            ...eachOf('namespaces', namespaces),
          ]),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.namespaceNotBound],
    subject: 'workload',
    wants: { role: presentRole, who: visitorName, view: maybe(clusterView) },
    applies: isKubernetes,
    explains: [DOCTOR.namespaceNotBound.code, ...AT_THE_LOGIN],
    judge: (subject, { role: { role }, who, view }, scene) => {
      const { namespaces, selector } = role.bindings
      if (namespaces.some((glob) => matchesGlob(glob, who.namespace))) return []
      if (selector !== undefined && !view.known) return { unknown: `The labels of ${who.namespace} are not known.` }
      const labels = view.known ? view.value.namespaces : undefined
      // As the plug-in resolves it: whoever has the labels is in.
      const only = { ...role.bindings, names: ['*'], namespaces: [] }
      const fits = resolveBindings(only, view.known ? view.value : undefined).accounts
      if (fits.some(({ namespace }) => namespace === who.namespace)) return []
      const meant = nearest(who.namespace, namespaces)
      return [
        {
          message: `The role ${subject.role} does not let in accounts of the namespace ${who.namespace}.${meant === undefined ? '' : ` Is ${meant} meant?`}`,
          evidence: {
            account: `${who.namespace}/${who.name}`,
            role: listed(namespaces),
            ...(selector !== undefined && {
              selector: JSON.stringify(selector),
              labels: JSON.stringify(labels?.get(who.namespace) ?? {}),
            }),
          },
          remedy: admit(subject, scene, eachOf('namespaces', [...namespaces, who.namespace])),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.boundAccountMissing],
    subject: 'workload',
    wants: { now: accountNow, all: maybe(accounts) },
    // Of a token that was handed in the API server says it.
    applies: ({ token, account }) => token === undefined && account !== undefined,
    explains: [DOCTOR.boundAccountMissing.code, ...AT_THE_LOGIN],
    judge: ({ account = '', cluster }, { now, all }, scene) => {
      if (now !== undefined) return []
      const { namespace, name } = splitAccount(account)
      const there = all.known ? all.value.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`) : []
      const meant = nearest(account, there)
      return [
        {
          message: `There is no service account ${account}.${meant === undefined ? '' : ` Is ${meant} meant?`}`,
          remedy:
            scene.isWritten && scene.file.serviceAccounts.includes(account)
              ? { apply: [accountAddress(cluster ?? '', namespace, name)] }
              : {
                  commands: [kubectl(['create', 'serviceaccount', name, '--namespace', namespace], cluster, scene)],
                  text: 'If it does not come with what uses it:',
                },
        },
      ]
    },
  }),
]

/** Letting somebody in is a decision: the file is changed by hand, a role that no file says by a command. */
const admit = (
  subject: WorkloadSubject,
  scene: Said,
  flags: readonly (readonly [flag: string, value: string])[],
): Problem['remedy'] =>
  roleInFile(subject, scene) === undefined
    ? { commands: [roleWrite(subject, flags)], text: 'If it is meant to be let in:' }
    : {
        manual: [
          `If it is meant to be let in, say so under roles.${subject.role} in the file, and apply. Else log in as one that the role names.`,
        ],
      }
