import * as v from 'valibot'
import { APPLY, IceError } from '../catalogue/index.js'
import { describeSource, secretSource, type SecretSource } from '../secrets/index.js'
import { path, statusOf, type Payload, type VaultPath } from '../vault/index.js'
import { vaultAddress } from './address.js'
import { jsonParts, operand, valueOf, type CommandLine } from './command-line.js'
import type { Change, Io, Json, Kind } from './contract.js'
import { readAndWrite, sideways } from './vault-object.js'
import { kvSecretExport } from './kv-secret-export.js'

export const kvSecretSchema = v.pipe(
  v.record(v.string(), secretSource),
  v.check((data) => Object.keys(data).length > 0, 'expected at least one key'),
)

export interface KvSecretId {
  readonly mount: string
  readonly path: string
  readonly version: 1 | 2
}

export interface DesiredKvSecret {
  readonly data: Readonly<Record<string, SecretSource>>
}

/** Whether a secret is there; never what it holds. */
export interface ObservedKvSecret {
  /** Version 2: the current version and when it was made. */
  readonly current?: number
  readonly createdTime?: string
  /** Version 2: when the whole of it was made; a removal takes that along, an overwriting does not. */
  readonly madeTime?: string
  /** Version 2: its current version was deleted or destroyed. */
  readonly deleted: boolean
}

interface KvMark {
  readonly [key: string]: string
}

const dataPath = ({ mount, path: name, version }: KvSecretId): VaultPath =>
  version === 2 ? path`${mount}/data/${name}` : path`${mount}/${name}`

/** Where a deletion takes all versions with it. */
const wholePath = ({ mount, path: name, version }: KvSecretId): VaultPath =>
  version === 2 ? path`${mount}/metadata/${name}` : path`${mount}/${name}`

/**
 * A secret that the file seeds. It is only ever created, never overwritten: version 2 with cas=0, version 1 (which has no
 * such check) read, then written, so that two runs at the same moment could both write.
 */
export const kvSecret: Kind<KvSecretId, DesiredKvSecret, ObservedKvSecret, KvMark> = {
  kind: 'KVSecret',
  title: 'KV secret',
  about:
    'A secret that is there from the start, so that the workload finds one; it is made once and never overwritten.',
  sections: ['engines.kv.secrets'],
  fields: { data: { api: 'data', mode: 'writeOnly' } },
  ownership: 'inventory',

  *expand(file) {
    for (const [mount, engine] of Object.entries(file.engines)) {
      if ('existing' in engine || engine.type !== 'kv') continue
      for (const [name, data] of Object.entries(engine.secrets)) {
        yield {
          id: { mount, path: name, version: engine.version },
          desired: { data },
          after: [vaultAddress(`sys/mounts/${mount}`), vaultAddress(`${mount}/config`)],
          within: vaultAddress(`sys/mounts/${mount}`),
          from: ['engines', mount, 'secrets', name],
        }
      }
    }
  },

  address: (id) => vaultAddress(dataPath(id).text),

  calls(id) {
    const { read, write } = readAndWrite(dataPath(id))
    const metadata =
      id.version === 2
        ? [{ api: 'vault' as const, path: `${id.mount}/metadata/${id.path}`, capabilities: ['read' as const] }]
        : read
    return {
      read: metadata,
      write: write.map((call) => (call.api === 'vault' ? { ...call, capabilities: ['create' as const] } : call)),
    }
  },

  async read(id, io: Io) {
    if (id.version === 1) return (await io.vault.readSecret(dataPath(id))) && { deleted: false }
    const answer = await io.vault.read<Metadata>(path`${id.mount}/metadata/${id.path}`)
    if (answer === undefined) return undefined
    const { current_version: current, created_time: madeTime, versions } = answer.data
    if (current === 0) return undefined
    const newest = versions[String(current)]
    return {
      current,
      ...(newest && { createdTime: newest.created_time }),
      ...(madeTime !== undefined && { madeTime }),
      deleted: newest === undefined || newest.destroyed || isPast(newest.deletion_time),
    }
  },

  diff(desired, observed): Change[] {
    if (observed?.deleted === true) {
      return [
        {
          field: 'data',
          from: '(deleted)',
          to: '(secret)',
          mode: 'createOnly',
          why: 'it was deleted; a KV secret is never written again by itself',
        },
      ]
    }
    if (observed !== undefined) return []
    return Object.entries(desired.data).map(([key, source]) => ({
      field: `data.${key}`,
      from: undefined,
      to: '(secret)',
      why: describeSource(source),
    }))
  },

  stages: sideways,

  sources: ({ data }) => Object.values(data),

  async write(id, desired, _observed, io) {
    const data: Record<string, Payload> = {}
    for (const [key, source] of Object.entries(desired.data)) data[key] = await io.secrets.resolve(source)
    // Version 1 has no check-and-set, and the plan may be old.
    if (id.version === 1 && (await this.read(id, io)) !== undefined) throw overtaken(id)
    try {
      const body = id.version === 2 ? { options: { cas: 0 }, data } : data
      const answer = await io.vault.write<{ version?: number; created_time?: string }>(dataPath(id), body)
      return id.version === 2
        ? { version: String(answer.data.version ?? 1), createdTime: answer.data.created_time ?? '' }
        : {}
    } catch (error) {
      if (statusOf(error) !== 400 || !(error instanceof Error) || !error.message.includes('check-and-set')) throw error
      throw overtaken(id)
    }
  },

  commands({ mount, path: name, version }, { data }, _observed, { vault }): CommandLine[] {
    const at = [`-mount=${mount}`, ...operand(name)]
    const values = Object.entries(data).map(([key, source]) => [key, valueOf(source, [mount, name, key])] as const)
    const put = (...flags: string[]): CommandLine => ({
      words: [vault, 'kv', 'put', ...flags, ...at, '-'],
      input: jsonParts(Object.fromEntries(values)),
    })
    if (version === 2) return [put('-cas=0')]
    const otherwise = `${mount}/${name} is there already, and is left as it is.`
    return [{ words: [vault, 'kv', 'get', ...at], otherwise }, put()]
  },

  export: kvSecretExport,

  removal: {
    calls: (id) => [{ api: 'vault', path: wholePath(id).text, capabilities: ['delete'] }],
    loses: () => 'the secret, in all its versions,',
    // Our own first version is no older than the whole.
    isAnew: ({ madeTime }, { createdTime = '' }) =>
      madeTime !== undefined && createdTime !== '' && Date.parse(madeTime) > Date.parse(createdTime),
    remove: (id, _observed, io) => io.vault.delete(wholePath(id)),
  },

  // Our write is version 1 and stays the newest until somebody else writes.
  fits: (observed, mark) =>
    observed.current === undefined ||
    (observed.current === 1 && (mark['createdTime'] ?? observed.createdTime) === observed.createdTime),

  intended: (): Record<string, Json & string> => ({}),

  settled: ({ current, createdTime }): KvMark =>
    current === undefined ? {} : { version: String(current), createdTime: createdTime ?? '' },
}

/** Where the engine ends versions after a while, a version knows from the start when. */
const isPast = (time: string): boolean => time !== '' && Date.parse(time) <= Date.now()

function overtaken(id: KvSecretId): IceError {
  return new IceError(APPLY.changedMeanwhile, {
    message: `Somebody else has just written ${dataPath(id).text}; it was left as it is.`,
    address: vaultAddress(dataPath(id).text),
  })
}

interface Metadata {
  readonly current_version: number
  readonly created_time?: string
  readonly versions: Readonly<
    Record<string, { readonly created_time: string; readonly deletion_time: string; readonly destroyed: boolean }>
  >
}
