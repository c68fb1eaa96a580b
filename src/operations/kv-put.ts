import { APPLY, IceError } from '../catalogue/index.js'
import { vaultAddress, type Address } from '../kinds/address.js'
import type { Change } from '../kinds/contract.js'
import type { PlannedObject } from '../reconcile/plan.js'
import { describeSource, Secret, type SecretResolver } from '../secrets/index.js'
import { statusOf, type Payload, type SecretData, type SecretValue, type Vault } from '../vault/index.js'
import { requireEngine, type PlacedPath } from './engine-mount.js'
import { readKv, valuesPath, type LiveSecret } from './kv-read.js'
import type { StepResult } from './results.js'
import { step, type StepOptions } from './step.js'
import { withStepSession } from './step-session.js'
import type { KvData } from './steps/kv-data.js'

export interface KvPutOptions extends StepOptions {
  /** MOUNT/PATH */
  readonly target: string
  readonly data: KvData
  /** Where all of the values come from, where their sources do not say it: standard input. */
  readonly origin?: string
  /** What is there already is replaced. */
  readonly overwrite: boolean
}

/**
 * Makes a secret, as a step. One that is there stays as it is, unless it is to be overwritten: then the version that was
 * compared is replaced, and no later one (cas). KV version 1 has no such check: somebody who writes between reading and
 * writing is overwritten.
 * @throws IceError APPLY.wouldOverwrite, APPLY.changedMeanwhile, VAULT.notThere
 */
export async function kvPut(options: KvPutOptions): Promise<StepResult> {
  const began = performance.now()
  const found = await withStepSession(
    options,
    async (session) => {
      const io = await session.vaultIo()
      const place = await requireEngine(options.target, 'kv', io.vault)
      const live = await readable(place, io.vault)
      if (live === undefined) return place
      const wanted = await resolved(options.data, live.data, io.secrets, options.overwrite)
      const changes = changesOf(options, wanted, live)
      if (changes.length > 0 && !options.overwrite) throw wouldOverwrite(place, live, changes)
      const isWritten = changes.length > 0 && !options.dryRun
      session.stop.throwIfAborted()
      const wrote = performance.now()
      if (isWritten) await replace(place, live, wanted, io.vault)
      const now = performance.now()
      return result(
        options,
        session.file.name,
        { place, changes, vault: io.vault.address },
        {
          ...(isWritten && { wrote: (now - wrote) / 1000 }),
          seconds: (now - began) / 1000,
        },
      )
    },
    true,
  )
  if ('operation' in found) return found
  const made = await step({ ...options, step: { ...options.step, ...createdAs(found, options.data) } })
  // Its values may not be read, so nobody knows whether they are what was asked for.
  if (made.plan.objects.some(({ kind, action }) => kind === 'KVSecret' && action === 'none'))
    throw wouldOverwrite(found, undefined, [])
  return options.origin === undefined ? made : from(options.origin, made)
}

/** A plan knows sources alone. */
function from(origin: string, made: StepResult): StepResult {
  const objects = made.plan.objects.map((object) =>
    object.kind === 'KVSecret'
      ? { ...object, changes: object.changes.map((change) => ({ ...change, why: origin })) }
      : object,
  )
  return { ...made, plan: { ...made.plan, objects } }
}

/** The secret as it stands; undefined where there is none, or it may be written and not read. */
async function readable(place: PlacedPath, vault: Vault): Promise<LiveSecret | undefined> {
  try {
    return await readKv(place, vault)
  } catch (error) {
    if (statusOf(error) === 403) return undefined
    throw error
  }
}

function createdAs({ engine, path: name }: PlacedPath, data: KvData): Pick<StepOptions['step'], 'kinds' | 'sections'> {
  const section = { type: 'kv', version: engine.version ?? 1, secrets: { [name]: data } }
  return { kinds: ['KVSecret'], sections: () => ({ engines: { [engine.mount]: section } }) }
}

type Values = Readonly<Record<string, Secret | string>>

/** The values that are asked for. One that is to be generated is made once: what stands there is it, unless it is to be overwritten. */
async function resolved(
  data: KvData,
  live: SecretData | undefined,
  secrets: SecretResolver,
  overwrite: boolean,
): Promise<Values> {
  const values: Record<string, Secret | string> = {}
  for (const [key, source] of Object.entries(data)) {
    const there = live?.[key]
    values[key] = 'generate' in source && !overwrite && there instanceof Secret ? there : await secrets.resolve(source)
  }
  return values
}

/** What differs, key by key. */
function changesOf(
  { data, origin }: Pick<KvPutOptions, 'data' | 'origin'>,
  wanted: Values,
  { data: live = {}, version }: LiveSecret,
): Change[] {
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(live)])]
  const changes = keys.flatMap((key): Change[] => {
    const [from, to, source] = [live[key], wanted[key], data[key]]
    if (to !== undefined && isSame(from, to)) return []
    return [
      {
        field: `data.${key}`,
        from: from === undefined ? undefined : '(secret)',
        to: to === undefined ? undefined : '(secret)',
        ...(source && { why: origin ?? describeSource(source) }),
      },
    ]
  })
  return changes.length > 0 && version !== undefined
    ? [{ field: 'version', from: version, to: version + 1 }, ...changes]
    : changes
}

const isSame = (live: SecretValue | undefined, wanted: Secret | string): boolean =>
  live instanceof Secret && Secret.equal(live, wanted)

async function replace(place: PlacedPath, live: LiveSecret, data: Values, vault: Vault): Promise<void> {
  const body: Payload = live.version === undefined ? data : { options: { cas: live.version }, data }
  try {
    await vault.write(valuesPath(place), body)
  } catch (error) {
    if (statusOf(error) !== 400 || !(error instanceof Error) || !error.message.includes('check-and-set')) throw error
    throw new IceError(APPLY.changedMeanwhile, {
      message: `Somebody else has just written ${nameOf(place)}; it was left as it is.`,
      address: addressOf(place),
    })
  }
}

const nameOf = ({ engine, path: name }: PlacedPath): string => `${engine.mount}/${name}`

const addressOf = (place: PlacedPath): Address => vaultAddress(valuesPath(place).text)

function wouldOverwrite(place: PlacedPath, live: LiveSecret | undefined, changes: readonly Change[]): IceError {
  const name = nameOf(place)
  const isDeleted = live !== undefined && live.data === undefined
  const keys = changes.flatMap(({ field }) => (field.startsWith('data.') ? [field.slice('data.'.length)] : []))
  const happened = isDeleted
    ? `The secret ${name} is there, and its version ${live.version} was deleted.`
    : live === undefined
      ? `The secret ${name} is there already, and its values may not be read to compare them.`
      : `The secret ${name} is there already, with other values.`
  return new IceError(APPLY.wouldOverwrite, {
    message: `${happened} Nothing was written.`,
    address: addressOf(place),
    ...(!isDeleted && keys.length > 0 && { evidence: { differs: keys.join(', ') } }),
  })
}

/** The same as a step's: what was compared, and what was written. */
function result(
  { command, dryRun, stop }: KvPutOptions,
  file: string,
  {
    place,
    changes,
    vault,
  }: { readonly place: PlacedPath; readonly changes: readonly Change[]; readonly vault: string },
  { wrote, seconds }: { readonly wrote?: number; readonly seconds: number },
): StepResult {
  const [address, kind, title] = [addressOf(place), 'KVSecret', 'KV secret'] as const
  const action: PlannedObject['action'] = changes.length > 0 ? 'update' : 'none'
  const object: PlannedObject = {
    address,
    kind,
    title,
    action,
    changes,
    stages: changes.length > 0 ? ['switch'] : [],
    from: ['engines', place.engine.mount, 'secrets', place.path],
  }
  return {
    operation: 'step',
    command,
    file,
    servers: { vault, clusters: {} },
    plan: { file, objects: [object] },
    dryRun,
    outcomes: wrote === undefined ? [] : [{ address, kind, action: 'update', state: 'done', seconds: wrote }],
    interrupted: stop.aborted,
    seconds,
  }
}
