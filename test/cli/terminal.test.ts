import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createScreen } from './screen.js'
import { openTerminal } from './terminal.js'

const env = { PATH: process.env['PATH'] }

const shown = (output: string, columns = 20): string => {
  const screen = createScreen(columns)
  // As it may come: cut anywhere.
  for (const sign of output) screen.write(sign)
  return screen.text()
}

test.each([
  ['a\r\nb', 'a\nb'],
  ['abc\rX', 'Xbc'],
  ['abc\u001b[2D\u001b[K!', 'a!'],
  ['one\r\ntwo\u001b[1A\u001b[2K\u001b[Gnew', 'new\ntwo'],
  ['one\r\ntwo\r\nthree\u001b[2A\u001b[G\u001b[J', ''],
  ['\u001b[32mgreen\u001b[0m\u001b[?25l', 'green'],
  ['a\u001b[3Cb', 'a   b'],
])('%j is shown as %j', (output, text) => {
  expect(shown(output)).toBe(text)
})

test('a long line goes on in the next one', () => {
  expect(shown('abcdef', 4)).toBe('abcd\nef')
})

test('a program can be talked to', async () => {
  const terminal = openTerminal(['sh', '-c', 'printf "Name? "; read name; tput cols; echo "Hello $name"; exit 3'], {
    env,
    columns: 77,
  })
  await terminal.answer('Name?', 'Æsop')
  await terminal.waitFor(/77\nHello Æsop/)
  expect(await terminal.ended).toBe(3)
})

test('a program that ends is not waited for, and the error has the screen', async () => {
  const terminal = openTerminal(['echo', 'only this'], { env })
  await expect(terminal.waitFor('more')).rejects.toThrow(/ended \(0\)[\s\S]*only this/)
})

test('a program that goes on is not waited for for ever, and is ended', async () => {
  const terminal = openTerminal(['cat'], { env, patience: 200 })
  await expect(terminal.waitFor('more')).rejects.toThrow('The time was over')
  expect(await terminal.ended).toEqual(expect.any(Number))
})

test('a program that is not needed any more is ended', async () => {
  const terminal = openTerminal(['cat'], { env })
  await terminal.close()
  expect(await terminal.ended).toEqual(expect.any(Number))
})

test('standard output can go elsewhere; standard error is what one sees', async () => {
  const folder = mkdtempSync(join(tmpdir(), "icebreaker-it's-"))
  const stdout = join(folder, 'out')
  const terminal = openTerminal(['sh', '-c', 'echo data; echo people >&2; [ -t 2 ] && ! [ -t 1 ]'], { env, stdout })
  expect([await terminal.ended, terminal.screen(), readFileSync(stdout, 'utf8')]).toEqual([0, 'people', 'data\n'])
  rmSync(folder, { recursive: true })
})
