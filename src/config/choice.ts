import * as v from 'valibot'
import { nearest } from '../catalogue/nearest.js'
import { closedValues, isChoice, isMapping, mayBeMissing, optionsOf, shapeOf, sortOf, sortsOf } from './shape.js'
import type { Mapping, Shape } from './shape.js'

/** Of a union or variant: which of its options the operator meant. */

/** The options, those of unions and variants within included. */
export function leavesOf(shape: Shape): v.GenericSchema[] {
  return optionsOf(shape).flatMap((option) => {
    const inner = shapeOf(option, undefined)
    return isChoice(inner) ? leavesOf(inner) : [option]
  })
}

/** The options that are mappings, by their entries. */
export function mappingsOf(shape: Shape): Shape[] {
  return leavesOf(shape)
    .map((leaf) => shapeOf(leaf, undefined))
    .filter(({ entries }) => entries !== undefined)
}

/** The keys that tell the options apart (`type`): all options have them, each with a closed set of values. */
export function discriminators(shape: Shape): string[] {
  const [first, ...rest] = mappingsOf(shape)
  return Object.keys(first?.entries ?? {}).filter((key) =>
    [first, ...rest].every((option) => {
      const entry = option?.entries?.[key]
      return entry !== undefined && closedValues(entry) !== undefined
    }),
  )
}

/** The option that a value most probably means; undefined where none is of its sort. */
export function likeliest(shape: Shape, value: unknown): v.GenericSchema | undefined {
  const leaves = leavesOf(shape)
  const valid = leaves.find((leaf) => v.is(leaf, value))
  if (valid !== undefined) return valid
  const keys = discriminators(shape)
  const ranked = leaves
    .filter((leaf) => sortsOf(leaf)?.has(sortOf(value)) ?? true)
    .map((leaf) => ({ leaf, misfit: isMapping(value) ? misfit(shapeOf(leaf, undefined), value, keys) : 0 }))
    .sort((a, b) => a.misfit - b.misfit)
  return ranked[0]?.leaf
}

/** How badly a mapping fits: weights that a discriminator decides, then a literal, then keys; a slip of the pen counts half. */
function misfit(option: Shape, value: Mapping, discriminating: readonly string[]): number {
  const { entries } = option
  if (entries === undefined) return 0
  let sum = 0
  const missing = new Set<string>()
  for (const [key, schema] of Object.entries(entries)) {
    if (!Object.hasOwn(value, key)) missing.add(key)
    else if (closedValues(schema)?.includes(value[key]) === false) sum += discriminating.includes(key) ? 1000 : 15
  }
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(entries, key)) continue
    const meant = nearest(key, missing)
    if (meant !== undefined) missing.delete(meant)
    sum += meant === undefined ? 10 : 5
  }
  const needed = [...missing].filter((key) => entries[key] !== undefined && !mayBeMissing(entries[key]))
  return sum + 10 * needed.length
}
