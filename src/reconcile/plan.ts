import type { Address, Change, Kind, Resource, Stage } from '../kinds/contract.js'
import { STAGES } from '../kinds/contract.js'
import type { Graph } from './graph.js'
import { isRecorded, type Inventory } from './inventory.js'
import type { Observations } from './observe.js'

/**
 * create, update: will be written. none: nothing to do. refuse: it would touch what is not ours, or cannot be changed in
 * place; nothing at all is applied while one is refused.
 */
export type Action = 'create' | 'update' | 'none' | 'refuse'

export interface PlannedObject {
  readonly address: Address
  readonly kind: string
  readonly title: string
  readonly action: Action
  readonly changes: readonly Change[]
  /** It exists and was not ours: it is taken over, whatever else changes in it. A shared object is only changed. */
  readonly adopts?: true
  /** It is refused because somebody has locked it. */
  readonly locked?: true
  /** When it is written: what narrows first, what widens last. */
  readonly stages: readonly Stage[]
  /** Why it is refused, or what is worth knowing though nothing is done. */
  readonly reason?: string
  /** Where in the file it comes from. */
  readonly from: readonly (string | number)[]
}

/** What exists and is not ours is taken over: all of the file's objects, or those at these addresses. */
export type Adopt = 'all' | ReadonlySet<string>

export interface Plan {
  readonly file: string
  readonly objects: readonly PlannedObject[]
}

/** What a plan is made from. */
export interface PlanInput {
  readonly file: string
  readonly graph: Graph
  readonly observations: Observations
  readonly inventory: Inventory
  /** Which other file made an object, where that is known. */
  readonly others?: ReadonlyMap<Address, string>
  readonly adopt?: Adopt | undefined
  /** Of these one that exists is left as it is. */
  readonly ensured?: ReadonlySet<Address>
}

/** Compares what the file wants with what stands there. Pure. */
export function makePlan(input: PlanInput): Plan {
  const objects = new Map<Address, PlannedObject>()
  for (const resource of input.graph.values()) {
    objects.set(resource.address, planObject(resource, input, objects))
  }
  return { file: input.file, objects: [...objects.values()] }
}

function planObject(resource: Resource, input: PlanInput, before: ReadonlyMap<Address, PlannedObject>): PlannedObject {
  const { kind, address, desired, from } = resource
  const observed = input.observations.get(address)
  const changes = kind.diff(desired, observed, input.inventory.objects[address]?.mark)
  const pending = changes.filter(({ mode }) => mode !== 'createOnly')
  const plan = (action: Action, reason?: string): PlannedObject => ({
    address,
    kind: kind.kind,
    title: kind.title,
    action,
    changes,
    stages:
      action === 'create' || action === 'update'
        ? STAGES.filter((stage) => kind.stages(desired, observed)[stage] !== undefined)
        : [],
    ...(reason !== undefined && { reason }),
    from,
  })
  if (observed !== undefined && input.ensured?.has(address) === true)
    return { ...plan('none', 'it is there already'), changes: [] }

  // What every holder has from the start needs no creating.
  if (observed === undefined) return plan(kind.ownership === 'within' && pending.length === 0 ? 'none' : 'create')
  const locked = pending.length > 0 ? kind.locked?.(resource.id, observed) : undefined
  if (locked !== undefined) return { ...plan('refuse', locked), locked: true }
  const foreign = whose(resource, observed, input, before)
  const harmless = pending.length === 0 && (kind.ownership === 'shared' || kind.ownership === 'within')
  const adopts = foreign !== undefined && !harmless && isAdopted(address, input.adopt)
  if (foreign !== undefined && !harmless && !adopts) return plan('refuse', foreign)
  if (pending.length === 0 && !adopts) return plan('none', changes[0]?.why)
  const immutable = pending.find(({ mode }) => mode === 'immutable')
  if (immutable !== undefined) {
    return plan(
      'refuse',
      `${immutable.field} cannot be changed in place: delete the object first, or leave ${immutable.field} as it is`,
    )
  }
  if (!adopts) return plan('update')
  if (kind.ownership === 'shared')
    return { ...plan('update', 'it stays whose it is, and only this is changed'), adopts: true }
  const update = plan('update')
  const ownership: Change = { field: 'ownership', from: foreign, to: belongsTo(input.file) }
  return { ...update, changes: [ownership, ...changes], ...(pending.length === 0 && { stages: [] }), adopts: true }
}

const isAdopted = (address: Address, adopt: Adopt | undefined): boolean =>
  adopt === 'all' || adopt?.has(address) === true

/** Nothing of it differs: only the record is to say that it is ours from now on. Kubernetes objects carry their record. */
export const isOnlyRecorded = ({ adopts, stages }: PlannedObject, { ownership }: Kind): boolean =>
  adopts === true && stages.length === 0 && ownership === 'inventory'

/** Whose an existing object is, if it is not ours. */
function whose(
  { kind, address, within }: Resource,
  observed: unknown,
  { file, inventory, others }: PlanInput,
  before: ReadonlyMap<Address, PlannedObject>,
): string | undefined {
  switch (kind.ownership) {
    case 'inventory': {
      if (isRecorded(kind, inventory.objects[address], observed)) return undefined
      const other = others?.get(address)
      return other === undefined ? 'it exists, and this file did not make it' : belongsTo(other)
    }
    case 'within':
      return within !== undefined && before.get(within)?.action === 'refuse' ? before.get(within)?.reason : undefined
    case 'labels':
    case 'shared': {
      const owner = kind.owner?.(observed)
      if (owner?.file === file) return undefined
      if (owner?.file !== undefined) return belongsTo(owner.file)
      const managers = owner?.managers.join(', ')
      return `it exists, and this file did not make it${managers ? ` (managed by ${managers})` : ''}`
    }
  }
}

const belongsTo = (file: string): string => `it belongs to the file named ${file}`

export const isWritten = ({ action }: PlannedObject): boolean => action === 'create' || action === 'update'
