import type { Stages } from './contract.js'
import { diffFields, text, type Fields, type Values } from './fields.js'

/** The lists that say who may log in and what with: a longer one is wider. */
const LISTS = ['serviceAccounts', 'namespaces', 'policies'] as const

/** First the lists shrink, then everything else changes at once, then the lists grow. */
export const roleStages = (fields: Fields) => (desired: Values, observed: Values | undefined) =>
  observed === undefined ? { widen: desired } : stagesBetween(fields, desired, observed)

function stagesBetween(fields: Fields, desired: Values, observed: Values): Stages<Values> {
  const differing = new Set(diffFields(fields, desired, observed).map(({ field }) => field))
  const others = [...differing].some((field) => !LISTS.some((name) => name === field))
  const shrinks = LISTS.some((field) => !isSubset(observed[field], desired[field]))
  const grows = LISTS.some((field) => !isSubset(desired[field], observed[field]))

  const both = Object.fromEntries(LISTS.map((field) => [field, intersection(desired[field], observed[field])]))
  const selects = text(observed['namespaceSelector']) !== '' && !differing.has('namespaceSelector')
  const nobody = both['serviceAccounts']?.length === 0 || (both['namespaces']?.length === 0 && !selects)
  // A role must name somebody: where nobody is in both, the accounts of one side have nothing for a while.
  const lists = nobody ? { policies: [] } : both
  const narrowed = { ...observed, ...lists }
  const switched = { ...desired, ...lists }
  if (!grows) return others ? { ...(shrinks && { narrow: narrowed }), switch: desired } : { narrow: desired }
  return { ...(shrinks && { narrow: narrowed }), ...(others && { switch: switched }), widen: desired }
}

const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

/** `prefix*`, `*suffix`, `*`: the globs that the plug-in knows. */
function covers(glob: string, name: string): boolean {
  const [before = '', ...rest] = glob.split('*')
  if (rest.length === 0) return glob === name
  return name.length >= glob.length - 1 && name.startsWith(before) && name.endsWith(rest.join('*'))
}

const isSubset = (a: unknown, b: unknown): boolean =>
  list(a).every((item) => list(b).some((glob) => covers(glob, item)))

function intersection(a: unknown, b: unknown): string[] {
  const inBoth = [...list(a).filter((item) => isSubset([item], b)), ...list(b).filter((item) => isSubset([item], a))]
  return [...new Set(inBoth)]
}
