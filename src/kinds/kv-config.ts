import * as v from 'valibot'
import { path } from '../vault/index.js'
import { duration } from './atoms.js'
import { vaultAddress } from './address.js'
import { desiredValues, entries, optional, type Fields } from './fields.js'
import { sideways, vaultObject } from './vault-object.js'

export const kvConfigFields = {
  maxVersions: optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 'max_versions', { absent: 0 }),
  casRequired: optional(v.boolean(), 'cas_required', { absent: false }),
  deleteVersionAfter: optional(duration, 'delete_version_after', { absent: 0, unit: 'seconds' }),
} as const satisfies Fields

export const kvConfigSchema = v.strictObject(entries(kvConfigFields))

/** How a KV version 2 engine keeps versions. Every engine has a config from the start, also where the file is silent. */
export const kvConfig = vaultObject<{ mount: string }>({
  kind: 'KVConfig',
  title: 'KV config',
  fields: kvConfigFields,
  path: ({ mount }) => path`${mount}/config`,
  onlyUpdates: true,
  *expand(file) {
    for (const [mount, engine] of Object.entries(file.engines)) {
      if ('existing' in engine || engine.type !== 'kv' || engine.version !== 2) continue
      yield {
        id: { mount },
        desired: desiredValues(kvConfigFields, engine.config ?? {}),
        after: [vaultAddress(`sys/mounts/${mount}`)],
        within: vaultAddress(`sys/mounts/${mount}`),
        from: ['engines', mount, 'config'],
      }
    }
  },
  // Read back as a Go duration: `720h0m0s`.
  fromApi: (data) => ({ ...data, delete_version_after: goSeconds(data['delete_version_after']) }),
  // Whose the engine is, his is the config.
  ownership: 'within',
  stages: sideways,
})

function goSeconds(value: unknown): number {
  const found = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(String(value))
  return Number(found?.[1] ?? 0) * 3600 + Number(found?.[2] ?? 0) * 60 + Number(found?.[3] ?? 0)
}
