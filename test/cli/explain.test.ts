import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tcpServer, type FaultyServer } from '../vault/faulty-server.js'
import { emptyHome, icebreaker } from './process.js'
import { codes, json } from './told.js'

let folder: string
let listener: FaultyServer
let came = 0

/** Sees whether anybody comes: the file and the kubeconfig name it as Vault and as the API server. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-explain-'))
  listener = await tcpServer((socket) => {
    came++
    socket.destroy()
  })
  const address = `https://127.0.0.1:${listener.port}`
  const cluster = { name: 'c', cluster: { server: address } }
  const user = { name: 'u', user: { token: 'a-token' } }
  const context = { name: 'c', context: { cluster: 'c', user: 'u' } }
  const kubeconfig = { 'current-context': 'c', clusters: [cluster], users: [user], contexts: [context] }
  const reviewer = { namespace: 'vault-auth', serviceAccount: 'reviewer' }
  const clusters = { demo: { kubeconfig: './kubeconfig', auth: { path: 'demo', reviewer } } }
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...kubeconfig }))
  writeFileSync(
    join(folder, 'icebreaker.yaml'),
    JSON.stringify({ version: 1, name: 'demo', vault: { address }, clusters }),
  )
})

const home = emptyHome()

afterAll(async () => {
  await listener.close()
  rmSync(folder, { recursive: true })
  rmSync(home, { recursive: true })
})

const explain = (...args: readonly string[]) =>
  icebreaker(['explain', ...args], {
    PATH: process.env['PATH'],
    HOME: home,
    ICEBREAKER_FILE: join(folder, 'icebreaker.yaml'),
  })

test.each([
  [[], 'icebreaker explain NAME says more'],
  [['ICE2008'], 'ICE2008: '],
  [['roles'], 'serviceAccounts: list of text, required'],
  [['vault:auth/demo/config'], 'kubectl --kubeconfig '],
])('explain %j contacts nothing', async (args, said) => {
  const { exitCode, stdout, stderr } = await explain(...args)
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout).toContain(said)
  expect(came).toBe(0)
})

test('what is not there is an error that says what was meant, in JSON too', async () => {
  const ran = await explain('ICE2O08', '-o', 'json')
  expect(ran.exitCode).toBe(2)
  expect(codes(ran)).toEqual(['ICE1108'])
  expect(json(ran)).toMatchObject({ error: { next: ['Did you mean ICE2008?'] } })
})
