import * as v from 'valibot'
import { FILE } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import { likeliest } from './choice.js'
import { isChoice, isMapping, layers, partsOf, shapeOf, type Mapping } from './shape.js'
import { listed, pathText, quoted, type Path, type Problem } from './words.js'

/**
 * Which names must stand elsewhere in the file. A schema says it with `v.metadata({ reference, also })` in a pipe, on a
 * value or on the keys of a record:
 *
 * - `reference: 'policies'`: the text is a key of the mapping `policies` at the top level.
 * - `reference: 'engines.*.connections'`: the path of a mapping from the top level; each `*` stands for the key that the
 *   path of the text itself has at that place, so here for the same engine.
 * - `also: ['default']`: names that need not stand there.
 */
interface Reference {
  readonly reference: string
  readonly also?: readonly string[]
}

/**
 * All names that lead nowhere. Values that do not fit their schema are passed over.
 * @param sound where the file has other mistakes, a whole section that is missing is not spoken of: its key may be misspelt
 */
export function danglingReferences(schema: v.GenericSchema, file: unknown, sound: boolean): Problem[] {
  const problems: Problem[] = []

  function test(reference: Reference | undefined, name: unknown, path: Path, at: 'key' | 'value'): void {
    if (reference === undefined || typeof name !== 'string' || reference.also?.includes(name) === true) return
    const section = reference.reference.split('.').map((key, index) => (key === '*' ? (path[index] ?? key) : key))
    const names = mappingAt(file, section)
    if (names === undefined ? !sound : Object.hasOwn(names, name)) return
    problems.push({ record: FILE.danglingReference, ...dangling(name, path, section, names), path, at, open: true })
  }

  function walk(schema: v.GenericSchema, value: unknown, path: Path): void {
    test(referenceOf(schema, value), value, path, 'value')
    const shape = shapeOf(schema, value)
    const meant = isChoice(shape) ? likeliest(shape, value) : undefined
    if (meant !== undefined) return walk(meant, value, path)
    if (shape.key !== undefined && typeof shape.key === 'object' && isMapping(value)) {
      const reference = referenceOf(shape.key, undefined)
      for (const key of Object.keys(value)) test(reference, key, [...path, key], 'key')
    }
    for (const part of partsOf(shape, value)) walk(part.schema, part.value, [...path, part.key])
  }

  walk(schema, file, [])
  return problems
}

function referenceOf(schema: v.GenericSchema, value: unknown): Reference | undefined {
  return layers(schema, value)
    .map((layer) => v.getMetadata(layer) as Partial<Reference>)
    .find((metadata): metadata is Reference => metadata.reference !== undefined)
}

function mappingAt(file: unknown, path: Path): Mapping | undefined {
  let found = file
  for (const key of path) found = isMapping(found) && Object.hasOwn(found, key) ? found[key] : undefined
  return isMapping(found) ? found : undefined
}

function dangling(
  name: string,
  path: Path,
  section: Path,
  names: Mapping | undefined,
): Pick<Problem, 'message' | 'hint'> {
  const absent = `${pathText(path)}: there is no ${quoted(name)}`
  if (names === undefined) return { message: `${absent}, since the file has no ${pathText(section)}.` }
  const known = Object.keys(names)
  return {
    message: `${absent} in ${pathText(section)}.`,
    hint: () => {
      const meant = nearest(name, known)
      if (meant !== undefined) return `Did you mean ${quoted(meant)}?`
      return known.length > 0 ? `It has: ${listed(known)}.` : 'It is empty.'
    },
  }
}
