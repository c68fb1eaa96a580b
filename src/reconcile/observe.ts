import { EXIT, IceErrors, isIceError, type IceError } from '../catalogue/index.js'
import { mapBounded } from '../http/limit.js'
import type { Address, Io, Resource } from '../kinds/contract.js'
import { byCause } from './denied.js'
import type { Graph } from './graph.js'

/** What stands on the servers, by address; undefined: nothing. */
export type Observations = ReadonlyMap<Address, unknown>

/** An Io whose shared answers live as long as one round of reading. */
export function freshIo(io: Omit<Io, 'shared'>): Io {
  const answers = new Map<string, Promise<unknown>>()
  return {
    ...io,
    cluster: (name) => io.cluster(name),
    shared<T>(key: string, load: () => Promise<T>): Promise<T> {
      const known = answers.get(key) ?? load()
      answers.set(key, known)
      return known as Promise<T>
    },
  }
}

/** A mount of another type or version does not know the paths of what the file wants in it. */
function holds({ kind, desired }: Resource, observed: unknown): boolean {
  return observed !== undefined && kind.diff(desired, observed).every(({ mode }) => mode !== 'immutable')
}

/**
 * Reads every object, side by side; what is in an absent mount or namespace is absent without asking.
 * @throws IceErrors with what is not permitted, each cause once; anything else that fails, at once
 */
export async function observe(graph: Graph, io: Io): Promise<Observations> {
  const seen = new Map<Address, Promise<unknown>>()
  const denied = new Map<Address, IceError>()
  const look = (address: Address): Promise<unknown> => {
    const known = seen.get(address)
    if (known !== undefined) return known
    const reading = read(address)
    seen.set(address, reading)
    return reading
  }
  const read = async (address: Address): Promise<unknown> => {
    const resource = graph.get(address)
    if (resource === undefined) return undefined
    const holder = resource.within === undefined ? undefined : graph.get(resource.within)
    if (holder !== undefined && !holds(holder, await look(holder.address))) return undefined
    try {
      return await resource.kind.read(resource.id, io)
    } catch (error) {
      if (!isIceError(error) || error.exitCode !== EXIT.notPermitted) throw error
      denied.set(address, error)
      return undefined
    }
  }
  const addresses = [...graph.keys()]
  const values = await mapBounded(addresses, look)
  if (denied.size > 0) {
    // In the graph's order, not in that of the answers.
    const inOrder = addresses.flatMap((address) => {
      const error = denied.get(address)
      return error === undefined ? [] : [{ address, error }]
    })
    throw new IceErrors(byCause(inOrder))
  }
  return new Map(addresses.map((address, index) => [address, values[index]]))
}
