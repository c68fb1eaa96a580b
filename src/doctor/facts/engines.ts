import { DOCTOR, IceError, isIceError } from '../../catalogue/index.js'
import { mapBounded } from '../../http/limit.js'
import { path, statusOf } from '../../vault/index.js'
import { fact, type Look } from '../contract.js'
import type { EngineSubject } from '../subject.js'
import { mounts, serving } from './vault.js'

type OfEngine = Pick<EngineSubject, 'engine' | 'type'>
const byPath = ({ engine }: OfEngine): string => engine

/** The row of the engine in the table of mounts; undefined where there is none. */
export const engineRow = fact({
  what: 'the secrets engine',
  key: byPath,
  from: 'operator',
  fetch: async ({ engine }: OfEngine, { ask }) => (await ask(mounts, undefined)).mounts[engine],
})

/** @throws IceError where the engine is not there, or is another one: then there is nothing to ask it */
async function requireEngine(subject: OfEngine, { ask }: Look): Promise<void> {
  const row = await ask(engineRow, subject)
  if (row?.type === subject.type) return
  const [record, what] =
    row === undefined
      ? [DOCTOR.engineAbsent, 'Nothing is mounted']
      : [DOCTOR.engineWrongType, `An engine of the type ${row.type} is mounted`]
  throw new IceError(record, { message: `${what} at ${subject.engine}.` })
}

/** What a KV engine of version 2 says when it is read; undefined: it works. */
export const kvRefusal = fact({
  what: 'whether the KV engine answers',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfEngine, look): Promise<string | undefined> {
    await requireEngine(subject, look)
    const row = await look.ask(engineRow, subject)
    if (row?.version !== 2) return undefined
    try {
      await look.scene.vault.read(path`${subject.engine}/config`)
      return undefined
    } catch (error) {
      if (statusOf(error) === 400 && isIceError(error)) return error.message
      throw error
    }
  },
})

type Data = Readonly<Record<string, unknown>>

/** Connections, roles and static roles of a database engine, by name, under the API's names. */
export const databaseObjects = fact({
  what: 'the objects of the database engine',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfEngine, look) {
    await requireEngine(subject, look)
    const { vault } = look.scene
    const all = async (part: string): Promise<ReadonlyMap<string, Data>> => {
      const names = await vault.list(path`${subject.engine}/${part}`)
      const read = await mapBounded(names, async (name) => {
        const data = (await vault.read(path`${subject.engine}/${part}/${name}`))?.data
        return data === undefined ? [] : [[name, data] as const]
      })
      return new Map(read.flat())
    }
    const [connections, roles, staticRoles] = await Promise.all(['config', 'roles', 'static-roles'].map(all))
    const none: ReadonlyMap<string, Data> = new Map()
    return { connections: connections ?? none, roles: roles ?? none, staticRoles: staticRoles ?? none }
  },
})

/** What came of a canary credential. */
export interface Canary {
  readonly role: string
  /** Undefined: it was issued. */
  readonly refused?: string
  /** Undefined: it was revoked. */
  readonly revoked?: string
}

/**
 * A credential of each role, revoked at once. Vault keeps connections to the database open, so that a password that was
 * changed there shows only when it connects anew.
 */
export const canaries = fact({
  what: 'canary credentials of the database roles',
  key: byPath,
  from: 'vault',
  staleForMs: 90_000,
  writes: ({ engine }: OfEngine) =>
    `a credential of each role of ${engine}, a user in the database that is removed at once`,
  async fetch(subject: OfEngine, look): Promise<readonly Canary[]> {
    const { roles } = await look.ask(databaseObjects, subject)
    return mapBounded(roles.keys(), (role) => canaryOf(subject, role, look))
  },
})

async function canaryOf({ engine }: OfEngine, role: string, { scene }: Look): Promise<Canary> {
  const { vault } = scene
  let lease: string | undefined
  try {
    lease = (await vault.readSecret(path`${engine}/creds/${role}`, { repeatable: false }))?.leaseId
  } catch (error) {
    if (isIceError(error) && (statusOf(error) ?? 0) >= 400 && statusOf(error) !== 403)
      return { role, refused: said(error) }
    throw error
  }
  if (lease === undefined) return { role }
  try {
    await vault.write(path`sys/leases/revoke`, { lease_id: lease, sync: true }, { repeatable: true })
    return { role }
  } catch (error) {
    if (isIceError(error) && (statusOf(error) ?? 0) >= 400) return { role, revoked: said(error) }
    throw error
  }
}

const said = (error: IceError): string => String(error.details.evidence?.['said'] ?? error.message)

/** The keys of a transit engine, by name. */
export const transitKeys = fact({
  what: 'the keys of the transit engine',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfEngine, look): Promise<ReadonlyMap<string, Data>> {
    await look.ask(serving, undefined)
    await requireEngine(subject, look)
    const { vault } = look.scene
    const names = await vault.list(path`${subject.engine}/keys`)
    const read = await mapBounded(names, async (name) => {
      const data = (await vault.read(path`${subject.engine}/keys/${name}`))?.data
      return data === undefined ? [] : [[name, data] as const]
    })
    return new Map(read.flat())
  },
})
