import { DOCTOR, type CodeRecord } from '../../catalogue/index.js'
import { shellWord } from '../../catalogue/shell-word.js'
import { check, type AnyCheck, type Problem } from '../contract.js'
import { accounts } from '../facts/cluster.js'
import { roles, writtenConfig } from '../facts/mount.js'
import { accountsOf, mayReadNamespaces, reviewer, unreadableAccounts, type TheReviewer } from '../facts/reviewer.js'
import { secretReaders } from '../facts/secret-readers.js'
import type { MountSubject } from '../subject.js'
import { kubectl, type InScene } from './reviewer-remedy.js'

const isKubernetes = ({ method }: MountSubject): boolean => method === 'kubernetes'
const LOGIN: readonly CodeRecord['code'][] = [DOCTOR.loginRefused.code]

/** What the reviewer has to read besides, and who reads its token. */
export const reviewerReadsChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.noNamespaceRead, DOCTOR.reviewerUnset],
    subject: 'mount',
    wants: { who: reviewer, may: mayReadNamespaces, roles },
    applies: isKubernetes,
    explains: LOGIN,
    judge(subject, { who, may, roles }, scene) {
      const selecting = [...roles.values()].filter(({ role }) => typeof role.bindings.selector === 'object')
      const named = selecting.map(({ role }) => role.name).join(', ')
      if (selecting.length === 0 || may === true) return []
      if (who === undefined)
        return [
          {
            record: DOCTOR.reviewerUnset,
            message: `Roles select namespaces by their labels (${named}), for which Vault needs a reviewer’s token, and it holds none.`,
            evidence: { roles: named },
            remedy: { manual: ['Let one reviewer ask for all, or name the namespaces in the roles.'] },
          },
        ]
      return [
        {
          message: `${who.namespace}/${who.serviceAccount} may not read namespaces, which roles select by their labels.`,
          evidence: { roles: named },
          remedy: { commands: allow(subject, who, 'namespaces', scene) },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.noServiceAccountRead],
    subject: 'mount',
    wants: { who: reviewer, unreadable: unreadableAccounts },
    applies: isKubernetes,
    explains: LOGIN,
    judge: (subject, { who, unreadable }, scene) =>
      who === undefined || unreadable.length === 0
        ? []
        : [
            {
              message: `${who.namespace}/${who.serviceAccount} may not read service accounts, whose annotations Vault is to use.`,
              evidence: { 'not in': unreadable.join(', ') },
              remedy: { commands: allow(subject, who, 'serviceaccounts', scene) },
            },
          ],
  }),
  check({
    records: [DOCTOR.aliasAnnotationReserved],
    subject: 'mount',
    wants: { config: writtenConfig, roles, accounts },
    applies: isKubernetes,
    explains: LOGIN,
    judge(subject, { config, roles, accounts }, scene) {
      if (config['use_annotations_as_alias_metadata'] !== true) return []
      const bound = new Set(
        [...roles.values()].flatMap(({ role }) =>
          accountsOf(role).map(({ namespace, name }) => `${namespace}/${name}`),
        ),
      )
      return accounts.flatMap(({ metadata: { namespace = '', name, annotations = {} } }): Problem[] => {
        const reserved = Object.keys(annotations).filter((key) => RESERVED.test(key))
        if (reserved.length === 0 || !bound.has(`${namespace}/${name}`)) return []
        const words = reserved.map((key) => shellWord(`${key}-`)).join(' ')
        return [
          {
            message: `The service account ${namespace}/${name} has an annotation that Vault keeps for itself.`,
            evidence: { annotations: reserved.join(', ') },
            remedy: {
              commands: [
                `${kubectl(subject, scene)} --namespace ${shellWord(namespace)} annotate serviceaccount ${shellWord(name)} ${words}`,
              ],
            },
          },
        ]
      })
    },
  }),
  check({
    records: [DOCTOR.reviewerSecretReadable],
    subject: 'mount',
    wants: { who: reviewer, readers: secretReaders },
    applies: isKubernetes,
    judge: (_mount, { who, readers }) =>
      who === undefined || readers === undefined || readers.length === 0
        ? []
        : [
            {
              message: `Others can read the Secret with the token of ${who.namespace}/${who.serviceAccount}: ${readers.slice(0, SHOWN).join(', ')}${readers.length > SHOWN ? ` and ${readers.length - SHOWN} more` : ''}.`,
              evidence: { readers: readers.length },
              remedy: {
                manual: [
                  `Take the right to read Secrets in ${who.namespace} from them, or let the reviewer's token expire: token: bound.`,
                ],
              },
            },
          ],
  }),
]

const SHOWN = 10

/** vault-plugin-auth-kubernetes, path_login.go: what it writes itself. */
const RESERVED = /^vault\.hashicorp\.com\/alias-metadata-service_account_(?:uid|name|namespace|secret_name)$/

function allow(
  subject: MountSubject,
  { namespace, serviceAccount }: TheReviewer,
  resource: string,
  scene: InScene,
): string[] {
  const name = shellWord(`vault-reviewer-reads-${resource}:${namespace}:${serviceAccount}`)
  const program = kubectl(subject, scene)
  return [
    `${program} create clusterrole ${name} --verb=get --resource=${resource}`,
    `${program} create clusterrolebinding ${name} --clusterrole=${name} --serviceaccount=${shellWord(`${namespace}:${serviceAccount}`)}`,
  ]
}
