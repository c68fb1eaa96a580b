import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { compareVersions, findProgram } from '../../src/sandbox/found.js'

const environment = { ...process.env }
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-found-'))
  delete process.env['KUBEBUILDER_ASSETS']
})
afterEach(() => {
  process.env = { ...environment }
  rmSync(folder, { recursive: true })
})

/** A fake: a program that only tells a version. */
function fakeProgram(where: string, name: string, version: string, mode = 0o755): string {
  mkdirSync(join(folder, where), { recursive: true })
  const file = join(folder, where, name)
  writeFileSync(file, `#!/bin/sh\necho "${version}"\n`)
  chmodSync(file, mode)
  process.env['PATH'] = `${join(folder, where)}${delimiter}${process.env['PATH'] ?? ''}`
  return file
}

test('a program of a fitting version on PATH is used', async () => {
  const file = fakeProgram('bin', 'bao', 'OpenBao v2.4.1 (abc), built 2025-09-01T00:00:00Z')
  expect(await findProgram('bao')).toBe(file)
})

test.each([
  ['too old', 'OpenBao v1.9.9', 0o755],
  ['too new', 'OpenBao v3.0.0', 0o755],
  ['silent', '', 0o755],
  ['not executable', 'OpenBao v2.4.1', 0o644],
])('one that is %s is passed over for the next', async (_, version, mode) => {
  const good = fakeProgram('later', 'bao', 'OpenBao v2.4.1')
  fakeProgram('earlier', 'bao', version, mode)
  expect(await findProgram('bao')).toBe(good)
})

test('KUBEBUILDER_ASSETS comes before PATH', async () => {
  fakeProgram('bin', 'etcd', 'etcd Version: 3.6.0')
  const assets = fakeProgram('assets', 'etcd', 'etcd Version: 3.5.9')
  process.env['PATH'] = `${join(folder, 'bin')}${delimiter}${environment['PATH'] ?? ''}`
  process.env['KUBEBUILDER_ASSETS'] = join(folder, 'assets')
  expect(await findProgram('etcd')).toBe(assets)
})

test('a kube-apiserver that the controller manager would be too new for does not fit', async () => {
  fakeProgram('bin', 'kube-apiserver', 'Kubernetes v1.34.1')
  expect(await findProgram('kube-apiserver')).toBeUndefined()
})

test('PostgreSQL must come with its initdb', async () => {
  fakeProgram('half', 'postgres', 'postgres (PostgreSQL) 17.2')
  expect(await findProgram('postgres')).not.toBe(join(folder, 'half', 'postgres'))
  const whole = fakeProgram('whole', 'postgres', 'postgres (PostgreSQL) 17.2')
  fakeProgram('whole', 'initdb', 'initdb (PostgreSQL) 17.2')
  expect(await findProgram('postgres')).toBe(whole)
})

test('versions compare by number, a missing part is 0', () => {
  expect(['3.10.0', '3.9', '3.9.1', '4'].sort(compareVersions)).toEqual(['3.9', '3.9.1', '3.10.0', '4'])
  expect(compareVersions('1.2', '1.2.0')).toBe(0)
})
