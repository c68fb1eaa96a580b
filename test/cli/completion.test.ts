import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { execa, execaSync } from 'execa'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { emptyHome, icebreaker, RUN } from './process.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const home = emptyHome()
const folder = join(home, 'work')
const env = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), PATH: `${home}:${process.env['PATH'] ?? ''}` }
const SCRIPTS = { bash: 'bash', zsh: 'zsh', fish: 'fish', powershell: 'ps1' } as const
const script = (shell: keyof typeof SCRIPTS): string =>
  readFileSync(join(root, `templates/completion/icebreaker.${SCRIPTS[shell]}`), 'utf8')

beforeAll(() => {
  mkdirSync(join(folder, 'sub dir'), { recursive: true })
  copyFileSync(join(root, 'templates/sandbox/icebreaker.yaml'), join(folder, 'icebreaker.yaml'))
  writeFileSync(join(folder, 'my plan.json'), '')
  writeFileSync(join(folder, 'other.yaml'), 'roles: { night: {}, day: {} }\n')
  // As it would be on PATH.
  writeFileSync(join(home, 'icebreaker'), `#!/bin/sh\nexec '${process.execPath}' '${RUN}' "$@"\n`)
  chmodSync(join(home, 'icebreaker'), 0o755)
})
afterAll(() => rmSync(home, { recursive: true }))

/** What `icebreaker __complete` says: the values, and what the shell adds. */
async function asked(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const { stdout, stderr, exitCode } = await execa(process.execPath, [RUN, '__complete', ...args], {
    env: { ...env, ...more },
    extendEnv: false,
    cwd: folder,
    reject: false,
  })
  const lines = stdout.split('\n').map((line) => line.split('\t')[0])
  return { values: lines.slice(0, -1), last: lines.at(-1), stderr, exitCode }
}

describe('the hidden command', () => {
  test('knows commands, topics, flags, their options and what help explains', async () => {
    expect((await asked(['--', ''])).values).toEqual(expect.arrayContaining(['plan', 'apply', 'completion', 'sandbox']))
    expect((await asked(['--', 'sandbox', 's'])).values).toEqual(['status'])
    expect((await asked(['--', 'verify', '--pos'])).values).toEqual(['--positive-only'])
    expect((await asked(['--', 'plan', '-o', ''])).values).toEqual(['human', 'json', 'ndjson'])
    expect((await asked(['--', 'completion', ''])).values).toEqual(['bash', 'zsh', 'fish', 'powershell'])
    expect((await asked(['--', 'help', 'exit'])).values).toEqual(['exit-codes'])
  })

  test('loads nothing heavy before a name is asked for: a shell asks at every TAB', () => {
    const seen = new Set<string>()
    const load = (path: string): void => {
      if (seen.has(path)) return
      seen.add(path)
      const text = readFileSync(join(root, 'dist', path), 'utf8')
      for (const [, next = ''] of text.matchAll(/(?:\bfrom|\bimport)"\.\/([\w.-]+\.js)"/g)) load(next)
    }
    load('complete.js')
    const bytes = [...seen].reduce((sum, path) => sum + statSync(join(root, 'dist', path)).size, 0)
    expect(bytes).toBeGreaterThan(3000)
    expect(bytes).toBeLessThan(30_000)
  })

  test('reads names from the file of the line, of the environment, of the folder', async () => {
    const roles = ['--', 'verify', '--role', '']
    expect((await asked(roles)).values).toEqual(['static', 'dynamic', 'transit'])
    expect((await asked(roles, { ICEBREAKER_FILE: 'other.yaml' })).values).toEqual(['night', 'day'])
    expect((await asked(['--', 'verify', '-f', 'other.yaml', '--role', ''])).values).toEqual(['night', 'day'])
    expect((await asked(['--', 'apply', '--only', 'vault:auth/demo/role/'])).values).toEqual([
      'vault:auth/demo/role/static',
      'vault:auth/demo/role/dynamic',
      'vault:auth/demo/role/transit',
    ])
  })

  test('a new word that a shell cannot pass, and words without a mark before them', async () => {
    expect((await asked(['--next', '--', 'verify', '--role'])).values).toHaveLength(3)
    expect((await asked(['--next', 'sandbox'])).values).toContain('up')
  })

  test.each([
    ['a file that is not there', 'nowhere.yaml'],
    ['a folder', 'sub dir'],
    ['what is no YAML', 'broken.yaml'],
    ['a device', '/dev/zero'],
  ])('%s is no reason to be loud', async (_, file) => {
    writeFileSync(join(folder, 'broken.yaml'), 'roles: { a: {{{ \u0000 &x *x')
    for (const what of ['--role', '--only']) {
      const command = what === '--role' ? 'verify' : 'apply'
      const { last, stderr, exitCode } = await asked(['--', command, '-f', file, what, ''])
      expect([last, stderr, exitCode]).toEqual([':', '', 0])
    }
  })

  test('a file of somebody else puts nothing into the command line that a shell would run', async () => {
    const names = ['$(id)', '`id`', 'a b', 'a;b', "a'b", 'a\nb', '\u001b[31m', 'fine']
    writeFileSync(
      join(folder, 'evil.yaml'),
      JSON.stringify({ roles: Object.fromEntries(names.map((one) => [one, {}])) }),
    )
    expect((await asked(['--', 'verify', '-f', 'evil.yaml', '--role', ''])).values).toEqual(['fine'])
  })
})

describe('the scripts', () => {
  test.each(Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[])(
    '%s is printed as it is, whatever the terminal',
    async (shell) => {
      const text = script(shell)
      expect(text).toMatch(/^[\n\x20-\x7e]+$/)
      expect(text.slice(0, 500)).toContain(`icebreaker completion ${shell}`)
      for (const more of [{}, { LANG: 'C', TERM: 'dumb' }, { GITHUB_ACTIONS: 'true', FORCE_COLOR: '1' }]) {
        expect((await icebreaker(['completion', shell], { ...env, ...more })).stdout).toBe(text.trimEnd())
      }
      const { stdout } = await icebreaker(['completion', shell, '--json'], env)
      expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, operation: 'completion', shell, script: text })
    },
  )
})

describe('bash', () => {
  /** Calls the function as bash does. @param words as bash breaks the line, at : and = too; the cursor is at the end */
  async function reply(line: string, words: readonly string[], wordbreaks = ' \t\n"\'><=;|&(:'): Promise<string[]> {
    const call = `
      set -u
      source <(icebreaker completion bash)
      COMP_WORDBREAKS=$1 COMP_LINE=$2 COMP_POINT=\${#2}
      shift 2
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _icebreaker
      printf '%s\\n' "\${COMPREPLY[@]+"\${COMPREPLY[@]}"}"`
    const options = { env, extendEnv: false, cwd: folder } as const
    const { stdout, stderr } = await execa('bash', ['-c', call, 'bash', wordbreaks, line, ...words], options)
    expect(stderr).toBe('')
    return stdout === '' ? [] : stdout.split('\n')
  }

  test.each([
    ['icebreaker ver', ['icebreaker', 'ver'], ['verify']],
    ['icebreaker  sandbox   st', ['icebreaker', 'sandbox', 'st'], ['status']],
    ['icebreaker verify --role ', ['icebreaker', 'verify', '--role', ''], ['static', 'dynamic', 'transit']],
    ['icebreaker verify --role=st', ['icebreaker', 'verify', '--role', '=', 'st'], ['static']],
    // readline replaces what follows the last colon.
    [
      'icebreaker apply --only vault:auth/demo/role/s',
      ['icebreaker', 'apply', '--only', 'vault', ':', 'auth/demo/role/s'],
      ['auth/demo/role/static'],
    ],
    [
      'icebreaker verify -f "other.yaml" --role ni',
      ['icebreaker', 'verify', '-f', '"other.yaml"', '--role', 'ni'],
      ['night'],
    ],
    ['icebreaker plan -f oth', ['icebreaker', 'plan', '-f', 'oth'], ['other.yaml']],
    ['icebreaker plan --file=oth', ['icebreaker', 'plan', '--file', '=', 'oth'], ['other.yaml']],
    ['icebreaker apply my', ['icebreaker', 'apply', 'my'], ['my plan.json']],
    ['icebreaker verify --role nobody', ['icebreaker', 'verify', '--role', 'nobody'], []],
  ])('%s', async (line, words, expected) => {
    expect(await reply(line, words)).toEqual(expected)
  })

  test('where bash does not break words at colons, the whole word is replaced', async () => {
    const line = 'icebreaker apply --only vault:auth/demo/role/s'
    expect(await reply(line, line.split(' '), ' \t\n')).toEqual(['vault:auth/demo/role/static'])
  })

  test('at a terminal, with the TAB key', async () => {
    const shell = execa('script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], {
      env: { ...env, TERM: 'dumb' },
      extendEnv: false,
      cwd: folder,
    })
    let screen = ''
    shell.stdout.on('data', (chunk) => (screen += String(chunk)))
    // What is typed before the shell reads the keys itself would be edited by the terminal.
    const answer = async (keys: string, sign: RegExp): Promise<string> => {
      shell.stdin.write(keys)
      for (;;) {
        const found = sign.exec(screen)
        if (found !== null) return found[1] ?? ''
        await once(shell.stdout, 'data')
      }
    }
    await answer(`PS1='>''> '; source <(icebreaker completion bash)\n`, />> /)
    // Ctrl-G tells what stands on the line, Ctrl-U empties it. Bash reads keys again once the prompt is there again.
    await answer(`bind -x '"\\C-g": echo "line <$READLINE_LINE>"'; echo bo''und\n`, /bound[^]*>> /)
    const completed = async (keys: string, sign: RegExp): Promise<string> => {
      const line = await answer(`${keys}\t\x07`, sign)
      shell.stdin.write('\x15')
      return line
    }
    expect(await completed('icebreaker apply --only vault:auth/demo/role/st', /line <(.*? apply .*?)>[^]*>> /)).toBe(
      'icebreaker apply --only vault:auth/demo/role/static ',
    )
    expect(await completed('icebreaker plan -f my', /line <(.*? plan .*?)>[^]*>> /)).toBe(
      'icebreaker plan -f my\\ plan.json ',
    )
    shell.stdin.end('exit\n')
    await shell
  })
})

const isThere = (shell: string): boolean => execaSync('which', [shell], { reject: false }).exitCode === 0

/** In a shell that this machine may not have; the name of a test that is skipped says why. */
const inShell = (shell: string, run: () => Promise<void>) =>
  isThere(shell) ? test(shell, run) : test.skip(`${shell} (it is not on PATH of this machine)`, run)

describe('other shells', () => {
  const options = { env, extendEnv: false, cwd: folder } as const

  inShell('zsh', async () => {
    // Beneath compinit: what the function hands to _describe.
    const call = `
      compdef() { : }
      source <(icebreaker completion zsh)
      _describe() { print -l -- \${(P)2} }
      words=(icebreaker verify --role '') CURRENT=4 PREFIX=
      _icebreaker`
    const { stdout } = await execa('zsh', ['-f', '-c', call], options)
    expect(stdout.split('\n')).toEqual(['static', 'dynamic', 'transit'])
  })

  inShell('fish', async () => {
    const call = `icebreaker completion fish | source; complete -C 'icebreaker verify --role '`
    const { stdout } = await execa('fish', ['--no-config', '-c', call], options)
    expect(stdout.split('\n').toSorted()).toEqual(['dynamic', 'static', 'transit'])
  })

  inShell('pwsh', async () => {
    const call = `icebreaker completion powershell | Out-String | Invoke-Expression
      (TabExpansion2 'icebreaker verify --role ' 25).CompletionMatches.CompletionText`
    const { stdout } = await execa('pwsh', ['-NoProfile', '-Command', call], options)
    expect(stdout.split('\n')).toEqual(['static', 'dynamic', 'transit'])
  })
})
