import { open, readFile } from 'node:fs/promises'
import * as v from 'valibot'
import { APPLY, IceError } from '../catalogue/index.js'
import type { Context, File } from '../config/file.js'
import { canonical, fingerprint } from '../kinds/fields.js'
import type { InventoryStore } from '../reconcile/inventory-store.js'
import type { Json } from '../kinds/contract.js'
import type { Plan, PlannedObject } from '../reconcile/plan.js'
import { serversOf } from './describe.js'
import type { Servers } from './results.js'
import type { Session } from './session.js'

/**
 * A saved plan: the checked file with what it was compared with, and what the comparison found. Secrets are references in
 * it, as in the file; applying it compares again, and goes on only where nothing has moved.
 */
export interface SavedPlan {
  readonly schemaVersion: 1
  readonly configFile: string
  readonly servers: Servers
  /** Of the inventory that the plan was made with: whoever applies in between changes it. */
  readonly inventory: string | undefined
  readonly file: File
  readonly context: Context
  readonly objects: readonly PlannedObject[]
}

const shape = v.object({
  schemaVersion: v.literal(1),
  configFile: v.string(),
  servers: v.object({ vault: v.string(), clusters: v.record(v.string(), v.string()) }),
  inventory: v.optional(v.string()),
  file: v.looseObject({ name: v.string() }),
  context: v.object({
    clusters: v.record(v.string(), v.looseObject({})),
    texts: v.record(v.string(), v.string()),
    tokenSecrets: v.optional(v.record(v.string(), v.string())),
  }),
  objects: v.array(v.looseObject({ address: v.string(), action: v.string() })),
})

/** Writes it for its owner alone, and never through a link or over another file. */
export async function savePlan(out: string, session: Session, plan: Plan): Promise<void> {
  const saved: SavedPlan = {
    schemaVersion: 1,
    configFile: session.configFile,
    servers: serversOf(session),
    inventory: recordMark(session.store),
    file: session.file,
    context: session.context,
    objects: plan.objects.filter(({ action }) => action !== 'none'),
  }
  try {
    const handle = await open(out, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(saved, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new IceError(APPLY.planNotSaved, {
      message: `The plan could not be saved to ${out}: ${code === 'EEXIST' ? 'there is such a file already' : (code ?? 'unknown error')}.`,
    })
  }
}

/** @throws IceError APPLY.planUnreadable */
export async function loadPlan(path: string): Promise<SavedPlan> {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'))
  } catch {
    throw new IceError(APPLY.planUnreadable, { message: `${path} cannot be read as a plan.` })
  }
  const result = v.safeParse(shape, parsed)
  if (!result.success) throw new IceError(APPLY.planUnreadable, { message: `${path} is not a plan of this version.` })
  return parsed as SavedPlan
}

/** @throws IceError APPLY.stalePlan where this run would go to other servers than the plan was made for */
export function requireSameServers({ servers }: Pick<SavedPlan, 'servers'>, now: Servers): void {
  const all = ({ vault, clusters }: Servers): Record<string, string> => ({
    Vault: vault,
    ...Object.fromEntries(Object.entries(clusters).map(([name, server]) => [`cluster ${name}`, server])),
  })
  const going = all(now)
  for (const [name, planned] of Object.entries(all(servers))) {
    if (going[name] === planned) continue
    throw new IceError(APPLY.stalePlan, {
      message: `The plan was made for ${name} at ${planned}; this run would go to ${going[name] ?? 'none'}.`,
    })
  }
}

/** What is recorded as ours; when it was verified changes nothing of it. */
const recordMark = ({ version, inventory }: InventoryStore): string | undefined =>
  version === undefined ? undefined : fingerprint(inventory.objects as unknown as Json)

/** @throws IceError APPLY.stalePlan where somebody has applied this file since, whatever came of it */
export function requireSameInventory(saved: SavedPlan, store: InventoryStore): void {
  if (saved.inventory === recordMark(store)) return
  throw new IceError(APPLY.stalePlan, { message: 'Since the plan was saved another run has changed the inventory.' })
}

/** @throws IceError APPLY.stalePlan where a new comparison finds something else than an earlier one */
export function requireUnchanged(saved: Pick<Plan, 'objects'>, now: Plan): void {
  const essence = ({ address, action, changes }: PlannedObject): string =>
    canonical({ address, action, changes } as unknown as Json)
  const essences = (objects: readonly PlannedObject[]): Map<string, string> =>
    new Map(objects.filter(({ action }) => action !== 'none').map((object) => [object.address, essence(object)]))
  const [before, after] = [essences(saved.objects), essences(now.objects)]
  const moved = [...new Set([...before.keys(), ...after.keys()])].filter(
    (address) => before.get(address) !== after.get(address),
  )
  if (moved.length === 0) return
  throw new IceError(APPLY.stalePlan, {
    message: `Since the plan was made ${moved.length === 1 ? 'an object has' : `${moved.length} objects have`} moved: ${moved.slice(0, 5).join(', ')}${moved.length > 5 ? ' …' : ''}.`,
  })
}

/** Only these objects, and what they need. */
export function restrict(plan: Plan, only: readonly string[], needs: (address: string) => readonly string[]): Plan {
  const wanted = new Set<string>()
  const add = (address: string): void => {
    if (wanted.has(address)) return
    wanted.add(address)
    needs(address).forEach(add)
  }
  only.forEach(add)
  return {
    ...plan,
    objects: plan.objects.map((object) =>
      wanted.has(object.address) || object.action === 'none' ? object : leftOut(object),
    ),
  }
}

const leftOut = (object: PlannedObject): PlannedObject => ({
  ...object,
  action: 'none',
  changes: [],
  stages: [],
  reason: 'left out by --only',
})
