import { setTimeout as sleep } from 'node:timers/promises'
import { path, statusOf } from '../vault/index.js'
import { desiredValues } from './fields.js'
import { engineMountFields, mountKind } from './mount.js'

const UPGRADE_SECONDS = 15

/** A secrets engine of the file; `existing: true` ones are others' and only spoken of. */
export const engineMount = mountKind({
  kind: 'EngineMount',
  title: 'secrets engine',
  table: 'sys/mounts',
  fields: engineMountFields,
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
