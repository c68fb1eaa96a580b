import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { removeStateHome, useOwnStateHome } from '../sandbox/state-home.js'
import { pages } from './pages.js'
import { shows, typeAll } from './terminal-session.js'
import { typedIn, type Typed } from './shell.js'

/** `<!-- run -->` before a console block: it is typed as it stands, and must print what it shows. */
const MARKED = /^<!-- run -->\n```console\n([\s\S]*?)^```$/gm

/** A page brings its own servers, by `sandbox up`, and takes them down: all its blocks are one session. */
const marked = pages().flatMap(([path, text]): (readonly [string, readonly Typed[]])[] => {
  const typed = [...text.matchAll(MARKED)].flatMap(([, block = '']) => typedIn(block))
  return typed.length === 0 ? [] : [[path, typed]]
})

const stateHome = useOwnStateHome()
let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'icebreaker-docs-'))))
afterAll(async () => {
  await removeStateHome(stateHome)
  rmSync(folder, { recursive: true })
})

test('the tutorial is tried', () => {
  expect(marked.map(([path]) => path)).toContain('docs/tutorial.md')
})

const MINUTES = 60_000

test.each(marked)(
  '%s: every command does what the page shows',
  async (_path, typed) => {
    // Nothing of this machine, and nobody's other servers; what is installed already need not be built again.
    const { PATH, XDG_CACHE_HOME, HOME } = process.env
    const env = { PATH, HOME, XDG_CACHE_HOME, XDG_STATE_HOME: stateHome, LC_ALL: 'C.UTF-8', CI: '1' }
    const { ran, stderr } = await typeAll(typed, { folder, env })
    const wrong = ran.filter(({ printed, said, exitCode }, index) => {
      const asked = typed[index + 1]?.command === 'echo $?'
      const here = said.map((line) => line.replaceAll(stateHome, '/home/me/.local/state'))
      return (exitCode !== 0 && !asked) || !shows(printed, here)
    })
    expect({ wrong, stderr: wrong.length === 0 ? '' : stderr }).toEqual({ wrong: [], stderr: '' })
  },
  5 * MINUTES,
)
