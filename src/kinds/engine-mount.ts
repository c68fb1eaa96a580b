import { setTimeout as sleep } from 'node:timers/promises'
import { path, statusOf } from '../vault/index.js'
import { vaultAddress, type Address } from './address.js'
import type { Io } from './contract.js'
import { operand } from './command-line.js'
import { desiredValues } from './fields.js'
import { engineMountFields, mountKind } from './mount.js'
import { engineMountExport } from './mount-export.js'

const UPGRADE_SECONDS = 15

/** A secrets engine of the file; `existing: true` ones are others' and only spoken of. */
export const engineMount = mountKind({
  kind: 'EngineMount',
  title: 'secrets engine',
  about:
    'A secrets engine at a path of Vault: what stores secrets (kv), makes database users (database) or encrypts (transit).',
  sections: ['engines'],
  table: 'sys/mounts',
  fields: engineMountFields,
  export: engineMountExport(engineMountFields),
  removal: {
    // What a database engine holds is made from the file; the others hold what people wrote.
    loses: ({ values }) => (values['type'] === 'database' ? undefined : 'everything in it'),
    contents: async ({ mount }, io) =>
      (await io.vault.read(path`sys/mounts/${mount}`))?.data['type'] === 'database' ? databaseContents(mount, io) : [],
  },
  *expand(file) {
    for (const [mount, engine] of Object.entries(file.engines)) {
      if ('existing' in engine) continue
      yield {
        id: { mount },
        desired: desiredValues(engineMountFields, engine),
        after: [],
        from: ['engines', mount],
      }
    }
  },

  settleReads: ({ mount }, desired) =>
    desired['version'] === 2 ? [{ api: 'vault', path: `${mount}/config`, capabilities: ['read'] }] : [],

  settleBy: ({ mount }, desired, { vault }) =>
    desired['version'] === 2
      ? [
          {
            why: 'A new KV version 2 engine refuses everything until it has made its own layout.',
            words: [vault, 'read', ...operand(`${mount}/config`)],
            patience: UPGRADE_SECONDS,
          },
        ]
      : [],

  // A new KV version 2 engine answers 400 until it has made its own layout.
  async settle({ mount }, desired, io) {
    if (desired['version'] !== 2) return
    const deadline = Date.now() + UPGRADE_SECONDS * 1000
    for (let pause = 5; ; pause = Math.min(pause * 2, 500)) {
      try {
        await io.vault.read(path`${mount}/config`)
        return
      } catch (error) {
        if (statusOf(error) !== 400 || Date.now() > deadline) throw error
        await sleep(pause, undefined, { signal: io.signal })
      }
    }
  },
})

async function databaseContents(mount: string, { vault }: Io): Promise<Address[]> {
  const found = await Promise.all(
    (['config', 'roles', 'static-roles'] as const).map(async (section) =>
      (await vault.list(path`${mount}/${section}`)).map((name) => vaultAddress(`${mount}/${section}/${name}`)),
    ),
  )
  return found.flat()
}
