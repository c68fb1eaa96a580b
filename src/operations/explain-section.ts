import { AREAS } from '../catalogue/areas.js'
import { CATALOGUE } from '../catalogue/index.js'
import { fileSections, type Section, type SectionField } from '../config/sections.js'
import { durationText } from '../kinds/atoms.js'
import type { FieldSpec } from '../kinds/fields.js'
import { KINDS, type Field, type Json, type Kind } from '../kinds/index.js'
import type { ExplainedField, ExplainedKind, ExplainResult } from './results.js'

/** What there is to explain. */
export function overview(): ExplainResult {
  return {
    operation: 'explain',
    what: 'overview',
    sections: fileSections()
      .filter(({ path }) => path !== '')
      .map(({ path, about }) => ({ path, ...(about !== undefined && { about }) })),
    areas: Object.entries(AREAS).map(([digit, title]) => ({
      codes: `ICE${digit}`,
      title,
      count: CATALOGUE.filter(({ code }) => code.startsWith(`ICE${digit}`)).length,
    })),
  }
}

/** What can be asked for by name: sections, the fields in them, and kinds. */
export const explainable = (): string[] => [...sectionNames(), ...KINDS.map(({ kind }) => kind)]

/** The paths of sections, and of the fields in them. */
const sectionNames = (): string[] =>
  fileSections().flatMap(({ path, fields }) => [path, ...fields.map(({ name }) => joined(path, name))])

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

/** A section, one field of a section, or where a kind of object comes from. */
export function explainSection(what: string): ExplainResult | undefined {
  const sections = fileSections()
  const known = sections.some((one) => one.path === what)
  const kind = known ? undefined : KINDS.find((one) => one.kind.toLowerCase() === what.toLowerCase())
  const path = kind?.sections[0] ?? what
  const section = sections.find((one) => one.path === path)
  if (section !== undefined && path !== '') return sectionResult(section, section.fields, sections)
  const parent = sections.find((one) => one.fields.some(({ name }) => joined(one.path, name) === path))
  const fields = parent?.fields.filter(({ name }) => joined(parent.path, name) === path) ?? []
  return parent && sectionResult({ path, choice: false, fields: [] }, fields, sections, parent.path)
}

function sectionResult(
  { path, about, choice }: Section,
  fields: readonly SectionField[],
  sections: readonly Section[],
  parent = path,
): ExplainResult {
  const kinds = kindsOf(path)
  const above = kindsOf(parent).concat(kindsOf(parent.replace(/\.[^.]+$/, '')))
  return {
    operation: 'explain',
    what: 'section',
    path,
    ...(about !== undefined && { about }),
    kinds: kinds.map(kindResult),
    choice,
    fields: fields.map((field) => explained(field, above)),
    sections: sections.filter((one) => isBelow(one.path, path)).map((one) => one.path),
  }
}

const isBelow = (path: string, above: string): boolean =>
  path.startsWith(`${above}.`) && !path.slice(above.length + 1).includes('.')

const kindsOf = (path: string): readonly Kind[] => KINDS.filter(({ sections }) => sections.includes(path))

const kindResult = ({ kind, title, about }: Kind): ExplainedKind => ({ kind, title, about })

/** What the schema says of a field, with what the kind's table says of it. */
function explained({ default: given, ...field }: SectionField, kinds: readonly Kind[]): ExplainedField {
  const spec: (Field & Partial<FieldSpec>) | undefined = kinds
    .map(({ fields }) => fields[field.name])
    .find((one) => one !== undefined)
  const absent = spec?.unit === 'seconds' && typeof spec.absent === 'number' ? durationText(spec.absent) : spec?.absent
  const value: Json | undefined = given ?? absent
  return {
    ...field,
    // What a section is without its keys, its keys say.
    ...(value !== undefined && !field.required && !isMapping(value) && { default: value }),
    ...(spec && { api: spec.api, mode: spec.mode }),
  }
}

const isMapping = (value: Json): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
