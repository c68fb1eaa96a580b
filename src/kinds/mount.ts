import * as v from 'valibot'
import { duration } from './atoms.js'
import { vaultAddress } from './address.js'
import type { Context, File } from '../config/file.js'
import type { ApiCall, Change, Draft, Io, Json, Kind } from './contract.js'
import {
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
import { path } from '../vault/index.js'
import type { VaultPath } from '../vault/index.js'
import { sideways } from './vault-object.js'

/** What auth mounts and engine mounts have in common (sys/auth and sys/mounts take and return the same). */
const tune = {
  defaultLeaseTTL: optional(duration, 'default_lease_ttl', { absent: 0, unit: 'seconds' }),
  maxLeaseTTL: optional(duration, 'max_lease_ttl', { absent: 0, unit: 'seconds' }),
  listingVisibility: optional(v.picklist(['hidden', 'unauth']), 'listing_visibility', { absent: 'hidden' }),
  auditNonHMACRequestKeys: optional(v.array(v.string()), 'audit_non_hmac_request_keys', { absent: [], compare: 'set' }),
  auditNonHMACResponseKeys: optional(v.array(v.string()), 'audit_non_hmac_response_keys', {
    absent: [],
    compare: 'set',
  }),
  passthroughRequestHeaders: optional(v.array(v.string()), 'passthrough_request_headers', {
    absent: [],
    compare: 'set',
  }),
  allowedResponseHeaders: optional(v.array(v.string()), 'allowed_response_headers', { absent: [], compare: 'set' }),
} as const

const common = {
  type: required(v.string(), 'type', { mode: 'immutable' }),
  description: optional(v.string(), 'description', { absent: '' }),
  local: optional(v.boolean(), 'local', { mode: 'createOnly', absent: false }),
  sealWrap: optional(v.boolean(), 'seal_wrap', { mode: 'createOnly', absent: false }),
  ...tune,
} as const

export const authMountFields = {
  ...common,
  tokenType: optional(v.picklist(['default-service', 'default-batch', 'service', 'batch']), 'token_type', {
    absent: 'default-service',
  }),
} as const satisfies Fields

export const engineMountFields = {
  ...common,
  /** KV only: 1 or 2, sent as `options.version`. */
  version: optional(v.picklist([1, 2]), 'version', { mode: 'immutable' }),
} as const satisfies Fields

const { type: _authType, ...authRest } = authMountFields
const { type: _engineType, version: _version, ...engineRest } = engineMountFields

/** What the file may say of a mount beside its type. */
export const authMountEntries = entries(authRest)
export const engineMountEntries = entries(engineRest)

export interface MountId {
  readonly mount: string
}

interface MountTable {
  readonly kind: string
  readonly title: string
  /** The API's table and, before the mount's path, its place. */
  readonly table: 'sys/auth' | 'sys/mounts'
  readonly fields: Fields
  expand(file: File, context: Context): Iterable<Draft<MountId, Values>>
  /** What must be awaited before a new mount can be used, and what that reads. */
  settle?(id: MountId, desired: Values, io: Io): Promise<void>
  settleReads?(id: MountId, desired: Values): readonly ApiCall[]
}

interface MountMark {
  readonly [key: string]: string
}

type Row = Readonly<Record<string, unknown>> & {
  readonly config?: object
  readonly options?: { readonly version?: string } | null
}

export interface ObservedMount {
  readonly values: Values
  /** Given by Vault at creation: the same path with another accessor is another mount. */
  readonly accessor: string
}

/** Mounts are read from one table, created at their path, and tuned at their path's `tune`. */
export function mountKind(spec: MountTable): Kind<MountId, Values, ObservedMount, MountMark> {
  const at = ({ mount }: MountId): VaultPath =>
    spec.table === 'sys/auth' ? path`sys/auth/${mount}` : path`sys/mounts/${mount}`
  const table = spec.table === 'sys/auth' ? path`sys/auth` : path`sys/mounts`
  // sys/auth/PATH/tune does the same, and takes sudo.
  const tunePath = ({ mount }: MountId): VaultPath =>
    spec.table === 'sys/auth' ? path`sys/mounts/auth/${mount}/tune` : path`sys/mounts/${mount}/tune`
  const tuneNames = new Set(Object.keys(tune).concat('tokenType'))
  const body = (values: Values, tuning: boolean): Record<string, Json> =>
    Object.fromEntries(
      Object.entries(spec.fields)
        .filter(([name]) => tuneNames.has(name) === tuning && values[name] !== undefined && name !== 'version')
        .map(([name, field]) => [field.api, values[name] ?? null]),
    )
  const options = ({ version }: Values): Record<string, Json> =>
    typeof version === 'number' ? { options: { version: String(version) } } : {}

  return {
    kind: spec.kind,
    title: spec.title,
    fields: spec.fields,
    ownership: 'inventory',
    expand: (file, context) => spec.expand(file, context),
    address: (id) => vaultAddress(at(id).text),
    // Neither endpoint has an existence check, so every write is an update; below sys/auth it takes sudo.
    calls: (id, desired) => ({
      read: [{ api: 'vault', path: spec.table, capabilities: ['read'] }],
      write: [
        {
          api: 'vault',
          path: at(id).text,
          capabilities: spec.table === 'sys/auth' ? ['update', 'sudo'] : ['update'],
        },
        { api: 'vault', path: tunePath(id).text, capabilities: ['update'] },
        ...(spec.settleReads?.(id, desired) ?? []),
      ],
    }),
    async read({ mount }, io: Io): Promise<ObservedMount | undefined> {
      const rows = await io.shared(
        spec.table,
        async () => (await io.vault.read<Record<string, Row>>(table))?.data ?? {},
      )
      const row = rows[`${mount}/`]
      if (row === undefined) return undefined
      const version = row.options?.version
      const flat = { ...row, ...row.config, ...(version === undefined ? {} : { version: Number(version) }) }
      // KV without options is version 1.
      if (row['type'] === 'kv' && version === undefined) Object.assign(flat, { version: 1 })
      return { values: observedValues(spec.fields, flat), accessor: String(row['accessor']) }
    },
    diff: (desired, observed): Change[] => diffFields(spec.fields, desired, observed?.values),
    stages: sideways,
    async write(id, desired, observed, io): Promise<MountMark> {
      if (observed === undefined) {
        await io.vault.write(at(id), { ...body(desired, false), config: body(desired, true), ...options(desired) })
        await spec.settle?.(id, desired, io)
        const made = await this.read(id, { ...io, shared: (_key, load) => load() })
        return { accessor: made?.accessor ?? '' }
      }
      const tuning = { ...body(desired, true), description: desired['description'] ?? '' }
      await io.vault.write(tunePath(id), tuning, { repeatable: true })
      return { accessor: observed.accessor }
    },
    identity: (observed, mark) => mark['accessor'] === undefined || mark['accessor'] === observed.accessor,
    fits: (observed, mark) =>
      mark['accessor'] === undefined
        ? fingerprint(readable(spec.fields, observed.values)) === mark['fingerprint']
        : observed.accessor === mark['accessor'],
    intended: (_id, desired) => ({ fingerprint: fingerprint(readable(spec.fields, desired)) }),
    settled: ({ accessor }) => ({ accessor }),
  }
}
