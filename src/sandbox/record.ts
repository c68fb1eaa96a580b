import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import * as v from 'valibot'
import { IceError, SANDBOX } from '../catalogue/index.js'
import { privateFolder, writePrivate } from './files.js'
import { placesOf, sandboxesFolder, type Places } from './places.js'

const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535))

const recordSchema = v.strictObject({
  version: v.literal(1),
  name: v.string(),
  product: v.picklist(['openbao', 'vault']),
  /** Undefined: a cluster of the sandbox's own. `kubeconfig` may be several files, as in KUBECONFIG. */
  existing: v.optional(v.strictObject({ context: v.string(), kubeconfig: v.string() })),
  /** By the names in composition.ts; they are kept while the sandbox is down. */
  ports: v.record(v.string(), port),
  /** Where the sandbox runs as root: PostgreSQL's user, and what tells its folder from others (places.ts knows where). */
  postgres: v.optional(
    v.strictObject({
      folderId: v.pipe(v.string(), v.regex(/^[0-9a-f]{12}$/)),
      user: v.strictObject({ uid: v.number(), gid: v.number() }),
    }),
  ),
  /** What was started, by server. An entry stays until the process is known to be gone. */
  processes: v.record(v.string(), v.strictObject({ pid: v.number(), began: v.string() })),
})

/** What a sandbox must remember to heal, to be stopped and to be removed. Written before what it speaks of is done. */
export type SandboxRecord = v.InferOutput<typeof recordSchema>

export function saveRecord(places: Places, record: SandboxRecord): void {
  privateFolder(dirname(places.record))
  writePrivate(places.record, `${JSON.stringify(record, null, 2)}\n`)
}

/** Undefined where there is no such sandbox. @throws IceError ICE6005 where its record is damaged */
export function loadRecord(places: Places): SandboxRecord | undefined {
  if (!existsSync(places.record)) return undefined
  try {
    return v.parse(recordSchema, JSON.parse(readFileSync(places.record, 'utf8')))
  } catch {
    throw new IceError(SANDBOX.brokenState, {
      message: `${places.record} is not what a sandbox of this version writes.`,
      evidence: { folder: places.folder },
    })
  }
}

/** The names of all sandboxes of this user. */
export function sandboxNames(): string[] {
  const folder = sandboxesFolder()
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(placesOf(entry.name).record))
    .map((entry) => entry.name)
    .sort()
}
