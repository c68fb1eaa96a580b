import { test } from '@jest/globals'
import { execa } from 'execa'

/** The tools that keep the house: each fails its test with what it printed. */
async function clean(tool: string, ...args: string[]): Promise<void> {
  const { failed, all } = await execa(tool, args, { preferLocal: true, reject: false, all: true })
  if (failed) throw new Error(all)
}

const LONG = 300_000

test('types', () => clean('tsc', '--project', '.'), LONG)

test('lint', () => clean('eslint', '--config', 'test/house/eslint.config.js', 'src', 'test', 'bench'), LONG)

test('formatting', () => clean('prettier', '--check', 'src', 'test', 'bench', 'bin'), LONG)

test('the arrows of the house', () => clean('depcruise', '--config', 'test/house/arrows.cjs', 'src'), LONG)

test('no dead code, no unused dependency', () => clean('knip', '--config', 'test/house/knip.json'), LONG)
