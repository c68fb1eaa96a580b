import type { ExplainResult } from '../../operations/results.js'
import { shellText } from '../shell.js'
import { count, table, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { pageOf } from '../told.js'
import { inline } from '../value.js'

type Explained<W extends ExplainResult['what']> = Told<Extract<ExplainResult, { what: W }>>
type Field = Explained<'section'>['fields'][number]

/** What something is, why it is, and where it belongs. */
export function explainText(result: Told<ExplainResult>, theme: Theme): string {
  return `${blocksOf(result, theme)
    .filter((block) => block !== '')
    .join('\n\n')}\n`
}

function blocksOf(result: Told<ExplainResult>, theme: Theme): string[] {
  switch (result.what) {
    case 'overview':
      return overview(result, theme)
    case 'code':
      return code(result, theme)
    case 'section':
      return section(result, theme)
    case 'object':
      return object(result, theme)
  }
}

const INDENT = '  '

function overview({ sections, areas }: Explained<'overview'>, theme: Theme): string[] {
  const [widest] = sections.map(({ path }) => path.length).sort((a, b) => b - a)
  return [
    theme.bold('Sections of the file, and sorts of values in it'),
    entries(
      sections.map(({ path, about = '' }) => [path, about]),
      theme,
      widest,
    ),
    theme.bold('Codes'),
    table(areas.map((area) => [`${INDENT}${area.codes}…`, area.title, count(area.count, 'code')])).join('\n'),
    'icebreaker explain NAME says more: of a section (roles), of one field (roles.tokenTTL), of a code (ICE2008), or of an object of your file by its address, as plan shows it.',
  ].map((block) => (block.startsWith('icebreaker') ? wrap(block, theme.width).join('\n') : block))
}

function code(
  { code: name, title, area, severity, exit, meaning, remedy, links = [] }: Explained<'code'>,
  theme: Theme,
): string[] {
  return [
    `${theme.bold(`${name}: ${title}`)}\n${theme.dim([area, severity, `exit code ${exit}`].filter(Boolean).join(', '))}`,
    paragraph('What it means:', meaning, theme),
    paragraph('What to do:', remedy, theme),
    [...links.map((link) => `More: ${link}`), theme.dim(`Page: ${pageOf(name)}`)].join('\n'),
  ]
}

const paragraph = (head: string, text: string, theme: Theme): string =>
  [head, ...wrap(text, theme.width, INDENT)].join('\n')

function section({ path, about = '', kinds, choice, fields, sections }: Explained<'section'>, theme: Theme): string[] {
  const made = kinds.map(({ title, about: what }) => [title, what] as const)
  return [
    [theme.bold(path), ...wrap(about, theme.width)].filter(Boolean).join('\n'),
    made.length === 0 ? '' : ['What is made from it:', entries(made, theme)].join('\n'),
    choice && fields.length > 0 ? 'One of these:' : '',
    ...fields.map((field) => fieldText(field, theme)),
    sections.length === 0 ? '' : `More: ${sections.map((one) => `icebreaker explain ${one}`).join('\n      ')}`,
  ]
}

function fieldText(field: Field, theme: Theme): string {
  const { name, type, required, api, mode, about = '', rule, section: below } = field
  const facts = [
    below === undefined ? type : type.replace(/mapping$/, `mapping, see ${below}`),
    ...(required ? ['required'] : []),
    ...(field.default === undefined ? [] : [`default ${inline(field.default)}`]),
  ]
  const remarks = [
    ...(api === undefined ? [] : [`${api} in the API`]),
    ...(mode === undefined || mode === 'readWrite' ? [] : [MODES[mode]]),
    ...(rule === undefined ? [] : [rule]),
  ]
  return [
    ...wrap(`${theme.bold(name)}: ${facts.join(', ')}`, theme.width),
    ...(remarks.length === 0 ? [] : wrap(remarks.join('; '), theme.width, INDENT).map((line) => theme.dim(line))),
    ...(about === '' ? [] : wrap(about, theme.width, INDENT)),
  ].join('\n')
}

const MODES = {
  writeOnly: 'never read back',
  createOnly: 'set at creation only',
  immutable: 'cannot be changed in place',
} as const

function object(result: Explained<'object'>, theme: Theme): string[] {
  const { address, title, about, from, at, section: path, needs, neededBy, script } = result
  const place = at === undefined ? '' : `, ${at.file}:${at.line}:${at.column}`
  return [
    [`${theme.bold(address)}, ${title}`, ...wrap(about, theme.width)].join('\n'),
    wrap(`From ${from}${place}; icebreaker explain ${path} says what can be set.`, theme.width).join('\n'),
    related('It needs:', needs),
    related('It is needed by:', neededBy) || 'Nothing else of the file needs it.',
    'Made by hand:',
    shellText(script),
  ]
}

const related = (head: string, objects: Explained<'object'>['needs']): string =>
  objects.length === 0 ? '' : [head, ...table(objects.map((one) => [`${INDENT}${one.title}`, one.address]))].join('\n')

/** A name and what is said of it, whose further lines stand below its first. */
function entries(rows: readonly (readonly [string, string])[], theme: Theme, widest?: number): string {
  const column = Math.max(widest ?? 0, ...rows.map(([name]) => name.length)) + 4
  return rows
    .flatMap(([name, text]) => {
      const [first = '', ...more] = wrap(text, theme.width, ' '.repeat(column))
      return [`${INDENT}${name}`.padEnd(column) + first.trimStart(), ...more].map((line) => line.trimEnd())
    })
    .join('\n')
}
