import { IceError, VAULT } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import { splitMount } from '../policy/index.js'
import { path, statusOf, type Vault } from '../vault/index.js'
import type { StepResult } from './results.js'
import { step, type StepOptions } from './step.js'
import { withStepSession } from './step-session.js'

export type EngineName = 'kv' | 'database' | 'transit'

/** A secrets engine as it stands. */
export interface LiveEngine {
  readonly mount: string
  readonly type: string
  /** KV: 1 or 2. */
  readonly version?: 1 | 2
}

/** A path in an engine. */
export interface PlacedPath {
  readonly engine: LiveEngine
  /** What follows the mount; empty for the mount itself. */
  readonly path: string
}

interface Row {
  readonly type: string
  readonly options?: { readonly version?: string } | null
}

/** What serves a path, or undefined where nothing does; `others`: the mounts that are there, as far as they may be read. */
interface Found {
  readonly placed?: PlacedPath
  readonly others: readonly LiveEngine[]
}

/**
 * Looks where a path leads: sys/internal/ui/mounts shows a mount to everybody who may use something in it, as it does to
 * Vault's own command line. It answers 403 also where nothing is mounted; then the table of mounts tells.
 */
async function find(target: string, vault: Vault): Promise<Found> {
  try {
    const answer = await vault.read<Row & { readonly path: string }>(path`sys/internal/ui/mounts/${target}`)
    if (answer === undefined) return { others: [] }
    const engine = engineOf(answer.data.path, answer.data)
    return { placed: { engine, path: target.slice(engine.mount.length + 1) }, others: [engine] }
  } catch (error) {
    if (statusOf(error) !== 403) throw error
    const rows = await unlessRefused(() => vault.read<Readonly<Record<string, Row>>>(path`sys/mounts`))
    if (rows === undefined) throw error
    const others = Object.entries(rows.data).map(([mount, row]) => engineOf(mount, row))
    const at = splitMount(
      target,
      others.map(({ mount }) => mount),
    )
    const engine = others.find(({ mount }) => mount === at?.mount)
    return { ...(at && engine && { placed: { engine, path: at.path } }), others }
  }
}

function engineOf(mount: string, { type, options }: Row): LiveEngine {
  return {
    mount: mount.replace(/\/$/, ''),
    type,
    // KV without options is version 1.
    ...(type === 'kv' && { version: options?.version === '2' ? 2 : 1 }),
  }
}

async function unlessRefused<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (statusOf(error) === 403) return undefined
    throw error
  }
}

const ARTICLE: Readonly<Record<EngineName, string>> = { kv: 'KV', database: 'database', transit: 'transit' }

/**
 * The engine that serves a path, which must be of this type: another would take what is written for something else.
 * @throws IceError VAULT.notThere
 */
export async function requireEngine(target: string, type: EngineName, vault: Vault): Promise<PlacedPath> {
  const { placed, others } = await find(target, vault)
  if (placed?.engine.type === type) return placed
  if (placed !== undefined) throw wrongType(placed.engine, type)
  const mounts = others.filter((other) => other.type === type).map(({ mount }) => mount)
  const [first = target] = target.split('/')
  const meant = nearest(first, mounts)
  throw new IceError(VAULT.notThere, {
    message: `No secrets engine is mounted at ${JSON.stringify(target)}.`,
    next: [
      ...(meant !== undefined
        ? [`Did you mean ${meant}?`]
        : mounts.length > 0
          ? [`Engines of type ${type}: ${mounts.join(', ')}.`]
          : []),
      ENABLE[type],
    ],
  })
}

const ENABLE: Readonly<Record<EngineName, string>> = {
  kv: 'Mount one: icebreaker kv enable MOUNT',
  database: 'Mount one, with a connection: icebreaker database configure MOUNT/NAME',
  transit: 'Mount one: icebreaker transit enable MOUNT',
}

/** The engine at exactly this mount; undefined where there is none. @throws IceError VAULT.notThere where it is of another type */
export async function engineAt(mount: string, type: EngineName, vault: Vault): Promise<LiveEngine | undefined> {
  const { placed } = await find(mount, vault)
  if (placed === undefined || placed.path !== '') return undefined
  if (placed.engine.type !== type) throw wrongType(placed.engine, type)
  return placed.engine
}

function wrongType({ mount, type }: LiveEngine, wanted: EngineName): IceError {
  return new IceError(VAULT.notThere, {
    message: `What is mounted at ${mount} is of type ${type}: it is no ${ARTICLE[wanted]} engine.`,
    next: ['Name another mount.'],
  })
}

/**
 * The engine at exactly this mount, which must be there.
 * @throws IceError VAULT.notThere
 */
export async function requireMount(mount: string, type: EngineName, vault: Vault): Promise<LiveEngine> {
  const { engine, path: rest } = await requireEngine(mount, type, vault)
  if (rest === '') return engine
  throw new IceError(VAULT.notThere, {
    message: `No secrets engine is mounted at ${mount}: it is a path in ${engine.mount}.`,
    next: [ENABLE[type]],
  })
}

/** A step that makes an engine, or tunes it: what is mounted there must not be of another type. */
export async function mountStep(options: StepOptions, mount: string, type: EngineName): Promise<StepResult> {
  await withStepSession(options, async ({ vault }) => engineAt(mount, type, await vault()))
  return step(options)
}

/** A step in an engine that is there. */
export async function engineStep(options: StepOptions, mount: string, type: EngineName): Promise<StepResult> {
  await withStepSession(options, async ({ vault }) => requireMount(mount, type, await vault()))
  return step(options)
}
