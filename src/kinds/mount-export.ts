import { vaultAddress, type Address } from './address.js'
import type { Json } from './contract.js'
import { inSeconds, Nested, NO_ARGUMENT, said, without, type Exports, type Saying, type Sayings } from './export.js'
import { text, type Values } from './fields.js'
import type { authMountFields, engineMountFields, MountId } from './mount.js'

/** What both providers' resources for mounts call as the API does. */
const SAME = {
  listingVisibility: true,
  auditNonHMACRequestKeys: true,
  auditNonHMACResponseKeys: true,
  passthroughRequestHeaders: true,
  allowedResponseHeaders: true,
} as const satisfies Readonly<Record<string, Saying>>

/** Durations as text, as Go writes them. */
const TUNE = {
  ...SAME,
  defaultLeaseTTL: { as: 'default_lease_ttl', value: inSeconds },
  maxLeaseTTL: { as: 'max_lease_ttl', value: inSeconds },
} as const satisfies Readonly<Record<string, Saying>>

const AUTH = {
  type: true,
  description: true,
  local: true,
  sealWrap: NO_ARGUMENT,
  pluginVersion: NO_ARGUMENT,
  ...TUNE,
  tokenType: true,
} as const satisfies Sayings<typeof authMountFields>

const ENGINE = {
  type: true,
  description: true,
  local: true,
  sealWrap: true,
  pluginVersion: true,
  ...SAME,
  defaultLeaseTTL: { as: 'default_lease_ttl_seconds' },
  maxLeaseTTL: { as: 'max_lease_ttl_seconds' },
  version: { as: 'options', value: (version: Json) => ({ version: `${Number(version)}` }) },
} as const satisfies Sayings<typeof engineMountFields>

const OUTSIDE = new Set(['type', 'description', 'local'])

const UNKNOWN = 'bank-vaults has no key for it'

/** An auth mount. Of the method `jwt` the provider has one resource for mount and config, which the config adds to. */
export const authMountExport = (fields: typeof authMountFields): Exports<MountId, Values> => ({
  terraform({ mount }, desired) {
    const { arguments: all, unsaid } = said(fields, desired, AUTH)
    const [outside, tune] = [true, false].map((isOutside) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => OUTSIDE.has(name) === isOutside)),
    )
    return {
      parts: [
        {
          sort: 'resource',
          type: desired['type'] === 'jwt' ? 'vault_jwt_auth_backend' : 'vault_auth_backend',
          name: [mount],
          arguments: { path: mount, ...outside, tune: new Nested(tune ?? {}) },
          importId: mount,
        },
      ],
      unsaid,
    }
  },
  bankVaults({ mount }, desired) {
    const { type: _type, description, local: _local, sealWrap: _wrap, pluginVersion: _version, ...tuned } = fields
    const { tokenType, ...tune } = { ...TUNE, tokenType: true } as const
    const options = said(tuned, desired, { ...tune, tokenType })
    return {
      parts: [
        {
          list: 'auth',
          mount,
          entry: {
            type: text(desired['type']),
            path: mount,
            // It enables every mount with a description of its own, and takes this one when it tunes.
            options: { [description.api]: text(desired['description']), ...options.arguments },
          },
        },
      ],
      unsaid: without(fields, desired, { local: UNKNOWN, sealWrap: UNKNOWN, pluginVersion: UNKNOWN }),
    }
  },
})

/** A secrets engine. */
export const engineMountExport = (fields: typeof engineMountFields): Exports<MountId, Values> => ({
  terraform({ mount }, desired) {
    const { arguments: all, unsaid } = said(fields, desired, ENGINE)
    return {
      parts: [
        {
          sort: 'resource',
          type: 'vault_mount',
          name: [mount],
          arguments: { path: mount, ...all },
          importId: mount,
          // What a database engine holds is made from the file.
          ...(desired['type'] !== 'database' && { isProtected: true }),
        },
      ],
      unsaid,
    }
  },
  bankVaults({ mount }, desired) {
    const { type, description, local, sealWrap, pluginVersion: _version, version, ...tuned } = fields
    const outside = said({ type, description, local, sealWrap, version }, desired, {
      type: true,
      description: true,
      local: true,
      sealWrap: true,
      version: ENGINE.version,
    })
    const config = said(tuned, desired, TUNE).arguments
    return {
      parts: [
        {
          list: 'secrets',
          mount,
          entry: { path: mount, ...outside.arguments, ...(Object.keys(config).length > 0 && { config }) },
        },
      ],
      unsaid: without(fields, desired, { pluginVersion: UNKNOWN }),
    }
  },
})

/** The resource of an auth mount, for what is one with it there. */
export const authMountAddress = (mount: string): Address => vaultAddress(`sys/auth/${mount}`)
