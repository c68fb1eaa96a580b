import * as v from 'valibot'
import { path } from '../vault/index.js'
import { duration } from './atoms.js'
import { vaultAddress } from './address.js'
import { onMount, said } from './export.js'
import { apiBody, desiredValues, entries, optional, type Fields } from './fields.js'
import { sideways, vaultObject } from './vault-object.js'

export const kvConfigFields = {
  maxVersions: optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 'max_versions', {
    about: 'How many versions of a secret are kept; 0: 10.',
    absent: 0,
  }),
  casRequired: optional(v.boolean(), 'cas_required', {
    about: 'Every write must say which version it replaces.',
    absent: false,
  }),
  deleteVersionAfter: optional(duration, 'delete_version_after', {
    about: 'A version is deleted so long after it was written; 0s: never.',
    absent: 0,
    unit: 'seconds',
  }),
} as const satisfies Fields

export const kvConfigSchema = v.strictObject(entries(kvConfigFields))

/** Version 1 keeps no versions, and would not look at a config. */
export const mayHaveConfig = (engine: { readonly version: 1 | 2; readonly config?: object | undefined }): boolean =>
  engine.version === 2 || engine.config === undefined

/** How a KV version 2 engine keeps versions. Every engine has a config from the start, also where the file is silent. */
export const kvConfig = vaultObject<{ mount: string }>({
  kind: 'KVConfig',
  title: 'KV config',
  about: 'Says how many versions of a secret a KV version 2 engine keeps, and for how long.',
  sections: ['engines.kv.config'],
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
  export: {
    terraform({ mount }, desired) {
      const { arguments: values } = said(kvConfigFields, desired, {
        maxVersions: true,
        casRequired: true,
        deleteVersionAfter: true,
      })
      return {
        parts: [
          {
            sort: 'resource',
            type: 'vault_kv_secret_backend_v2',
            name: [mount],
            arguments: { mount: onMount('mounts', mount), ...values },
            importId: `${mount}/config`,
          },
        ],
      }
    },
    bankVaults: ({ mount }, desired) => ({
      parts: [{ list: 'secrets', mount, under: ['configuration', 'config'], entry: apiBody(kvConfigFields, desired) }],
    }),
  },
  // Whose the engine is, his is the config.
  ownership: 'within',
  stages: sideways,
})

function goSeconds(value: unknown): number {
  const found = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(String(value))
  return Number(found?.[1] ?? 0) * 3600 + Number(found?.[2] ?? 0) * 60 + Number(found?.[3] ?? 0)
}
