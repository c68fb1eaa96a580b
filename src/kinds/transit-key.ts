import * as v from 'valibot'
import { path, type VaultPath } from '../vault/index.js'
import { vaultAddress } from './address.js'
import { duration } from './atoms.js'
import { vaultWrite } from './command-line.js'
import type { Json, Kind } from './contract.js'
import { onMount, said, without, type Sayings } from './export.js'
import {
  besides,
  desiredValues,
  diffFields,
  entries,
  fingerprint,
  keptValues,
  observedValues,
  optional,
  readable,
  required,
  sectionOf,
  type Fields,
  type Values,
} from './fields.js'
import { listed, readAndWrite, sideways, widensWhenNew, type VaultMark } from './vault-object.js'

const version = v.pipe(v.number(), v.integer(), v.minValue(0))

/** What can be said when a key is made, and never again. */
const atCreation = {
  type: required(v.string(), 'type', {
    about: 'Which algorithm, such as aes256-gcm96, ed25519 or hmac.',
    mode: 'immutable',
  }),
  derived: optional(v.boolean(), 'derived', {
    about: 'Every operation names a context, and each context has a key of its own.',
    mode: 'immutable',
    absent: false,
  }),
  convergentEncryption: optional(v.boolean(), 'convergent_encryption', {
    about: 'The same text always becomes the same ciphertext; needs derived.',
    mode: 'immutable',
  }),
  keySize: optional(version, 'key_size', { about: 'How many bytes a key of type hmac has.', mode: 'immutable' }),
} as const satisfies Fields

/** What KEY/config takes afterwards. */
const configurable = {
  exportable: optional(v.boolean(), 'exportable', {
    about: 'The key may be read; cannot be taken back.',
    absent: false,
    sticky: true,
  }),
  allowPlaintextBackup: optional(v.boolean(), 'allow_plaintext_backup', {
    about: 'The key may be backed up in clear text; cannot be taken back.',
    absent: false,
    sticky: true,
  }),
  autoRotatePeriod: optional(duration, 'auto_rotate_period', {
    about: 'How often a new version is made; 0s: never.',
    absent: 0,
    unit: 'seconds',
  }),
  minDecryptionVersion: optional(version, 'min_decryption_version', {
    about: 'Older versions decrypt no longer.',
    absent: 1,
  }),
  minEncryptionVersion: optional(version, 'min_encryption_version', {
    about: 'Older versions encrypt no longer; 0: the newest does.',
    absent: 0,
  }),
  deletionAllowed: optional(v.boolean(), 'deletion_allowed', { about: 'The key may be deleted.', absent: false }),
} as const satisfies Fields

const { exportable, allowPlaintextBackup, autoRotatePeriod, ...onlyLater } = configurable
/** What the call that makes a key takes, too. */
const onBoth = { exportable, allowPlaintextBackup, autoRotatePeriod }

export const transitKeyFields = { ...atCreation, ...configurable } as const satisfies Fields

export const transitKeySchema = v.strictObject({
  ...entries(transitKeyFields),
  type: v.optional(transitKeyFields.type.schema, 'aes256-gcm96'),
})

const sayings = {
  type: true,
  derived: true,
  convergentEncryption: true,
  keySize: true,
  exportable: true,
  allowPlaintextBackup: true,
  autoRotatePeriod: true,
  minDecryptionVersion: true,
  minEncryptionVersion: true,
  deletionAllowed: true,
} as const satisfies Sayings<typeof transitKeyFields>

const TOO_EARLY = 'it takes a second write, and bank-vaults has no order between the two'

const body = (fields: Fields, values: Values): Record<string, Json> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => {
      const value = values[name]
      return value === undefined || value === field.absent ? [] : [[field.api, value]]
    }),
  )

interface KeyId {
  readonly mount: string
  readonly name: string
}

/** A transit key. It is made at one path and configured at another; it is never deleted by a change. */
export const transitKey: Kind<KeyId, Values, Values, VaultMark> = {
  kind: 'TransitKey',
  title: 'transit key',
  about: 'A key that never leaves Vault: workloads send what is to be encrypted, decrypted or signed with it.',
  sections: ['engines.transit.keys'],
  fields: transitKeyFields,
  ownership: 'inventory',

  *expand(file) {
    for (const [mount, engine] of Object.entries(file.engines)) {
      if ('existing' in engine || engine.type !== 'transit') continue
      for (const [name, key] of Object.entries(engine.keys)) {
        yield {
          id: { mount, name },
          desired: desiredValues(transitKeyFields, key),
          after: [vaultAddress(`sys/mounts/${mount}`)],
          within: vaultAddress(`sys/mounts/${mount}`),
          from: ['engines', mount, 'keys', name],
        }
      }
    }
  },

  address: ({ mount, name }) => vaultAddress(`${mount}/keys/${name}`),

  calls({ mount, name }) {
    const key = readAndWrite(path`${mount}/keys/${name}`, true)
    return { ...key, write: [...key.write, ...readAndWrite(path`${mount}/keys/${name}/config`, true).write] }
  },

  async read({ mount, name }, io): Promise<Values | undefined> {
    const answer = await io.vault.read(path`${mount}/keys/${name}`)
    return answer && observedValues(transitKeyFields, answer.data)
  },

  list: listed({ path: (mount) => path`${mount}/keys`, id: (mount, name) => ({ mount, name }) }),

  toFile: (_id, observed, raw) => ({
    section: sectionOf(transitKeyFields, observed),
    holes: [],
    remarks: [],
    unsaid: Object.keys(besides(transitKeyFields, raw, TOLD)),
  }),

  diff: (desired, observed) => diffFields(transitKeyFields, desired, observed),

  keep: (desired, observed, said) => keptValues(transitKeyFields, desired, observed, said),

  stages: (desired, observed) => (observed === undefined ? widensWhenNew(desired, observed) : sideways(desired)),

  async write(id, desired, observed, io): Promise<VaultMark> {
    for (const { at, body } of writesOf(id, desired, observed)) await io.vault.write(at, body, { repeatable: true })
    return mark(desired)
  },

  commands: (id, desired, observed, programs) =>
    writesOf(id, desired, observed).map(({ at, body }) => vaultWrite(programs, at, body)),

  export: {
    terraform({ mount, name }, desired) {
      const { arguments: values } = said(transitKeyFields, desired, sayings)
      return {
        parts: [
          {
            sort: 'resource',
            type: 'vault_transit_secret_backend_key',
            name: [mount, name],
            arguments: { backend: onMount('mounts', mount), name, ...values },
            importId: `${mount}/keys/${name}`,
            isProtected: true,
          },
        ],
      }
    },
    bankVaults: ({ mount, name }, desired) => ({
      parts: [
        {
          list: 'secrets',
          mount,
          under: ['configuration', 'keys'],
          entry: { name, ...body({ ...atCreation, ...onBoth }, desired) },
        },
      ],
      unsaid: without(transitKeyFields, desired, {
        minDecryptionVersion: TOO_EARLY,
        minEncryptionVersion: TOO_EARLY,
        deletionAllowed: TOO_EARLY,
      }),
    }),
  },

  removal: {
    calls: ({ mount, name }) => [
      { api: 'vault', path: `${mount}/keys/${name}`, capabilities: ['delete'] },
      { api: 'vault', path: `${mount}/keys/${name}/config`, capabilities: ['update'] },
    ],
    loses: () => 'the key, and with it all that it encrypted,',
    async remove({ mount, name }, _observed, io) {
      await io.vault.write(path`${mount}/keys/${name}/config`, { deletion_allowed: true }, { repeatable: true })
      await io.vault.delete(path`${mount}/keys/${name}`)
    },
  },

  fits: (observed, written) => mark(observed).fingerprint === written.fingerprint,
  intended: (_id, desired) => mark(desired),
}

/** What the API tells of a key, and nobody sets; or once only, where a key is brought along. */
const TOLD = [
  'name',
  'keys',
  'latest_version',
  'min_available_version',
  'supports_encryption',
  'supports_decryption',
  'supports_derivation',
  'supports_signing',
  'kdf',
  'kdf_mode',
  'convergent_encryption_version',
]

/** Only what never changes: between its two writes a new key is ours already. */
function mark(values: Values): VaultMark {
  return { fingerprint: fingerprint(readable(atCreation, values)) }
}

/** A new key is made first; what differs then from what it is, its config takes. */
function writesOf(
  { mount, name }: KeyId,
  desired: Values,
  observed: Values | undefined,
): readonly { readonly at: VaultPath; readonly body: Record<string, Json> }[] {
  const now = observed ?? observedValues(transitKeyFields, {})
  const changed = Object.fromEntries(
    Object.entries<Fields[string]>(observed === undefined ? onlyLater : configurable).flatMap(([field, { api }]) => {
      const value = desired[field]
      return value === undefined || value === now[field] ? [] : [[api, value]]
    }),
  )
  return [
    ...(observed === undefined
      ? [{ at: path`${mount}/keys/${name}`, body: body({ ...atCreation, ...onBoth }, desired) }]
      : []),
    ...(Object.keys(changed).length > 0 ? [{ at: path`${mount}/keys/${name}/config`, body: changed }] : []),
  ]
}
