import { DOCTOR, type CodeRecord } from '../../catalogue/index.js'
import { shellWord } from '../../catalogue/shell-word.js'
import { matchesGlob } from '../../access/bindings.js'
import { bindGrant } from '../../kinds/policy.js'
import type { File } from '../../config/file.js'
import { check, type AnyCheck, type Problem, type Remedy } from '../contract.js'
import { canaries, databaseObjects, engineRow, kvRefusal, transitKeys } from '../facts/engines.js'
import { mounts } from '../facts/vault.js'

type Data = Readonly<Record<string, unknown>>
const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const ours = (file: File, engine: string): boolean => {
  const section = file.engines[engine]
  return section !== undefined && !('existing' in section)
}

/** Any engine. */
const mounted: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.engineAbsent],
    subject: 'engine',
    wants: { row: engineRow, mounts },
    judge({ engine, type }, { row, mounts: { mounts, all } }, { file }) {
      if (row !== undefined) return []
      if (!all) return { unknown: `The token does not see all mounts, and ${engine} is not among those that it sees.` }
      const others = Object.entries(mounts).flatMap(([path, one]) => (one.type === type ? [path] : []))
      return [
        {
          message: `Nothing is mounted at ${engine}.`,
          evidence: { [`${type} engines`]: others.join(', ') || 'none' },
          remedy: ours(file, engine)
            ? { apply: [], text: 'Make it again, with what was in it that the file says; data that was in it is gone.' }
            : {
                manual: [`The file says that ${engine} is there already: enable it, or correct the path in the file.`],
              },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.engineWrongType],
    subject: 'engine',
    wants: { row: engineRow },
    judge({ engine, type }, { row }, { file, isWritten }) {
      const section = file.engines[engine]
      const version = isWritten && section?.type === 'kv' ? section.version : undefined
      if (row === undefined || (row.type === type && (version === undefined || row.version === version))) return []
      const words = (one: string, of: number | undefined): string => (of === undefined ? one : `${one} version ${of}`)
      return [
        {
          message: `At ${engine} is ${words(row.type, row.version)}, not ${words(type, version)}.`,
          remedy: {
            manual: [
              `Say in the file what is there, or mount ${words(type, version)} at another path and say that one.`,
            ],
          },
        },
      ]
    },
  }),
]

const kv: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.kvUpgrading],
    subject: 'engine',
    wants: { refusal: kvRefusal },
    applies: ({ type }) => type === 'kv',
    judge: ({ engine }, { refusal }) => (refusal === undefined ? [] : upgrading(engine, refusal)),
  }),
]

/** Only what Vault says while it upgrades is that. */
export function upgrading(engine: string, refusal: string): readonly Problem[] {
  if (!/Upgrading from non-versioned to versioned|Waiting for the primary to upgrade/i.test(refusal)) return []
  return [
    {
      message: `The engine ${engine} is being upgraded to version 2 and answers nothing meanwhile.`,
      remedy: { manual: ['Wait a few seconds and ask again: icebreaker doctor --wait 1m.'] },
    },
  ]
}

const urlOf = ({ connection_url: url }: Data): string => (typeof url === 'string' ? url : '')

const database: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.databaseRoleAbsent],
    subject: 'engine',
    wants: { objects: databaseObjects },
    applies: ({ type, engine }, { file, isWritten }) => isWritten && type === 'database' && ours(file, engine),
    judge({ engine }, { objects: { roles, staticRoles } }, { file }) {
      const section = file.engines[engine]
      if (section?.type !== 'database' || 'existing' in section) return []
      const missing = [
        ...Object.keys(section.roles)
          .filter((name) => !roles.has(name))
          .map((name) => `roles/${name}`),
        ...Object.keys(section.staticRoles)
          .filter((name) => !staticRoles.has(name))
          .map((name) => `static-roles/${name}`),
      ]
      return missing.map((name) => ({
        message: `The database role ${engine}/${name} is not there.`,
        remedy: { apply: [`vault:${engine}/${name}` as const] },
      }))
    },
  }),
  check({
    records: [DOCTOR.connectionAbsent],
    subject: 'engine',
    wants: { objects: databaseObjects },
    applies: ({ type }) => type === 'database',
    explains: [DOCTOR.databaseStatementFails.code],
    judge: ({ engine }, { objects: { connections, roles, staticRoles } }, { file, isWritten }) =>
      [...roles, ...staticRoles].flatMap(([name, data]): Problem[] => {
        const wanted = String(data['db_name'])
        if (connections.has(wanted)) return []
        const section = file.engines[engine]
        const said =
          isWritten &&
          section?.type === 'database' &&
          !('existing' in section) &&
          section.connections[wanted] !== undefined
        return [
          {
            message: `The database role ${engine}/${name} is for the connection ${wanted}, which is not there.`,
            evidence: { connections: [...connections.keys()].join(', ') || 'none' },
            remedy: said
              ? { apply: [`vault:${engine}/config/${wanted}`] }
              : { commands: [`icebreaker database configure ${shellWord(`${engine}/${wanted}`)}`] },
          },
        ]
      }),
  }),
  check({
    records: [DOCTOR.roleNotAllowed],
    subject: 'engine',
    wants: { objects: databaseObjects },
    applies: ({ type }) => type === 'database',
    explains: [DOCTOR.databaseStatementFails.code],
    judge: ({ engine }, { objects: { connections, roles, staticRoles } }, { file, isWritten }) =>
      [...roles, ...staticRoles].flatMap(([name, data]): Problem[] => {
        const connection = String(data['db_name'])
        const config = connections.get(connection)
        const allowed = list(config?.['allowed_roles'])
        if (config === undefined || allowed.some((glob) => matchesGlob(glob, name))) return []
        return [
          {
            message: `The connection ${engine}/config/${connection} does not allow the role ${name}.`,
            evidence: { allowed: allowed.join(', ') || 'none' },
            remedy:
              isWritten && ours(file, engine)
                ? { apply: [`vault:${engine}/config/${connection}`] }
                : { manual: [`Add ${name} to allowed_roles of ${engine}/config/${connection}.`] },
          },
        ]
      }),
  }),
  check({
    records: [DOCTOR.passwordInURL],
    subject: 'engine',
    wants: { objects: databaseObjects },
    applies: ({ type }) => type === 'database',
    judge: ({ engine }, { objects: { connections } }) =>
      [...connections].flatMap(([name, data]): Problem[] => {
        const details = (data['connection_details'] ?? {}) as Data
        // What the servers show instead of a password in a URL (Go’s URL.Redacted).
        if (!/:\/\/[^/@]*:xxxxx@/.test(urlOf(details))) return []
        return [
          {
            message: `The URL of ${engine}/config/${name} holds a password.`,
            remedy: {
              manual: [
                `Write {{username}} and {{password}} in the URL: icebreaker database configure ${shellWord(`${engine}/${name}`)}.`,
              ],
            },
          },
        ]
      }),
  }),
  check({
    records: [
      DOCTOR.databaseStatementFails,
      DOCTOR.databaseUnreachable,
      DOCTOR.databasePasswordRefused,
      DOCTOR.databaseRefusesConnection,
      DOCTOR.databaseLacksPrivilege,
    ],
    subject: 'engine',
    wants: { canaries },
    applies: ({ type }) => type === 'database',
    judge: ({ engine }, { canaries }) => {
      const refused = canaries.flatMap(({ role, refused }) =>
        refused === undefined ? [] : [{ role, refused, ...causeOf(refused) }],
      )
      const byCause = Map.groupBy(refused, ({ record, remedy: _remedy, refused: said, role }) =>
        record.code === DOCTOR.databaseStatementFails.code ? `${record.code} ${role} ${said}` : record.code,
      )
      return [...byCause.values()].flatMap((those): Problem[] => {
        const [first] = those
        if (first === undefined) return []
        const names = those.map(({ role }) => role).join(', ')
        return [
          {
            record: first.record,
            message: `Vault cannot issue credentials of ${engine}/${names}.`,
            evidence: { said: first.refused },
            remedy: first.remedy,
          },
        ]
      })
    },
  }),
  check({
    records: [DOCTOR.databaseRevokeFails],
    subject: 'engine',
    wants: { canaries },
    applies: ({ type }) => type === 'database',
    judge: ({ engine }, { canaries }) =>
      canaries.flatMap(({ role, revoked }): Problem[] =>
        revoked === undefined
          ? []
          : [
              {
                message: `A credential of ${engine}/${role} was issued, and its user cannot be removed.`,
                evidence: { said: revoked },
                remedy: { manual: DOCTOR.databaseRevokeFails.remedy.split('\n') },
              },
            ],
      ),
  }),
]

interface Cause {
  readonly record: CodeRecord
  readonly remedy: Remedy
}

const CAUSES: readonly (readonly [RegExp, CodeRecord])[] = [
  [/password authentication failed|SQLSTATE 28P01|Access denied for user/i, DOCTOR.databasePasswordRefused],
  [
    /no pg_hba\.conf entry|SSL is not enabled|server refused TLS|SQLSTATE 28000|database ".*" does not exist/i,
    DOCTOR.databaseRefusesConnection,
  ],
  [/permission denied|must be (?:owner|superuser)|SQLSTATE 42501/i, DOCTOR.databaseLacksPrivilege],
  [
    /connection refused|no such host|i\/o timeout|connection reset|network is unreachable|dial (?:tcp|error)|deadline exceeded/i,
    DOCTOR.databaseUnreachable,
  ],
]

/** What the words of Vault and of the database mean. */
export function causeOf(said: string): Cause {
  const record = CAUSES.find(([words]) => words.test(said))?.[1] ?? DOCTOR.databaseStatementFails
  return { record, remedy: { manual: [record.remedy] } }
}

const SUPPORT: Readonly<Record<string, readonly [field: string, does: string]>> = {
  encrypt: ['supports_encryption', 'encrypt'],
  decrypt: ['supports_decryption', 'decrypt'],
  rewrap: ['supports_encryption', 'encrypt'],
  sign: ['supports_signing', 'sign'],
  verify: ['supports_signing', 'sign'],
}

const transit: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.keyAbsent],
    subject: 'engine',
    wants: { keys: transitKeys },
    applies: ({ type }, { isWritten }) => isWritten && type === 'transit',
    judge({ engine }, { keys }, { file }) {
      const section = file.engines[engine]
      const said = section?.type === 'transit' && !('existing' in section) ? Object.keys(section.keys) : []
      const granted = grantsOn(file, engine).map(({ path }) => path)
      return [...new Set([...said, ...granted])]
        .filter((key) => !keys.has(key))
        .map((key) => ({
          message: `The transit key ${engine}/${key} is not there.`,
          remedy: said.includes(key)
            ? {
                apply: [`vault:${engine}/keys/${key}` as const],
                text: 'What was encrypted with the old key stays unreadable.',
              }
            : { commands: [`icebreaker transit key ${shellWord(`${engine}/${key}`)}`] },
        }))
    },
  }),
  check({
    records: [DOCTOR.keyCannot],
    subject: 'engine',
    wants: { keys: transitKeys },
    applies: ({ type }, { isWritten }) => isWritten && type === 'transit',
    judge: ({ engine }, { keys }, { file }) =>
      grantsOn(file, engine).flatMap(({ verb, path: name }): Problem[] => {
        const [field, does] = SUPPORT[verb] ?? []
        const key = keys.get(name)
        if (key === undefined || field === undefined || key[field] !== false) return []
        return [
          {
            message: `The key ${engine}/${name} is of the type ${String(key['type'])}, which cannot ${does ?? verb}; the file grants ${verb}.`,
            remedy: { manual: [DOCTOR.keyCannot.remedy] },
          },
        ]
      }),
  }),
  check({
    records: [DOCTOR.keyVersionsBarred],
    subject: 'engine',
    wants: { keys: transitKeys },
    applies: ({ type }) => type === 'transit',
    judge: ({ engine }, { keys }) =>
      [...keys].flatMap(([name, key]): Problem[] => {
        const [least, latest] = [Number(key['min_encryption_version'] ?? 0), Number(key['latest_version'] ?? 0)]
        if (least <= latest) return []
        return [
          {
            message: `Nothing can be encrypted with ${engine}/${name}: versions from ${least} on are asked for, and the newest is ${latest}.`,
            remedy: { commands: [`icebreaker transit rotate ${shellWord(`${engine}/${name}`)}`] },
          },
        ]
      }),
  }),
]

/** The verbs and keys that the grants of the file name on an engine. */
function grantsOn(file: File, engine: string): readonly { readonly verb: string; readonly path: string }[] {
  return Object.entries(file.policies).flatMap(([name, section]) =>
    'grants' in section
      ? section.grants
          .map((grant, index) => bindGrant(grant, file, ['policies', name, 'grants', index]))
          .filter((bound) => bound.engine.mount === engine && !bound.path.includes('*') && !bound.path.includes('+'))
          .map(({ grant, path }) => ({ verb: grant.verb, path }))
      : [],
  )
}

/** The secrets engines, as far as they can be read, and by use. */
export const engineChecks: readonly AnyCheck[] = [...mounted, ...kv, ...database, ...transit]
