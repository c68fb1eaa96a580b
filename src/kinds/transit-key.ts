import * as v from 'valibot'
import { path } from '../vault/index.js'
import { vaultAddress } from './address.js'
import { duration } from './atoms.js'
import type { Json, Kind } from './contract.js'
import {
  desiredValues,
  diffFields,
  entries,
  fingerprint,
  observedValues,
  optional,
  readable,
  required,
  type Fields,
  type Values,
} from './fields.js'
import { readAndWrite, sideways, widensWhenNew, type VaultMark } from './vault-object.js'

const version = v.pipe(v.number(), v.integer(), v.minValue(0))

/** What can be said when a key is made, and never again. */
const atCreation = {
  type: required(v.string(), 'type', { mode: 'immutable' }),
  derived: optional(v.boolean(), 'derived', { mode: 'immutable', absent: false }),
  convergentEncryption: optional(v.boolean(), 'convergent_encryption', { mode: 'immutable' }),
  keySize: optional(version, 'key_size', { mode: 'immutable' }),
} as const satisfies Fields

/** What KEY/config takes afterwards. */
const configurable = {
  exportable: optional(v.boolean(), 'exportable', { absent: false, sticky: true }),
  allowPlaintextBackup: optional(v.boolean(), 'allow_plaintext_backup', { absent: false, sticky: true }),
  autoRotatePeriod: optional(duration, 'auto_rotate_period', { absent: 0, unit: 'seconds' }),
  minDecryptionVersion: optional(version, 'min_decryption_version', { absent: 1 }),
  minEncryptionVersion: optional(version, 'min_encryption_version', { absent: 0 }),
  deletionAllowed: optional(v.boolean(), 'deletion_allowed', { absent: false }),
} as const satisfies Fields

export const transitKeyFields = { ...atCreation, ...configurable } as const satisfies Fields

export const transitKeySchema = v.strictObject({
  ...entries(transitKeyFields),
  type: v.optional(transitKeyFields.type.schema, 'aes256-gcm96'),
})

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

  diff: (desired, observed) => diffFields(transitKeyFields, desired, observed),

  stages: (desired, observed) => (observed === undefined ? widensWhenNew(desired, observed) : sideways(desired)),

  async write({ mount, name }, desired, observed, io): Promise<VaultMark> {
    if (observed === undefined) {
      const { exportable, allowPlaintextBackup, autoRotatePeriod } = configurable
      await io.vault.write(
        path`${mount}/keys/${name}`,
        body({ ...atCreation, exportable, allowPlaintextBackup, autoRotatePeriod }, desired),
        { repeatable: true },
      )
    }
    const now = observed ?? observedValues(transitKeyFields, {})
    const { exportable, allowPlaintextBackup, autoRotatePeriod, ...later } = configurable
    const remaining = observed === undefined ? later : { exportable, allowPlaintextBackup, autoRotatePeriod, ...later }
    const changed = Object.fromEntries(
      Object.entries<Fields[string]>(remaining).flatMap(([field, { api }]) => {
        const value = desired[field]
        return value === undefined || value === now[field] ? [] : [[api, value]]
      }),
    )
    if (Object.keys(changed).length > 0)
      await io.vault.write(path`${mount}/keys/${name}/config`, changed, { repeatable: true })
    return mark(desired)
  },

  fits: (observed, written) => mark(observed).fingerprint === written.fingerprint,
  intended: (_id, desired) => mark(desired),
}

/** Only what never changes: between its two writes a new key is ours already. */
function mark(values: Values): VaultMark {
  return { fingerprint: fingerprint(readable(atCreation, values)) }
}
