import * as v from 'valibot'
import { duration } from './atoms.js'
import { vaultAddress, type Address } from './address.js'
import { operand, vaultWrite, type CommandLine, type Programs } from './command-line.js'
import type { Context, File } from '../config/file.js'
import type { IceEvent } from '../events/index.js'
import type { ApiCall, Change, Draft, Io, Json, Kind, Removal } from './contract.js'
import {
  diffFields,
  entries,
  fingerprint,
  keptValues,
  observedValues,
  optional,
  readable,
  required,
  requireTaken,
  text,
  type Fields,
  type Values,
} from './fields.js'
import { path } from '../vault/index.js'
import type { VaultPath } from '../vault/index.js'
import { mountInFile } from './mount-file.js'
import { deleteEntities } from './removal.js'
import { sideways } from './vault-object.js'

/**
 * What auth mounts and engine mounts have in common (sys/auth and sys/mounts take and return the same). There is no
 * user_lockout_config: both products refuse it for every auth method but userpass, ldap and approle.
 */
const tune = {
  defaultLeaseTTL: optional(duration, 'default_lease_ttl', {
    about: 'How long tokens and leases of this mount live, where nothing else is said; 0s: as the server says.',
    absent: 0,
    unit: 'seconds',
  }),
  maxLeaseTTL: optional(duration, 'max_lease_ttl', {
    about: 'How long they may live at most; 0s: as the server says.',
    absent: 0,
    unit: 'seconds',
  }),
  listingVisibility: optional(v.picklist(['hidden', 'unauth']), 'listing_visibility', {
    about: 'unauth: the login page shows this mount to everybody.',
    absent: 'hidden',
  }),
  auditNonHMACRequestKeys: optional(v.array(v.string()), 'audit_non_hmac_request_keys', {
    about: 'Keys of requests that audit logs hold in clear text.',
    absent: [],
    compare: 'set',
  }),
  auditNonHMACResponseKeys: optional(v.array(v.string()), 'audit_non_hmac_response_keys', {
    about: 'Keys of responses that audit logs hold in clear text.',
    absent: [],
    compare: 'set',
  }),
  passthroughRequestHeaders: optional(v.array(v.string()), 'passthrough_request_headers', {
    about: 'Headers of requests that are handed on to the plug-in.',
    absent: [],
    compare: 'set',
  }),
  allowedResponseHeaders: optional(v.array(v.string()), 'allowed_response_headers', {
    about: 'Headers that the plug-in may send back.',
    absent: [],
    compare: 'set',
  }),
} as const

const common = {
  type: required(v.string(), 'type', {
    about: 'What it is: `kubernetes` for an auth method; kv, database or transit for an engine.',
    mode: 'immutable',
  }),
  description: optional(v.string(), 'description', { about: 'A note for people.', absent: '' }),
  local: optional(v.boolean(), 'local', {
    about: 'Not replicated to other clusters of Vault (Enterprise).',
    mode: 'createOnly',
    absent: false,
  }),
  sealWrap: optional(v.boolean(), 'seal_wrap', {
    about: 'Values are wrapped by the seal once more (Enterprise).',
    mode: 'createOnly',
    absent: false,
  }),
  pluginVersion: optional(v.pipe(v.string(), v.nonEmpty()), 'plugin_version', {
    about: 'Which version of the plug-in; default: the one that the server chooses.',
    sticky: true,
    notEverywhere: true,
  }),
  ...tune,
} as const

export const authMountFields = {
  ...common,
  tokenType: optional(v.picklist(['default-service', 'default-batch', 'service', 'batch']), 'token_type', {
    about: 'Which tokens a login gives where its role does not say: service or batch.',
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
  readonly about: string
  readonly sections: readonly string[]
  /** The API's table and, before the mount's path, its place. */
  readonly table: 'sys/auth' | 'sys/mounts'
  readonly fields: Fields
  readonly export: Required<Kind<MountId, Values>>['export']
  readonly removal: Pick<Removal<MountId, ObservedMount>, 'loses' | 'contents' | 'endsLogins'>
  expand(file: File, context: Context): Iterable<Draft<MountId, Values>>
  /** What must be awaited before a new mount can be used, and what that reads. */
  settle?(id: MountId, desired: Values, io: Io): Promise<void>
  settleReads?(id: MountId, desired: Values): readonly ApiCall[]
  /** The same by a command. */
  settleBy?(id: MountId, desired: Values, programs: Programs): readonly CommandLine[]
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
  readonly runningVersion: string
}

/** Only tuning pins the version of a plug-in that is built in: the call that makes a mount passes over it. */
function pinned({ pluginVersion }: Values): { readonly plugin_version: string } | undefined {
  const version = text(pluginVersion)
  return version === '' ? undefined : { plugin_version: version }
}

function reloadNote({ mount }: MountId, { runningVersion }: ObservedMount, address: Address): IceEvent {
  return {
    type: 'note',
    level: 'warning',
    address,
    text: `Version ${runningVersion} of the plug-in runs until it is loaded again: vault plugin reload -mounts=${mount}`,
  }
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
  const tuning = (values: Values): Record<string, Json> => ({
    ...body(values, true),
    description: values['description'] ?? '',
    ...pinned(values),
  })
  const options = ({ version }: Values): Record<string, Json> =>
    typeof version === 'number' ? { options: { version: String(version) } } : {}

  return {
    kind: spec.kind,
    title: spec.title,
    about: spec.about,
    sections: spec.sections,
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
      return {
        values: observedValues(spec.fields, flat),
        accessor: String(row['accessor']),
        runningVersion: String(row['running_plugin_version']),
      }
    },
    list: async (io) => {
      const rows = (await io.vault.read(table))?.data ?? {}
      return Object.keys(rows).map((key) => ({ mount: key.replace(/\/$/, '') }))
    },
    toFile: (_id, { values }, raw) => mountInFile(spec.fields, values, raw),
    diff: (desired, observed): Change[] => diffFields(spec.fields, desired, observed?.values),
    stages: sideways,
    // What is immutable is always said.
    keep: (desired, { values }, said) =>
      keptValues(spec.fields, desired, values, new Set([...said, 'type', 'version'])),
    async write(id, desired, observed, io): Promise<MountMark> {
      const pin = pinned(desired)
      if (observed === undefined) {
        await io.vault.write(at(id), { ...body(desired, false), config: body(desired, true), ...options(desired) })
        await spec.settle?.(id, desired, io)
        if (pin !== undefined) await io.vault.write(tunePath(id), pin, { repeatable: true })
      } else await io.vault.write(tunePath(id), tuning(desired), { repeatable: true })
      if (observed !== undefined && pin === undefined) return { accessor: observed.accessor }
      const now = await this.read(id, { ...io, shared: (_key, load) => load() })
      await requireTaken(spec.fields, at(id), desired, () => Promise.resolve(now?.values))
      if (now !== undefined && pin !== undefined && now.runningVersion !== pin.plugin_version)
        io.emit(reloadNote(id, now, this.address(id)))
      return { accessor: now?.accessor ?? '' }
    },
    commands(id, desired, observed, programs) {
      if (observed !== undefined) return [vaultWrite(programs, tunePath(id), tuning(desired))]
      const topic = spec.table === 'sys/auth' ? 'auth' : 'secrets'
      const { type, pluginVersion: _tuned, ...others } = desired
      const flags = [`-path=${id.mount}`, ...enableFlags(spec.fields, others)]
      const enable = { words: [programs.vault, topic, 'enable', ...flags, ...operand(text(type))] }
      const pin = pinned(desired)
      return [
        enable,
        ...(spec.settleBy?.(id, desired, programs) ?? []),
        ...(pin === undefined ? [] : [vaultWrite(programs, tunePath(id), pin)]),
      ]
    },
    export: spec.export,
    removal: {
      ...spec.removal,
      holds: ({ mount }) => (spec.table === 'sys/auth' ? `vault:auth/${mount}/` : `vault:${mount}/`),
      // Disabling a mount revokes its leases: its tokens, its database users.
      calls: (id) => [
        { api: 'vault', path: at(id).text, capabilities: spec.table === 'sys/auth' ? ['delete', 'sudo'] : ['delete'] },
      ],
      async remove(id, { accessor }, io) {
        // They and their aliases outlive the mount, and could not be told from others then.
        if (spec.table === 'sys/auth') await deleteEntities(accessor, io)
        await io.vault.delete(at(id))
      },
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

/** The flags of `vault auth enable` and `vault secrets enable` are the fields' own names, with dashes; a list is a flag for each. */
function enableFlags(fields: Fields, values: Values): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const { api, absent, unit } = fields[name] ?? { api: name }
    if (value === undefined || value === null || value === absent || value === false) return []
    const flag = `-${api.replaceAll('_', '-')}`
    if (value === true) return [flag]
    const told = [value].flat().filter((one) => typeof one === 'string' || typeof one === 'number')
    return told.map((one) => `${flag}=${one}${unit === 'seconds' ? 's' : ''}`)
  })
}
