import { EXIT, isIceError, KUBERNETES, VAULT, type IceError } from '../catalogue/index.js'
import { limiter } from '../http/limit.js'
import { STAGES, type Address, type Io, type Json, type Kind, type Resource, type Stage } from '../kinds/contract.js'
import type { Graph } from './graph.js'
import type { Inventory } from './inventory.js'
import { freshIo, type Observations } from './observe.js'
import { isOnlyRecorded, isWritten, type Plan } from './plan.js'

/** skipped: not tried, because something it needs failed, or the run was stopped. unknown: the answer was lost. */
export type OutcomeState = 'done' | 'failed' | 'skipped' | 'unknown'

export interface ObjectOutcome {
  readonly address: Address
  readonly kind: string
  readonly action: 'create' | 'update'
  readonly state: OutcomeState
  readonly seconds: number
  readonly error?: IceError
  /** Why it was skipped. */
  readonly reason?: string
}

export interface ApplyInput {
  readonly graph: Graph
  readonly plan: Plan
  readonly observations: Observations
  readonly inventory: Inventory
  readonly io: Io
  /** Aborted: what is running is finished, nothing new is started. An IceError as its reason says why. */
  readonly stop: AbortSignal
}

export interface Applied {
  readonly outcomes: readonly ObjectOutcome[]
  /** Of each object that was written, for the inventory. */
  readonly marks: ReadonlyMap<Address, { readonly kind: string; readonly id: Json; readonly mark: Json }>
}

interface Task {
  readonly resource: Resource
  readonly stage: Stage
  readonly state: unknown
  readonly last: boolean
  /** It is as it should be; only the record is to say that it is ours. */
  readonly recorded?: true
}

/**
 * Writes what the plan says: stage by stage (see `Stages`), within a stage as parallel as the dependencies allow. An error
 * stops what depends on the object, not the rest; but where something could not be narrowed, nothing that exists is
 * changed and nothing is widened any more, and where a server is gone, or accepts us no more, nothing new is begun.
 */
export async function applyPlan(input: ApplyInput): Promise<Applied> {
  const run = new Run(input)
  await run.narrow()
  await run.inOrder('switch')
  await run.inOrder('widen')
  return run.result()
}

/** Writes one object of the plan ahead of the rest (the namespace that the inventory lives in). */
export async function applyOne(input: ApplyInput, address: Address): Promise<Applied> {
  const only = { ...input.plan, objects: input.plan.objects.filter((object) => object.address === address) }
  return applyPlan({ ...input, plan: only })
}

class Run {
  readonly #input: ApplyInput
  readonly #tasks: readonly Task[]
  readonly #outcomes = new Map<Address, ObjectOutcome>()
  readonly #marks = new Map<Address, { kind: string; id: Json; mark: Json }>()
  readonly #limit = limiter()
  #over: string | undefined
  #tooWide = false
  readonly #held = new Set<Address>()

  constructor(input: ApplyInput) {
    this.#input = input
    this.#tasks = tasksOf(input)
  }

  /**
   * Kind by kind, and what uses before what is used: where a role still has a policy that it is to lose, less in that
   * policy may uncover more in another.
   */
  async narrow(): Promise<void> {
    const kinds = kindByKind(this.#tasksOf('narrow'))
    for (const tasks of kinds.values()) {
      await Promise.all(tasks.map((task) => this.#limit(() => this.#perform(task))))
      this.#tooWide ||= tasks.some(({ resource }) => this.#failed(resource.address))
    }
  }

  /** What is needed before what needs it. */
  async inOrder(stage: 'switch' | 'widen'): Promise<void> {
    const running = new Map<Address, Promise<void>>()
    const tasks = this.#tasksOf(stage)
    if (stage === 'widen') this.#holdBack()
    // The tasks are in the graph's order, so whatever one waits for is already under way.
    for (const task of tasks) {
      const { address, after } = task.resource
      const before = after.flatMap((needed) => running.get(needed) ?? [])
      running.set(
        address,
        Promise.all(before).then(() => this.#limit(() => this.#perform(task))),
      )
    }
    await Promise.all(running.values())
  }

  result(): Applied {
    return { outcomes: [...this.#outcomes.values()], marks: this.#marks }
  }

  #tasksOf(stage: Stage): readonly Task[] {
    return this.#tasks.filter((task) => task.stage === stage)
  }

  #failed(address: Address): boolean {
    const state = this.#outcomes.get(address)?.state
    return state !== undefined && state !== 'done'
  }

  /** What something uses that is still as the old file had it must not give more: it would give it to the old users. */
  #holdBack(): void {
    for (const { resource } of this.#tasks) {
      const { address, after } = resource
      if (this.#failed(address) && this.#actionOf(address) === 'update') after.forEach((used) => this.#held.add(used))
    }
  }

  #actionOf(address: Address): ObjectOutcome['action'] {
    return this.#input.observations.get(address) === undefined ? 'create' : 'update'
  }

  async #perform(task: Task): Promise<void> {
    const { resource, last } = task
    const { address } = resource
    const earlier = this.#outcomes.get(address)
    if (earlier !== undefined && earlier.state !== 'done') return
    const action = this.#actionOf(address)
    const base = { address, kind: resource.kind.kind, action } as const

    const blocked = this.#blockedBy(task, action)
    if (blocked !== undefined) {
      this.#outcomes.set(address, { ...base, state: 'skipped', seconds: earlier?.seconds ?? 0, ...blocked })
      this.#input.io.emit({ type: 'object', ...base, state: 'skipped', reason: blocked.reason })
      return
    }

    const shownAs = last ? action : 'narrow'
    const began = performance.now()
    this.#input.io.emit({ type: 'object', ...base, action: shownAs, state: 'started' })
    const written = await this.#write(task)
    const seconds = (earlier?.seconds ?? 0) + (performance.now() - began) / 1000
    if (written.mark !== undefined && this.#isRecorded(resource))
      this.#marks.set(address, { kind: resource.kind.kind, id: resource.id as Json, mark: written.mark })
    this.#over ??= overBy(written)
    this.#outcomes.set(address, {
      ...base,
      state: written.state,
      seconds,
      ...(written.error && { error: written.error }),
    })
    this.#input.io.emit({
      type: 'object',
      ...base,
      action: shownAs,
      state: written.state,
      seconds,
      ...(written.error && { reason: written.error.message }),
    })
  }

  /** A shared object of others stays theirs, also where something of it was changed. */
  #isRecorded({ kind, address }: Resource): boolean {
    if (kind.ownership !== 'shared') return kind.ownership !== 'within'
    const observed = this.#input.observations.get(address)
    return observed === undefined || kind.owner?.(observed).file === this.#input.inventory.file
  }

  #blockedBy({ resource, stage }: Task, action: ObjectOutcome['action']): Blocked | undefined {
    const { aborted, reason } = this.#input.stop
    if (aborted)
      return isIceError(reason) ? { reason: reason.message, error: reason } : { reason: 'the run was stopped' }
    if (this.#over !== undefined) return { reason: this.#over }
    if (this.#tooWide && (stage !== 'switch' || action === 'update'))
      return { reason: 'something else could not be narrowed first' }
    if (stage === 'widen' && this.#held.has(resource.address))
      return { reason: 'what uses it could not be changed first' }
    const failed = resource.after.find((needed) => this.#failed(needed))
    return failed && { reason: `it needs ${failed}` }
  }

  async #write({
    resource,
    state,
    last,
    recorded,
  }: Task): Promise<{ state: OutcomeState; mark?: Json; error?: IceError }> {
    const { kind, id, address } = resource
    const { io, inventory, observations } = this.#input
    const mark = inventory.objects[address]?.mark
    if (recorded)
      return { state: 'done', mark: markOf(kind, observations.get(address), kind.intended(id, state) as Json) }
    try {
      if (last) await kind.prove?.(id, state, io)
      return { state: 'done', mark: await kind.write(id, state, observations.get(address), io, mark) }
    } catch (error) {
      if (!isIceError(error)) throw error
      return isLost(error) ? this.#readBack(resource, state, error) : { state: 'failed', error }
    }
  }

  /** The server may have acted before the answer was lost: what stands there tells. */
  async #readBack(
    { kind, id, address }: Resource,
    state: unknown,
    error: IceError,
  ): Promise<{ state: OutcomeState; mark?: Json; error?: IceError }> {
    try {
      const observed = await kind.read(id, freshIo(this.#input.io))
      const intent = kind.intended(id, state)
      const asMeant =
        observed !== undefined && kind.diff(state, observed, intent).every(({ mode }) => mode === 'createOnly')
      if (!asMeant) return { state: 'failed', error }
      return {
        state: 'done',
        mark: markOf(kind, observed, intent as Json, this.#input.inventory.objects[address]?.mark),
      }
    } catch (second) {
      if (!isIceError(second)) throw second
      return { state: 'unknown', error }
    }
  }
}

/** The mark of an object that stands as it was intended. */
const markOf = (kind: Kind, observed: unknown, intent: Json, last?: Json): Json =>
  (kind.settled?.(observed, intent, last) ?? intent) as Json

interface Blocked {
  readonly reason: string
  readonly error?: IceError
}

/** Why nothing more can come of the run after this. */
function overBy({ state, error }: { readonly state: OutcomeState; readonly error?: IceError }): string | undefined {
  if (state === 'unknown' || error?.exitCode === EXIT.unreachable) return 'a server is gone'
  const isStranger = error?.code === VAULT.tokenInvalid.code || error?.code === KUBERNETES.unauthorized.code
  return isStranger ? 'a server no longer accepts who runs this' : undefined
}

const isLost = ({ code }: IceError): boolean =>
  code === VAULT.outcomeUnknown.code || code === KUBERNETES.answerLost.code

/** The same writes one after another, in an order that `applyPlan` could take; without what is only recorded. */
export function inTurn(input: TasksInput): readonly Omit<Task, 'recorded'>[] {
  const tasks = tasksOf(input).filter(({ recorded }) => recorded !== true)
  const of = (stage: Stage) => tasks.filter((task) => task.stage === stage)
  return [...[...kindByKind(of('narrow')).values()].flat(), ...of('switch'), ...of('widen')]
}

const kindByKind = (tasks: readonly Task[]): ReadonlyMap<Kind, readonly Task[]> =>
  Map.groupBy(tasks.toReversed(), ({ resource }) => resource.kind)

type TasksInput = Pick<ApplyInput, 'graph' | 'plan' | 'observations'>

/** In the graph's order, so that what is needed comes before what needs it. */
function tasksOf({ graph, plan, observations }: TasksInput): Task[] {
  const written = new Map(plan.objects.filter(isWritten).map((object) => [object.address, object]))
  const tasks: Task[] = []
  for (const resource of graph.values()) {
    const object = written.get(resource.address)
    if (object === undefined) continue
    if (isOnlyRecorded(object, resource.kind)) {
      tasks.push({ resource, stage: 'switch', state: resource.desired, last: true, recorded: true })
      continue
    }
    const stages = resource.kind.stages(resource.desired, observations.get(resource.address))
    const used = STAGES.filter((stage) => stages[stage] !== undefined)
    for (const stage of used) {
      tasks.push({ resource, stage, state: stages[stage], last: stage === used.at(-1) })
    }
  }
  return tasks
}
