import { bindingsText, matchesGlob, resolveBindings } from '../../access/bindings.js'
import type { Bindings, ClusterView } from '../../access/model.js'
import { isLocked, locked, unlocked } from '../../kinds/role-lock.js'

/** Whom a role names, with what of it is locked. */
export type Lists = Pick<Bindings, 'names' | 'namespaces'>

/** NAMESPACE/NAME in two parts. */
export interface Workload {
  readonly namespace: string
  readonly name: string
}

/** What a role would name afterwards, and what that costs. */
export interface Narrowing {
  readonly after: Lists
  /** Who could log in by it and then cannot, beside the one that is meant: `NAMESPACE/NAME`, or words where not all are known. */
  readonly others: readonly string[]
  /** What could be made later and let in, and then is not: globs that are locked. */
  readonly later: readonly string[]
}

/** A name that no role has, for roles that name nobody. */
const NOBODY = locked('')

const isGlob = (entry: string): boolean => entry.includes('*')
const open = (entries: readonly string[]): readonly string[] => entries.filter((entry) => !isLocked(entry))

/** The bindings without what is locked: whom the role lets in now. */
export const openBindings = ({ names, namespaces, selector }: Bindings): Bindings => ({
  names: open(names),
  namespaces: open(namespaces),
  ...(selector !== undefined && { selector }),
})

/** Does a role let a workload in? undefined: that depends on labels that are not known. Pure. */
export function admits(bindings: Bindings, { namespace, name }: Workload, view?: ClusterView): boolean | undefined {
  const { names, namespaces, selector } = openBindings(bindings)
  if (!names.some((glob) => matchesGlob(glob, name))) return false
  if (namespaces.some((glob) => matchesGlob(glob, namespace))) return true
  if (selector === undefined || selector === 'invalid') return false
  const labels = view?.namespaces?.get(namespace)
  if (labels === undefined) return view?.namespaces === undefined ? undefined : false
  return Object.entries(selector).every(([key, value]) => labels[key] === value)
}

/** Nobody is let in any more; what was named is kept, locked. Pure. */
export function closed({ names, namespaces }: Bindings): Lists {
  return {
    names: names.length === 0 ? [NOBODY] : names.map((each) => (isLocked(each) ? each : locked(each))),
    namespaces,
  }
}

/**
 * One workload is let in no more. A role is a cross product, so either its name is taken out, in all namespaces, or its
 * namespace, with all names: what costs others least. A glob that fits is replaced by the accounts that exist, so the role
 * never lets in anybody whom it did not let in before. Pure.
 * @returns undefined where the role does not let it in
 */
export function without(bindings: Bindings, workload: Workload, view: ClusterView | undefined): Narrowing | undefined {
  if (admits(bindings, workload, view) === false) return undefined
  const now = openBindings(bindings)
  const known = existing(now, view)
  const byName = { ...bindings, names: taken(bindings.names, workload.name, known.names) }
  const byNamespace = { ...bindings, namespaces: taken(bindings.namespaces, workload.namespace, known.namespaces) }
  const itself = `${workload.namespace}/${workload.name}`
  const before = letIn(now, view)
  const cost = (after: Bindings): Narrowing => {
    const still = new Set(letIn(after, view))
    const gone = (list: 'names' | 'namespaces') =>
      bindings[list].filter((entry) => isGlob(entry) && !isLocked(entry) && !after[list].includes(entry))
    return {
      after: { names: after.names, namespaces: after.namespaces },
      others: before.filter((account) => account !== itself && !still.has(account)),
      later: [...gone('names'), ...gone('namespaces')],
    }
  }
  // Labels may let the namespace in whatever the list says.
  const ways = now.selector === undefined ? [cost(byName), cost(byNamespace)] : [cost(byName)]
  const [first, second] = ways as [Narrowing, Narrowing?]
  return second !== undefined && weight(second) < weight(first) ? second : first
}

const weight = ({ others, later }: Narrowing): number => others.length * 1000 + later.length

/** The entries without this one: what fits it is locked, and of a glob the others that exist are named. */
function taken(entries: readonly string[], value: string, existing: readonly string[]): string[] {
  const fits = (entry: string): boolean => !isLocked(entry) && matchesGlob(entry, value)
  const globs = entries.filter((entry) => fits(entry) && isGlob(entry))
  const kept = entries.map((entry) => (fits(entry) ? locked(entry) : entry))
  const named = existing.filter((each) => each !== value && globs.some((glob) => matchesGlob(glob, each)))
  return [...new Set([...kept, ...named.filter((each) => !kept.some((entry) => matchesGlob(entry, each)))])]
}

/** Whom a role lets in now: accounts that exist or may, and words for those that could not be listed. Pure. */
export function letIn(bindings: Bindings, view: ClusterView | undefined): string[] {
  const { accounts, open: unlisted } = resolveBindings(openBindings(bindings), view)
  const there = accounts.filter((account) => account.there !== 'no')
  return [...there.map(({ namespace, name }) => `${namespace}/${name}`), ...unlisted].sort()
}

function existing(bindings: Bindings, view: ClusterView | undefined): { names: string[]; namespaces: string[] } {
  const { accounts } = resolveBindings(bindings, view)
  const there = accounts.filter((account) => account.there === 'yes')
  return {
    names: [...new Set(there.map(({ name }) => name))].sort(),
    namespaces: [...new Set([...(view?.namespaces?.keys() ?? []), ...there.map(({ namespace }) => namespace)])].sort(),
  }
}

/** What is locked is let in again: all of it, or what keeps this workload out. Pure. */
export function reopened(bindings: Bindings, workload?: Workload): Lists {
  const { names, namespaces } = bindings
  return {
    names: given(names, workload?.name),
    namespaces: given(namespaces, workload?.namespace),
  }
}

/** The entries with what is locked given back; of a glob only this value, while something else that fits it is locked. */
function given(entries: readonly string[], value: string | undefined): string[] {
  const still = entries.filter(
    (entry) => isLocked(entry) && value !== undefined && !isGlob(entry) && unlocked(entry) !== value,
  )
  const back = entries.flatMap((entry): string[] => {
    if (!isLocked(entry)) return [entry]
    const was = unlocked(entry)
    if (was === '') return []
    if (value === undefined) return [was]
    if (!matchesGlob(was, value)) return [entry]
    return isGlob(was) && still.some((each) => matchesGlob(was, unlocked(each))) ? [entry, value] : [was]
  })
  // What a glob lets in again need not be named beside it: it was not, and `*` may not stand beside a name.
  const restored = back.filter((entry) => isGlob(entry) && !entries.includes(entry))
  return [
    ...new Set(back.filter((entry) => restored.includes(entry) || !restored.some((glob) => matchesGlob(glob, entry)))),
  ]
}

/** For people: the bindings, and what of them is locked. */
export function listsText(bindings: Bindings): string {
  const now = openBindings(bindings)
  return now.names.length === 0 ? 'nobody' : bindingsText(now)
}
