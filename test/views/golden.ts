import { expect } from '@jest/globals'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createView, type View, type ViewOptions } from '../../src/views/index.js'
import type { Format } from '../../src/views/formats.js'

/** Compares with test/views/NAME.golden; UPDATE_GOLDEN=1 writes it. */
export function expectGolden(name: string, text: string): void {
  const file = join(import.meta.dirname, `${name}.golden`)
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text)
  if (!existsSync(file)) throw new Error(`There is no ${name}.golden; UPDATE_GOLDEN=1 writes it.`)
  expect(text).toBe(readFileSync(file, 'utf8'))
}

/** What a view writes, both streams one after the other, as they would be in two files. */
export async function written(
  format: Format,
  use: (view: View) => unknown,
  { columns = 100, ...options }: Partial<ViewOptions> & { columns?: number } = {},
): Promise<string> {
  const [out, err]: [string[], string[]] = [[], []]
  const view = createView(format, {
    stdout: { write: (text) => out.push(text), columns },
    stderr: { write: (text) => err.push(text), columns },
    env: {},
    command: 'apply',
    version: '1.2.3',
    now: () => new Date('2030-01-02T03:04:05Z'),
    ...options,
  })
  await use(view)
  return `=== stdout ===\n${out.join('')}=== stderr ===\n${err.join('')}`
}
