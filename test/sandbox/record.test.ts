import { afterAll, expect, test } from '@jest/globals'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { down, env, status } from '../../src/sandbox/index.js'
import { placesOf } from '../../src/sandbox/places.js'
import { loadRecord, sandboxNames, saveRecord, type SandboxRecord } from '../../src/sandbox/record.js'
import { removeStateHome, silent, useOwnStateHome } from './state-home.js'

const home = useOwnStateHome()
afterAll(() => removeStateHome(home))

const record = (name: string): SandboxRecord => ({
  version: 1,
  name,
  product: 'openbao',
  ports: {
    etcd: 20001,
    etcdPeer: 20002,
    apiServer: 20003,
    controllerManager: 20004,
    vault: 20005,
    vaultCluster: 20006,
    postgres: 20007,
  },
  processes: { etcd: { pid: 2 ** 30, began: 'long ago' } },
})

test('a record is private, and is what was written', () => {
  const places = placesOf('one')
  saveRecord(places, record('one'))
  expect(loadRecord(places)).toEqual(record('one'))
  expect(statSync(places.record).mode & 0o777).toBe(0o600)
  expect(statSync(places.folder).mode & 0o777).toBe(0o700)
  expect(statSync(dirname(places.folder)).mode & 0o777).toBe(0o700)
  expect(sandboxNames()).toEqual(['one'])
})

test('status tells a server that died from one that was not started', () => {
  saveRecord(placesOf('one'), record('one'))
  const [state] = status({ name: 'one' })
  expect(state?.servers.map((server) => [server.name, server.state, server.port])).toEqual([
    ['etcd', 'dead', 20001],
    ['kube-apiserver', 'stopped', 20003],
    ['kube-controller-manager', 'stopped', 20004],
    ['vault', 'stopped', 20005],
    ['postgres', 'stopped', 20007],
  ])
})

test.each([
  ['half of a file', '{"version": 1'],
  ['another version', JSON.stringify({ ...record('two'), version: 2 })],
  [
    'an id that would lead out of the folder',
    JSON.stringify({ ...record('two'), postgres: { folderId: '../precious', user: { uid: 1, gid: 1 } } }),
  ],
])('%s is ICE6005, and nothing is stopped or removed on its word', async (_, content) => {
  const places = placesOf('two')
  saveRecord(places, record('two'))
  writeFileSync(places.record, content)
  expect(() => status()).toThrow(expect.objectContaining({ code: 'ICE6005' }))
  await expect(down({ name: 'two', purge: true, emit: silent })).rejects.toMatchObject({ code: 'ICE6005' })
  expect(readFileSync(places.record, 'utf8')).toBe(content)
})

test.each(['', '.', '..', 'a/b', 'A', '-a', 'a b', 'ä', 'a'.repeat(41)])('%j is no name', (name) => {
  expect(() => placesOf(name)).toThrow(expect.objectContaining({ code: 'ICE6001', exitCode: 2 }))
})

test('a sandbox that is not there: env and status say so, down has nothing to do', async () => {
  expect(() => env({ name: 'nowhere' })).toThrow(expect.objectContaining({ code: 'ICE6002', exitCode: 2 }))
  expect(() => status({ name: 'nowhere' })).toThrow(expect.objectContaining({ code: 'ICE6002' }))
  expect(await down({ name: 'nowhere', purge: true, emit: silent })).toEqual({ stopped: [] })
})

test('env of a sandbox that never came up whole is ICE6002', () => {
  saveRecord(placesOf('one'), record('one'))
  expect(() => env({ name: 'one' })).toThrow(expect.objectContaining({ code: 'ICE6002' }))
})
