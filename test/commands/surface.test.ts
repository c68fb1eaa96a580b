import { expect, test } from '@jest/globals'
import type { Command } from '@oclif/core/command'
import Apply from '../../src/commands/apply.js'
import Help from '../../src/commands/help.js'
import Plan from '../../src/commands/plan.js'
import SandboxDown from '../../src/commands/sandbox/down.js'
import SandboxEnv from '../../src/commands/sandbox/env.js'
import SandboxStatus from '../../src/commands/sandbox/status.js'
import SandboxUp from '../../src/commands/sandbox/up.js'
import Verify from '../../src/commands/verify.js'
import { expectGolden } from '../views/golden.js'

const commands: Readonly<Record<string, typeof Command>> = {
  apply: Apply,
  help: Help,
  plan: Plan,
  'sandbox down': SandboxDown,
  'sandbox env': SandboxEnv,
  'sandbox status': SandboxStatus,
  'sandbox up': SandboxUp,
  verify: Verify,
}

const flagsOf = ({ baseFlags, flags }: typeof Command) => Object.entries({ ...baseFlags, ...flags })

test.each(Object.entries(commands))('%s explains itself, and every flag has a variable of its own', (_, command) => {
  expect(command.summary).toMatch(/\.$/)
  expect(command.examples.length).toBeGreaterThan(0)
  const variables = flagsOf(command).map(([, flag]) => flag.env ?? '')
  for (const variable of variables) expect(variable).toMatch(/^ICEBREAKER_[A-Z_]+$/)
  expect(new Set(variables).size).toBe(variables.length)
  for (const [, flag] of flagsOf(command)) expect(flag.description).toMatch(/\.$/)
})

test('what can be typed does not change unnoticed', () => {
  const lines = Object.entries(commands).flatMap(([id, command]) => [
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
