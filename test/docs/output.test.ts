import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { documents, NOTES, titleOf, type Member } from '../../bin/documents.js'
import { root } from './pages.js'

/** What the reference says of each form, under the name that it has there. */
const { results, error, note } = documents()
const forms = new Map<string, readonly Member[]>([
  ...results.map((form) => [titleOf(form), form.members] as const),
  ['Errors', [...error, ...error.map((member) => ({ ...member, path: member.path.replace('error', 'errors[]') }))]],
  [NOTES, note],
])

/** Of every document, and told in the text. */
const COMMON = ['schemaVersion', 'operation', 'exit', 'errors']

/** What is printed, by what tests of the views have seen. */
const views = join(root, 'test/views')
const printed = readdirSync(views)
  .filter((name) => name.endsWith('.json.golden'))
  .flatMap((name) => {
    const [, text = ''] =
      /^=== stdout ===\n([\s\S]*?)(?:^=== |$(?![\s\S]))/m.exec(readFileSync(join(views, name), 'utf8')) ?? []
    return text.trim() === '' ? [] : [[name, JSON.parse(text) as Document] as const]
  })

interface Document {
  readonly operation?: string
  readonly what?: string
}

test.each(printed)('all of %s stands in docs/reference/output.md', (_name, document) => {
  const form = results.find(
    ({ operations, variant }) =>
      operations.includes(document.operation ?? '') && (variant === undefined || variant === document.what),
  )
  const title = form === undefined ? 'Errors' : titleOf(form)
  const unknown = Object.entries(document)
    .filter(([name]) => !COMMON.includes(name))
    .flatMap(([name, value]) => (name === 'notes' ? unheard(NOTES, name, value) : unheard(title, name, value)))
  expect(unknown).toEqual([])
})

test('there are documents of many sorts', () => {
  expect(printed.length).toBeGreaterThan(20)
})

/** The paths in a value that the reference does not have. */
function unheard(title: string, path: string, value: unknown): string[] {
  const member = forms.get(title)?.find((one) => one.path === path)
  const below = forms.get(title)?.some((one) => one.path.startsWith(`${path}.`) || one.path.startsWith(`${path}[`))
  if (member === undefined && !below) return [`${title}: ${path}`]
  if (member?.as !== undefined) {
    const { operation, path: there } = member.as
    // A list of what stands elsewhere as one.
    const isList =
      forms
        .get(operation)
        ?.find((one) => one.path === there)
        ?.type.includes('list') === true
    const items = !isList && Array.isArray(value) ? value : [value]
    return items.flatMap((item) => membersOf(operation, there, item))
  }
  return membersOf(title, path, value, member?.type)
}

function membersOf(title: string, path: string, value: unknown, type = 'object'): string[] {
  if (type.includes('any JSON') || typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item) => membersOf(title, `${path}[]`, item))
  const named = type.includes('mapping of names')
  if (named && !forms.get(title)?.some((one) => one.path.startsWith(`${path}.NAME`))) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    named ? membersOf(title, `${path}.NAME`, inner) : unheard(title, `${path}.${name}`, inner),
  )
}
