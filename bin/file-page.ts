import { fileSections, type Section } from '../src/config/sections.js'
import { explainSection } from '../src/operations/explain-section.js'
import type { ExplainedField, ExplainResult } from '../src/operations/results.js'
import { anchor, cell, code, inline, page, table } from './markdown.js'

/** docs/reference/file.md: every section and field of the file, from what `explain` says of it. */
export function filePage(): string {
  const sections = fileSections()
  const [top, ...rest] = sections
  const isValue = ({ path }: Section): boolean => VALUES.has(path.split('.')[0] ?? '')
  return page([
    '# Every field of the file',
    `What can stand in \`icebreaker.yaml\`, section by section, as \`icebreaker explain SECTION\` prints it. A section is named
without the names in between: \`engines.database.roles\` is \`engines.MOUNT.roles.NAME\`. The same by example:
[file.md](../file.md); for editors: [icebreaker.schema.json](../icebreaker.schema.json).`,
    `A field is optional where nothing else is said. *API* is the name under which Vault or Kubernetes documents it. A duration is
\`90s\`, \`10m\`, \`1h30m\`, \`30d\`, or a whole number of seconds.`,
    '## The file itself',
    fieldTable(top?.fields ?? []),
    ...rest.filter((section) => !isValue(section)).flatMap(sectionBlocks),
    '## Values',
    'What stands in many places, and is a mapping of its own.',
    ...rest.filter(isValue).flatMap(sectionBlocks),
  ])
}

/** Sorts of values, which are no sections of the file. */
const VALUES: ReadonlySet<string> = new Set(['secret', 'grant'])

type Explained = Extract<ExplainResult, { what: 'section' }>

function sectionBlocks({ path }: Section): readonly string[] {
  const { about = '', kinds, choice, fields, sections } = explainSection(path) as Explained
  const made = kinds.map(({ title, about: what }) => [title, cell(what)])
  const below = sections.map((one) => `[${code(one)}](${anchor(one)})`)
  return [
    `### ${path}`,
    inline(about),
    made.length === 0 ? '' : table(['what is made of it', ''], made),
    choice && fields.length > 1 ? 'One of these, or those that belong together:' : '',
    fields.length === 0 ? '' : fieldTable(fields),
    below.length === 0 ? '' : `In it: ${below.join(', ')}.`,
  ]
}

const fieldTable = (fields: readonly ExplainedField[]): string =>
  table(
    ['field', 'type', 'default', 'API', ''],
    fields.map((field) => [code(field.name), typeText(field), defaultText(field), apiText(field), meaning(field)]),
  )

function typeText({ type, section }: ExplainedField): string {
  const text = cell(type).replaceAll(/\bgrant$/g, `[grant](${anchor('grant')})`)
  if (section !== undefined) return text.replace(/mapping$/, `[mapping](${anchor(section)})`)
  return text.replace(/\bsecret$/, `[secret](${anchor('secret')})`)
}

function defaultText({ required, default: given }: ExplainedField): string {
  if (required) return '*required*'
  const isEmpty = given === undefined || given === '' || (Array.isArray(given) && given.length === 0)
  const isMapping = typeof given === 'object' && given !== null && !Array.isArray(given)
  return isEmpty || isMapping ? '' : code(typeof given === 'string' ? given : JSON.stringify(given))
}

const apiText = ({ api }: ExplainedField): string => (api === undefined ? '' : code(api))

const MODES = {
  readWrite: '',
  writeOnly: 'Never read back.',
  createOnly: 'Set at creation only.',
  immutable: 'Cannot be changed in place.',
} as const

function meaning({ about = '', rule, mode }: ExplainedField): string {
  const sentences = [about, rule?.replace(/^expected /, 'Must be ') ?? '', mode === undefined ? '' : MODES[mode]]
  return sentences.filter(Boolean).map(sentence).map(cell).join(' ')
}

/** With a capital, unless it begins with a word that is meant as it stands, and a full stop. */
function sentence(text: string): string {
  const first = /^(?:\w+:|[a-z]+[A-Z])/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase()
  return `${first}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}
