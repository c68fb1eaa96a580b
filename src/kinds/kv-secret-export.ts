import { valueOf } from './command-line.js'
import { Encoded, onMount, Reference, type Exports, type Value } from './export.js'
import type { DesiredKvSecret, KvSecretId } from './kv-secret.js'
import { vaultAddress } from './address.js'

const dataOf = ({ mount, path }: KvSecretId, { data }: DesiredKvSecret): Record<string, Value> =>
  Object.fromEntries(Object.entries(data).map(([key, source]) => [key, valueOf(source, [mount, path, key])]))

/** A secret that the file seeds. Terraform would overwrite one that is there, and an import would copy it into the state. */
export const kvSecretExport: Exports<KvSecretId, DesiredKvSecret> = {
  terraform(id, desired) {
    const { mount, path, version } = id
    const data = new Encoded(dataOf(id, desired))
    const common = { sort: 'resource', name: [mount, path], isProtected: true, isSeed: true } as const
    if (version === 1) {
      return {
        parts: [
          {
            ...common,
            type: 'vault_kv_secret',
            arguments: {
              path: new Reference(vaultAddress(`sys/mounts/${mount}`), `.path`, mount, undefined, `/${path}`),
              data_json: data,
            },
            comment: ['The provider has no write-only form of it: the values stand in the state, so guard the state.'],
          },
        ],
      }
    }
    return {
      parts: [
        {
          ...common,
          type: 'vault_kv_secret_v2',
          arguments: {
            mount: onMount('mounts', mount),
            name: path,
            // Vault refuses the write where a version is there.
            options: { cas: '0' },
            disable_read: true,
            data_json_wo: data,
            data_json_wo_version: 1,
          },
        },
      ],
    }
  },
  bankVaults(id, desired) {
    const { mount, path, version } = id
    if (version === 1) {
      return {
        parts: [],
        unsaid: [{ field: 'data', why: 'bank-vaults cannot write to version 1 of kv without nesting' }],
      }
    }
    return {
      parts: [
        {
          list: 'secrets',
          mount,
          under: ['configuration', 'data'],
          // Left alone where it is there.
          entry: { name: path, create_only: true, data: dataOf(id, desired), options: { cas: 0 } },
        },
      ],
    }
  },
}
