import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { fileFlags, outputFlags } from '../../src/commands/base/flags.js'
import { variableGroups } from '../../src/commands/base/environment.js'
import { root } from './pages.js'

const sources = ['src', 'bin'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[jt]s$/.test(path))
    .map((path) => readFileSync(join(root, folder, path), 'utf8')),
)

/** Names that code asks the environment for, by the ways in which this code does it. */
const ASKED: readonly (readonly [RegExp, (name: string) => readonly string[]])[] = [
  [/\benv\['(\w+)'\]|\bprocess\.env\.(\w+)/g, (name) => [name]],
  [/\b(?:prefixed|withPrefix)\(\w+, '(\w+)'\)/g, (name) => [`VAULT_${name}`, `BAO_${name}`]],
  [/\b(?:variable|xdg)\('(\w+)'|\bvariable\([^)]*\? '(\w+)'/g, (name) => [name]],
]

const read = new Set(
  sources.flatMap((text) =>
    ASKED.flatMap(([pattern, names]) => [...text.matchAll(pattern)].flatMap(([, a, b]) => names(a ?? b ?? ''))),
  ),
)

const known = new Set(
  variableGroups({ commands: {} }).flatMap(({ variables }) => variables.flatMap(({ names }) => names)),
)

/** What our own flags read, and what this code sets for others or hands on. */
const OURS = /^ICEBREAKER_/

test('every variable that is read stands in a list beside the code that reads it', () => {
  expect(read.size).toBeGreaterThan(30)
  expect([...read].filter((name) => !known.has(name) && !OURS.test(name))).toEqual([])
})

test('no variable is listed that nobody reads', () => {
  const unread = [...known].filter((name) => !read.has(name))
  // Found by name at once with the other; see kubeconfig.ts, proxy.ts.
  expect(unread).toEqual(['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT', 'HTTP_PROXY'])
})

test('the page on the environment names the variable of every flag that commands share', () => {
  const page = readFileSync(join(root, 'docs/environment.md'), 'utf8')
  const variables = Object.values({ ...fileFlags, ...outputFlags() }).map(({ env }) => env ?? '')
  expect(variables).toContain('ICEBREAKER_FILE')
  expect(variables.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})

test('the variables of flags come from the manifest: what many commands have first, then with their commands', () => {
  const file = { type: 'option', env: 'ICEBREAKER_FILE', description: 'The file.' } as const
  const other = { ...file, description: 'Another file.' }
  const hidden = { type: 'boolean', env: 'ICEBREAKER_X', hidden: true } as const
  const command = (flags: object) => ({ args: {}, flags: flags as never })
  const [shared, some] = variableGroups({
    commands: {
      ...Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [id, command({ file, hidden })])),
      apply: command({ file: other }),
      'topic:e': command({ file: other, out: { ...file, env: 'ICEBREAKER_OUT' } }),
    },
  })
  expect(shared?.variables).toEqual([
    { names: ['ICEBREAKER_FILE'], flag: '--file', commands: [], meaning: 'Another file.' },
  ])
  expect(some?.variables).toEqual([
    { names: ['ICEBREAKER_OUT'], flag: '--out', commands: ['topic e'], meaning: 'The file.' },
  ])
})
