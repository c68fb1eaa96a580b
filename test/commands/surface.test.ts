import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import type { Command } from '@oclif/core/command'
import { expectGolden } from '../views/golden.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

const paths = readdirSync(join(root, 'src/commands'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('base/'))
  .map((path) => path.replace(/\.ts$/, ''))
  .sort()

const load = async (path: string): Promise<typeof Command> =>
  ((await import(`../../src/commands/${path}.js`)) as { default: typeof Command }).default

/** Every command that there is, by what is typed. */
const commands = new Map(
  await Promise.all(paths.map(async (path) => [path.replaceAll('/', ' '), await load(path)] as const)),
)

const flagsOf = ({ baseFlags, flags }: typeof Command) => Object.entries({ ...baseFlags, ...flags })

test.each([...commands])('%s explains itself, and every flag has a variable of its own', (_, command) => {
  expect(command.summary).toMatch(/\.$/)
  expect(command.examples.length).toBeGreaterThan(0)
  const variables = flagsOf(command).map(([, flag]) => flag.env ?? '')
  for (const variable of variables) expect(variable).toMatch(/^ICEBREAKER_[A-Z_]+$/)
  expect(new Set(variables).size).toBe(variables.length)
  for (const [, flag] of flagsOf(command)) expect(flag.description).toMatch(/\.$/)
})

test('what can be typed does not change unnoticed', () => {
  const lines = [...commands].flatMap(([id, command]) => [
    `${id} ${Object.keys(command.args)
      .map((name) => `[${name.toUpperCase()}]`)
      .join(' ')}`.trim(),
    ...flagsOf(command)
      .map(([name, flag]) => {
        const value =
          flag.type === 'option' ? ` ${flag.options?.join('|') ?? flag.helpValue?.toString() ?? 'VALUE'}` : ''
        const short = flag.char === undefined ? '' : `-${flag.char}, `
        return `  ${short}--${flag.type === 'boolean' && flag.allowNo ? '[no-]' : ''}${name}${value}${flag.type === 'option' && flag.multiple ? ' ...' : ''}  ${flag.env ?? ''}`
      })
      .sort(),
  ])
  expectGolden('../commands/surface', `${lines.join('\n')}\n`)
})

test('what is built lists the same commands, in the same order wherever it is built', () => {
  const manifest = JSON.parse(readFileSync(join(root, '.oclif.manifest.json'), 'utf8')) as { commands: object }
  expect(Object.keys(manifest.commands)).toEqual(paths.map((path) => path.replaceAll('/', ':')).sort())
})
