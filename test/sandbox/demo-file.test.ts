import { afterAll, expect, test } from '@jest/globals'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { parse } from 'yaml'
import { writeDemoFile } from '../../src/sandbox/demo-file.js'
import { placesOf } from '../../src/sandbox/places.js'
import { saveRecord, type SandboxRecord } from '../../src/sandbox/record.js'
import { removeStateHome, useOwnStateHome } from './state-home.js'

const home = useOwnStateHome()
afterAll(() => removeStateHome(home))
const places = placesOf('demo')

function record(vault: number, postgres: number, context?: string): SandboxRecord {
  const made: SandboxRecord = {
    version: 1,
    name: 'demo',
    product: 'openbao',
    ports: { etcd: 1, etcdPeer: 2, apiServer: 3, controllerManager: 4, vault, vaultCluster: 5, postgres },
    processes: {},
    ...(context ? { existing: { context, kubeconfig: '/nowhere' } } : {}),
  }
  saveRecord(places, made)
  return made
}

const read = () => parse(readFileSync(places.file, 'utf8')) as Record<string, never>

test('the file is the reference scenario with this sandbox’s addresses', async () => {
  await writeDemoFile(places, record(20001, 20002))
  const file = read()
  expect(file).toMatchObject({
    name: 'demo',
    vault: { address: 'https://127.0.0.1:20001', caFile: places.vaultCA },
    clusters: { demo: { context: 'icebreaker-sandbox', auth: { method: 'kubernetes', path: 'demo' } } },
    engines: {
      postgres: {
        connections: {
          main: {
            url: 'postgresql://{{username}}:{{password}}@127.0.0.1:20002/app',
            username: { literal: 'vault' },
            password: { env: 'PGPASSWORD' },
            probeAddress: '127.0.0.1:20002',
          },
        },
      },
    },
  })
  expect(Object.keys(file)).toEqual([
    'version',
    'name',
    'vault',
    'clusters',
    'namespaces',
    'serviceAccounts',
    'engines',
    'policies',
    'roles',
    'verify',
  ])
  expect(readFileSync(places.file, 'utf8')).toMatch(/^# The reference scenario/)
  expect(statSync(places.file).mode & 0o777).toBe(0o600)
})

test('the addresses that moved are changed, and nothing else of an edited file', async () => {
  await writeDemoFile(places, record(20001, 20002))
  const edited = readFileSync(places.file, 'utf8').replace(
    '  demo:\n    context: icebreaker-sandbox\n',
    '  other: # mine\n    context: elsewhere\n',
  )
  writeFileSync(places.file, edited)
  await writeDemoFile(places, record(20003, 20004))
  expect(readFileSync(places.file, 'utf8')).toBe(edited.replaceAll('20001', '20003').replaceAll('20002', '20004'))
})

test('a file that is being edited and is no YAML is left alone', async () => {
  writeFileSync(places.file, 'vault: {')
  await writeDemoFile(places, record(20003, 20004))
  expect(readFileSync(places.file, 'utf8')).toBe('vault: {')
})

test('an existing cluster is named by its own context, whatever is in the name', async () => {
  rmSync(places.file)
  await writeDemoFile(places, record(20001, 20002, 'a: "context"\n# x'))
  expect(read()).toMatchObject({ clusters: { demo: { context: 'a: "context"\n# x' } } })
})
