import { DOCTOR } from '../../catalogue/index.js'
import { shellWord } from '../../catalogue/shell-word.js'
import { check, type AnyCheck, type Problem } from '../contract.js'
import { authConfig, mountRow } from '../facts/mount.js'
import { movedMount, movedMounts, type Moved } from '../facts/config.js'
import { mounts } from '../facts/vault.js'
import { BELOW_MOUNT, codesOf } from './codes.js'
import type { File } from '../../config/file.js'
import type { Address } from '../../kinds/contract.js'
import type { MountSubject } from '../subject.js'

const others = (own: string) => codesOf(91).filter((code) => code !== own)

/** More than these nobody types. */
const MOST_ROLES = 20

/** What of the file stands in a mount: whoever makes that anew has lost all of it. */
function within({ mount, cluster }: MountSubject, { roles }: Pick<File, 'roles'>): readonly Address[] {
  const names = Object.entries(roles).flatMap(([name, { clusters }]) =>
    clusters === undefined || clusters.includes(cluster ?? '') ? [name] : [],
  )
  const first = names.length > MOST_ROLES ? [] : names
  return [`vault:auth/${mount}/config`, ...first.map((name): Address => `vault:auth/${mount}/role/${name}`)]
}

const named = (namespace: string): string => (namespace === '' ? 'the root namespace' : `the namespace ${namespace}`)

function elsewhere({ mount, own, elsewhere: [there] }: Moved): readonly Problem[] {
  if (there === undefined) return []
  return [
    {
      message: `auth/${mount} is in ${named(there.namespace)} of Vault; ${named(own)}, which was asked, does not have it.`,
      evidence: { 'asked in': own || 'root', 'found in': there.namespace || 'root', host: there.host ?? '' },
      remedy: {
        manual: [
          there.namespace === ''
            ? 'Take vault.namespace out of the file, and VAULT_NAMESPACE out of the environment.'
            : `Set vault.namespace: ${there.namespace} in the file, or VAULT_NAMESPACE, or --vault-namespace.`,
          'Whatever logs in needs the same namespace.',
        ],
      },
    },
  ]
}

/** The auth mount itself. */
export const mountChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.mountInOtherNamespace],
    subject: 'vault',
    wants: { moved: movedMounts },
    // Whatever else the file speaks of is in the other namespace, too.
    explains: [...codesOf(91, 95), ...BELOW_MOUNT],
    applies: (_vault, { isWritten }) => isWritten,
    judge: (_vault, { moved }) => moved.flatMap(elsewhere),
  }),
  check({
    records: [DOCTOR.mountInOtherNamespace],
    subject: 'mount',
    wants: { moved: movedMount },
    explains: [...codesOf(91), ...BELOW_MOUNT],
    applies: (_mount, { isWritten }) => !isWritten,
    judge: (_mount, { moved }) => elsewhere(moved),
  }),
  check({
    records: [DOCTOR.mountAbsent],
    subject: 'mount',
    wants: { row: mountRow, mounts },
    explains: [...others(DOCTOR.mountAbsent.code), ...BELOW_MOUNT],
    judge: (subject, { row, mounts }, { isWritten, file }) => {
      const { mount, method } = subject
      if (row !== undefined) return []
      const alike = Object.entries(mounts.mounts).flatMap(([path, { type }]) =>
        path.startsWith('auth/') && type === method ? [path] : [],
      )
      return [
        {
          message: `Nothing is mounted at auth/${mount}.`,
          evidence: { [`${method} mounts`]: alike.join(', ') || 'none' },
          remedy: isWritten
            ? { apply: [`vault:sys/auth/${mount}`, ...within(subject, file)] }
            : { commands: [`icebreaker auth enable --path ${shellWord(mount)}`] },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.mountWrongType],
    subject: 'mount',
    wants: { row: mountRow, mounts },
    explains: [...others(DOCTOR.mountWrongType.code), ...BELOW_MOUNT],
    judge({ mount, method, cluster = '' }, { row, mounts }, { isWritten }) {
      if (row === undefined || row.type === method || (method === 'jwt' && row.type === 'oidc')) return []
      const alike = Object.entries(mounts.mounts).flatMap(([path, { type }]) =>
        path.startsWith('auth/') && type === method ? [path] : [],
      )
      return [
        {
          message: `auth/${mount} is of the type ${row.type}, not ${method}.`,
          evidence: {
            type: row.type,
            ...(row.accessor !== undefined && { accessor: row.accessor }),
            [`${method} mounts`]: alike.join(', ') || 'none',
          },
          remedy: {
            manual: [
              isWritten
                ? `Say another clusters.${cluster}.auth.path in the file, or auth.method: ${row.type} where that is meant.`
                : `Name another path: --path.`,
              'A mount is never changed into another type; disabling it would end all logins that it has given.',
            ],
          },
          ...(isWritten && { at: ['clusters', cluster, 'auth', 'path'] }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.configNeverWritten],
    subject: 'mount',
    wants: { config: authConfig },
    explains: [...others(DOCTOR.configNeverWritten.code), ...BELOW_MOUNT],
    judge: (subject, { config }, { isWritten, file }) =>
      config !== undefined
        ? []
        : [
            {
              message: `auth/${subject.mount} is enabled, and has no config: it does not know which cluster it is for.`,
              remedy: isWritten
                ? { apply: within(subject, file) }
                : {
                    commands: [
                      'icebreaker reviewer create',
                      `icebreaker auth configure --path ${shellWord(subject.mount)}`,
                    ],
                  },
            },
          ],
  }),
]
