import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { Command } from '@oclif/core/command'
import { parse } from '@oclif/core/parser'
import { pages, root } from './pages.js'
import { commandsIn, typedIn } from './shell.js'

/** A fenced block: its language, and its text. */
const FENCED = /^( *)```([\w-]*)\n([\s\S]*?)^\1```$/gm
const SHELLS = ['sh', 'bash', 'console']

const found = pages().flatMap(([path, text]) => shown(text).map((words) => [path, words] as const))
const commands = [...new Map(found.map(([path, words]) => [`${path}: ${words.join(' ')}`, words]))]

/** The commands in the shell's blocks of a page. */
function shown(text: string): string[][] {
  return [...text.matchAll(FENCED)].flatMap(([, , language = '', block = '']) => {
    if (!SHELLS.includes(language)) return []
    const scripts = language === 'console' ? typedIn(block).map(({ command }) => command) : [block]
    return scripts.flatMap(commandsIn)
  })
}

const folder = join(root, 'src/commands')
const ids = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('base/'))
  .map((path) => path.replace(/\.ts$/, '').split('/').join(' '))

/** The command that words begin with, the longest where there are several. */
function commandOf(words: readonly string[]): string | undefined {
  const line = `${words.join(' ')} `
  return ids.filter((id) => line.startsWith(`${id} `)).sort((a, b) => b.length - a.length)[0]
}

const isTopic = (words: readonly string[]): boolean => ids.some((id) => id.startsWith(`${words.join(' ')} `))

const load = async (id: string): Promise<typeof Command> =>
  ((await import(`../../src/commands/${id.replaceAll(' ', '/')}.js`)) as { default: typeof Command }).default

const flagsOf = ({ baseFlags, flags }: typeof Command) => ({ ...baseFlags, ...flags })

test('there is much to be tried', () => {
  expect(commands.length).toBeGreaterThan(50)
})

test.each(commands)('%s', async (_name, words) => {
  if (words.length === 0 || ['--version', '--help', '-h'].includes(words[0] ?? '')) return
  if (/^(?:--help|-h)$/.test(words.at(-1) ?? '')) {
    const path = words.slice(0, -1)
    expect(commandOf(path) ?? isTopic(path)).toBeTruthy()
    return
  }
  const id = commandOf(words)
  if (id === undefined) throw new Error(`there is no such command: ${words.join(' ')}`)
  const command = await load(id)
  const { args, strict } = command
  await parse(words.slice(id.split(' ').length), { flags: flagsOf(command), args, strict })
})

/** `icebreaker apply --yes` in a sentence; what stands for other things (`[PLAN]`, `up|down`, `NAME`) ends it. */
const INLINE = /`icebreaker ([^`\n]+)`/g

test('commands in a sentence exist, and their flags do', async () => {
  const wrong: string[] = []
  for (const [path, text] of pages()) {
    for (const [whole, line = ''] of text.replaceAll(FENCED, '').matchAll(INLINE)) {
      if (!(await isKnown(line))) wrong.push(`${path}: ${whole}`)
    }
  }
  expect(wrong).toEqual([])
})

async function isKnown(line: string): Promise<boolean> {
  const words = line.split(/\s+/)
  const plain = words.slice(
    0,
    words.concat('|').findIndex((word) => /[|[\]…<>]|^[A-Z]+$/.test(word)),
  )
  const flags = words.flatMap((word) => /^--([a-z][\w-]*)/.exec(word)?.slice(1) ?? [])
  const id = commandOf(plain)
  if (id === undefined) return plain.every((word) => /^--(?:help|version)$/.test(word)) || isTopic(plain)
  const known = Object.keys(flagsOf(await load(id)))
  return flags.every((flag) => known.includes(flag.replace(/^no-/, '')) || known.includes(flag) || flag === 'help')
}

test('commands of ours stand in blocks of a shell, where they are tried', () => {
  const other = pages().flatMap(([path, text]) =>
    [...text.matchAll(FENCED)]
      .filter(([, , language = '', block = '']) => !SHELLS.includes(language) && /^icebreaker /m.test(block))
      // How a command is called, with what stands for its parts.
      .filter(([, , , block = '']) => !/^icebreaker .*\[FLAGS\]$/m.test(block))
      .map(([block]) => `${path}: ${block}`),
  )
  expect(other).toEqual([])
})
