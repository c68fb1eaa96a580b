import { FILE, IceError } from '../catalogue/index.js'
import type { Context, File } from '../config/file.js'
import type { Address, Kind, Resource } from '../kinds/contract.js'

/** Every object that the file asks for, each after those that it needs. */
export type Graph = ReadonlyMap<Address, Resource>

/**
 * Expands a file into its objects.
 * @param includes which of them are meant; default: all
 * @throws IceError FILE.sameObject where two places of the file speak of one object
 */
export function buildGraph(
  kinds: readonly Kind[],
  file: File,
  context: Context,
  includes: (resource: Resource) => boolean = () => true,
): Graph {
  const graph = new Map<Address, Resource>()
  for (const kind of kinds) {
    for (const draft of kind.expand(file, context)) {
      const address = kind.address(draft.id)
      const other = graph.get(address)
      if (other !== undefined) {
        throw new IceError(FILE.sameObject, {
          message: `${dotted(draft.from)} and ${dotted(other.from)} are the same object, ${address}.`,
          address,
          from: draft.from,
        })
      }
      const resource = { ...draft, kind, address }
      if (includes(resource)) graph.set(address, resource)
    }
  }
  return ordered(graph)
}

const dotted = (keys: readonly (string | number)[]): string => keys.join('.')

/** Depth first, so that the order of the kinds is kept where nothing depends. Objects that are not in the file drop out of `after`. */
function ordered(graph: Graph): Graph {
  const done = new Map<Address, Resource>()
  const open = new Set<Address>()
  const visit = (resource: Resource): void => {
    if (done.has(resource.address)) return
    if (open.has(resource.address)) throw new Error(`${resource.address} depends on itself`)
    open.add(resource.address)
    const after = [...new Set([...resource.after, ...(resource.within ? [resource.within] : [])])].filter((address) =>
      graph.has(address),
    )
    for (const address of after) visit(graph.get(address) as Resource)
    done.set(resource.address, { ...resource, after })
  }
  for (const resource of graph.values()) visit(resource)
  return done
}
