import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { execaSync } from 'execa'
import { parseDocument } from 'yaml'
import type { Manifest } from '../../src/commands/base/complete.js'
import { root } from '../docs/pages.js'
import { jobsOf, PIPELINES, source, type Piece } from './ci.js'

const manifest = JSON.parse(readFileSync(join(root, '.oclif.manifest.json'), 'utf8')) as Manifest

describe.each(PIPELINES)('%s', (pipeline) => {
  const jobs = jobsOf(pipeline)
  const pieces = jobs.flatMap(({ name, login, work, logout }) =>
    [...login, ...work, ...logout].map((piece): Piece => ({ ...piece, name: `${name}: ${piece.name}` })),
  )

  test('is YAML of both versions', () => {
    for (const version of ['1.1', '1.2'] as const) {
      const { errors, warnings } = parseDocument(source(pipeline), { version })
      expect([...errors, ...warnings]).toEqual([])
    }
  })

  test('has a plan and an apply, each with a login, work and a logout', () => {
    expect(jobs.map(({ name }) => name)).toEqual(['plan', 'apply'])
    for (const { login, work, logout } of jobs) {
      expect([login.length, logout.length]).toEqual([1, 1])
      expect(work.map(({ shell }) => shell).join('\n')).toContain('icebreaker ')
    }
  })

  test.each(['sh', 'bash'])('every piece of shell can be read by %s', (shell) => {
    for (const { name, shell: text } of pieces) {
      const { stderr, exitCode } = execaSync(shell, ['-n'], { input: text, reject: false })
      expect([name, stderr, exitCode]).toEqual([name, '', 0])
    }
  })

  test('no expression of the platform is pasted into a shell', () => {
    for (const { shell } of pieces) expect(shell).not.toContain('${{')
  })

  test('every command and every flag is one that there is', () => {
    const lines = pieces.flatMap(({ shell }) => shell.replaceAll('\\\n', ' ').split('\n'))
    const calls = lines.flatMap((line) => /(?:^|[;&|{]|\$\()\s*icebreaker (.*)$/.exec(line)?.[1] ?? [])
    expect(calls.length).toBeGreaterThanOrEqual(3)
    for (const call of calls) {
      const [name = '', ...words] = call.split(/\s+/)
      const { flags } = manifest.commands[name]!
      for (const word of words.filter((each) => each.startsWith('-'))) {
        const [flag = '', value] = word.replace(/^--/, '').split('=')
        expect([call, flags[flag] !== undefined]).toEqual([call, true])
        expect([call, value]).toEqual([call, undefined])
        const next = words[words.indexOf(word) + 1] ?? ''
        const { options } = flags[flag]!
        if (options !== undefined) expect(options).toContain(next)
      }
    }
  })

  test('no token stands in an argument, and none is stored', () => {
    const text = source(pipeline)
    expect(text).not.toMatch(/jwt="?\$|--token[= ]|hvs\.|eyJ/)
    for (const { login } of jobs) {
      expect(login[0]?.shell).toMatch(/^umask 077$/m)
      expect(login[0]?.shell).toContain('jwt=-')
    }
  })

  test('what is kept of a run is the plan and the report, and nothing of the login', () => {
    expect(source(pipeline)).toMatch(/verify\.xml/)
    expect(source(pipeline)).not.toMatch(/path:.*(?:RUNNER_TEMP|vault-token)/)
  })
})
