import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandLine } from '../../src/kinds/command-line.js'
import type { PrintCommandsResult } from '../../src/operations/results.js'
import type { Declaration } from '../../src/operations/script.js'
import { comment, shellText } from '../../src/views/shell.js'
import { openTerminal } from '../cli/terminal.js'
import { expectGolden, written } from './golden.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-shell-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

const PATH = '/usr/bin:/bin'

const scriptOf = (commands: readonly CommandLine<string>[], variables: readonly Declaration[] = []): string =>
  `set -eu\n${shellText({ variables, steps: [{ address: 'vault:x', title: 'x', action: 'create', commands }] })}\n`

/** From a file, as a script is run: a word that is too long for an argument is not too long there. */
function run(script: string, env: Record<string, string> = {}): string {
  const file = join(folder, 'script.sh')
  writeFileSync(file, script)
  return execFileSync('sh', [file], { encoding: 'utf8', env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
}

// The environment and arguments of a program hold no zero byte.
const anyText = fc
  .string({ unit: 'binary', maxLength: 40 })
  .filter((text) => !text.includes('\0') && text.isWellFormed())
const runs = { numRuns: 30 }

test('a variable becomes JSON as it is, whatever is in it', () => {
  const script = scriptOf([{ words: ['cat'], input: ['{"a": ', { variable: 'X', as: 'json' }, "} it's"] }])
  fc.assert(
    fc.property(anyText, (X) => {
      const said = run(script, { X })
      expect(said.endsWith("} it's")).toBe(true)
      expect(JSON.parse(said.slice(0, -" it's".length))).toEqual({ a: X })
    }),
    runs,
  )
})

test('words, texts of standard input and what stands around variables are what they were', () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, (one, two, X) => {
      const word = run(scriptOf([{ words: ['printf', '%s|%s', one, [two, { variable: 'X', as: 'text' }, one]] }]), {
        X,
      })
      expect(word).toBe(`${one}|${two}${X}${one}`)
      expect(run(scriptOf([{ words: ['cat'], input: [one] }]))).toBe(one.endsWith('\n') ? one : `${one}\n`)
      expect(run(scriptOf([{ words: ['cat'], input: [one, { variable: 'X', as: 'text' }, two] }]), { X })).toBe(
        `${one}${X}${two}`,
      )
    }),
    runs,
  )
})

test('a text that holds the end of texts is told apart from it', () => {
  const text = 'EOF\nEOF_2\n$HOME `x`\n'
  expect(run(scriptOf([{ words: ['cat'], input: [text] }]))).toBe(text)
})

test('a comment is one line, whatever is in it', () => {
  expect(comment('a\nrm b\r\u2028c\u0085')).toBe('# a rm b c')
  expect(run(scriptOf([{ why: 'echo one\necho two', words: ['true'] }]))).toBe('')
})

test('long commands are broken where the shell goes on', () => {
  const words = ['printf', '%s\\n', ...Array.from({ length: 30 }, (_, index) => `--flag-${index}=a b`)]
  const script = scriptOf([{ words }])
  expect(Math.max(...script.split('\n').map((line) => line.length))).toBeLessThan(120)
  expect(run(script).trimEnd().split('\n')).toEqual(words.slice(2))
})

test('where a value comes from', () => {
  writeFileSync(join(folder, 'a file'), 'one\ntwo\n\r\n')
  const variables: Declaration[] = [
    { name: 'A', purpose: 'a', from: { env: 'GIVEN' } },
    { name: 'B', purpose: 'b', from: { file: join(folder, 'a file') } },
    { name: 'C', purpose: 'c', from: { generate: { length: 50 } } },
    { name: 'D', purpose: 'd', from: { output: ['printf', '%s\\n', "it's"] } },
    { name: 'E', purpose: 'e', from: { text: "it's\n" } },
  ]
  const words = ['printf', '%s|', ...variables.map(({ name }) => [{ variable: name, as: 'text' as const }])]
  const script = scriptOf([{ words }], variables)
  const [a, b, c, d, e] = run(script, { GIVEN: 'x y' }).split('|')
  expect([a, b, d, e]).toEqual(['x y', 'one\ntwo\n', "it's\n", "it's\n"])
  expect(c).toMatch(/^[A-Za-z0-9]{50}$/)
})

test.each<[string, Declaration['from'], RegExp]>([
  ['a variable that is not set', { env: 'NONE' }, /NONE.*is not set/],
  ['a variable that a shell may hide', { env: 'no-name' }, /no-name is not set, or this shell hides it/],
  ['a file that is not there', { file: '/proc/none' }, /none/],
  ['an empty file', { file: '/dev/null' }, /A.*is empty/],
  ['a Secret without the key', { output: ['true'] }, /A.*is empty/],
  ['a command that fails', { output: ['ls', '/proc/none'] }, /none/],
])('%s ends the script before its first step', (_, from, said) => {
  const script = scriptOf([{ words: ['echo', 'reached'] }], [{ name: 'A', purpose: 'a', from }])
  let error: { readonly stdout: string; readonly stderr: string } | undefined
  try {
    run(script)
  } catch (failed) {
    error = failed as typeof error
  }
  expect(error?.stderr).toMatch(said)
  expect(error?.stdout).toBe('')
})

test('a question is asked at the terminal, unseen, wherever the script comes from', async () => {
  const variables: Declaration[] = [{ name: 'A', purpose: 'a', from: { prompt: "What is the 'password'?" } }]
  const script = join(folder, 'script.sh')
  writeFileSync(script, scriptOf([{ words: ['printf', '<%s>', [{ variable: 'A', as: 'text' }]] }], variables))
  const terminal = openTerminal(['sh', '-c', `sh <'${script}' >'${folder}/said'`], { env: { PATH } })
  await terminal.answer("What is the 'password'?:", ' se\\cret ')
  expect(await terminal.ended).toBe(0)
  expect(terminal.screen()).not.toContain('cret')
  expect(execFileSync('cat', [join(folder, 'said')], { encoding: 'utf8' })).toBe('< se\\cret >')
  await terminal.close()
})

test('what is waited for is tried again, and given up at last', () => {
  const count = join(folder, 'count')
  const trying = `echo x >>'${count}'; [ "$(wc -l <'${count}')" -ge 2 ] && echo there`
  expect(
    run(
      scriptOf([
        { words: ['sh', '-c', trying], patience: 5, into: 'X' },
        { words: ['echo', [{ variable: 'X', as: 'text' }]] },
      ]),
    ),
  ).toBe('there\n')
  expect(() => run(scriptOf([{ words: ['false'], patience: 1 }, { words: ['echo', 'reached'] }]))).toThrow()
})

test('what must not be there ends the script', () => {
  const guard = (word: string) => scriptOf([{ words: [word], otherwise: "it's there" }, { words: ['echo', 'reached'] }])
  expect(run(guard('false'))).toBe('reached\n')
  expect(() => run(guard('true'))).toThrow("it's there")
})

const result: PrintCommandsResult = {
  operation: 'print-commands',
  file: 'demo',
  servers: { vault: 'https://v:8200', clusters: { demo: 'https://k:6443' } },
  environment: { VAULT_ADDR: 'https://v:8200', BAO_ADDR: 'https://v:8200', VAULT_NAMESPACE: null, BAO_NAMESPACE: null },
  tokenFile: '/run/a token',
  checks: [{ cluster: 'demo', words: ['kubectl', 'config', 'view'], prints: 'https://k:6443' }],
  variables: [{ name: 'STATIC_APP_KEY', purpose: 'static app key', from: { env: 'KEY' } }],
  steps: [
    {
      address: 'vault:static/data/app',
      title: 'KV secret',
      action: 'create',
      commands: [
        {
          words: ['vault', 'kv', 'put', '-mount=static', 'app', '-'],
          input: ['{\n  "key": ', { variable: 'STATIC_APP_KEY', as: 'json' }, ',\n  "note": "it’s … ##[x]"\n}'],
        },
      ],
    },
    {
      address: 'vault:sys/policies/acl/app',
      title: 'policy',
      action: 'update',
      stage: 'narrow',
      commands: [{ words: ['vault', 'policy', 'write', 'app', '-'], input: ['path "x" {}\n'] }],
    },
  ],
}

test.each(['human', 'json'] as const)('a script as %s', async (format) => {
  expectGolden(`script.${format}`, await written(format, (view) => view.result(result)))
})

test('a shell gets the very same text at a terminal that knows no Unicode and no colour', async () => {
  const plain = await written('human', (view) => view.result(result))
  expect(await written('human', (view) => view.result(result), { env: { LANG: 'C', FORCE_COLOR: '1' } })).toBe(plain)
})

test('with nothing to do there is nothing to run', async () => {
  const text = await written('human', (view) => view.result({ ...result, steps: [], variables: [] }))
  const [, script = ''] = /=== stdout ===\n([^]*)=== stderr/.exec(text) ?? []
  expect(script).toContain('Nothing is to be done')
  expect(script.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([])
})
