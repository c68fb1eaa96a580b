import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { fileFlags, outputFlags } from '../../src/commands/base/flags.js'

test('the page on the environment names the variable of every flag that commands share', () => {
  const page = readFileSync(new URL('../../docs/environment.md', import.meta.url), 'utf8')
  const variables = Object.values({ ...fileFlags, ...outputFlags() }).map(({ env }) => env ?? '')
  expect(variables).toContain('ICEBREAKER_FILE')
  expect(variables.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})
