import { afterAll, afterEach, expect, test } from '@jest/globals'
import { existsSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ask } from '../../src/sandbox/http.js'
import { down, env, status, up, type SandboxState } from '../../src/sandbox/index.js'
import { placesOf, sharedFolder } from '../../src/sandbox/places.js'
import { beginningOf } from '../../src/sandbox/process.js'
import { loadRecord } from '../../src/sandbox/record.js'
import { killedUp } from './kill.js'
import { listener, removeStateHome, silent, useOwnStateHome } from './state-home.js'

const home = useOwnStateHome()
afterAll(() => removeStateHome(home))

const never = new AbortController().signal
const bring = (name: string, signal = never) => up({ name, emit: silent, signal })

const server = (state: SandboxState, name: string) => state.servers.find((one) => one.name === name)!
const pids = (state: SandboxState): Record<string, number | undefined> =>
  Object.fromEntries(state.servers.map(({ name, pid }) => [name, pid]))
const ALL = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'vault', 'postgres']

/** What Vault says of itself to somebody who has only what `sandbox env` gives. */
async function vaultToken(name: string): Promise<number | undefined> {
  const { VAULT_ADDR, VAULT_CACERT, VAULT_TOKEN } = env({ name }) as Record<string, string>
  const answer = await ask({ ca: readFileSync(VAULT_CACERT!, 'utf8') }, `${VAULT_ADDR}/v1/auth/token/lookup-self`, {
    token: VAULT_TOKEN!,
  })
  return answer?.status
}

async function kill(state: SandboxState, name: string): Promise<void> {
  const pid = server(state, name).pid!
  process.kill(pid, 'SIGKILL')
  while (beginningOf(pid) !== undefined) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('up brings all servers, doing it again changes nothing, and what dies is healed', async () => {
  const { emit, steps } = listener()
  const first = await up({ name: 'one', emit, signal: never })
  expect(first.started).toEqual(ALL)
  expect(first.servers.every(({ state }) => state === 'running')).toBe(true)
  expect(steps.filter((step) => step.endsWith('done'))).toHaveLength(ALL.length)
  expect(await vaultToken('one')).toBe(200)

  const again = listener()
  const second = await up({ name: 'one', emit: again.emit, signal: never })
  expect(second.started).toEqual([])
  expect(again.steps).toEqual([])
  expect(pids(second)).toEqual(pids(first))

  const token = env({ name: 'one' })['VAULT_TOKEN']
  for (const name of ['vault', 'postgres']) await kill(second, name)
  const dead = status({ name: 'one' })[0]!.servers.filter(({ state }) => state === 'dead')
  expect(dead.map(({ name }) => name)).toEqual(['vault', 'postgres'])
  const third = await bring('one')
  expect(third.started).toEqual(['vault', 'postgres'])
  expect(third.servers.map(({ port }) => port)).toEqual(first.servers.map(({ port }) => port))
  expect(server(third, 'kube-apiserver').pid).toBe(server(first, 'kube-apiserver').pid)

  // Without its etcd an API server may end, too.
  await kill(third, 'etcd')
  const fourth = await bring('one')
  expect(fourth.started).toContain('etcd')
  expect(fourth.servers.every(({ state }) => state === 'running')).toBe(true)
  expect(env({ name: 'one' })['VAULT_TOKEN']).toBe(token)
  expect(await vaultToken('one')).toBe(200)
})

test('what up writes is private, and names what it made', async () => {
  const state = await bring('one')
  const places = placesOf('one')
  for (const file of [
    places.kubeconfig,
    places.rootToken,
    places.unsealKey,
    places.superuserPassword,
    places.vaultPassword,
    places.file,
    places.record,
  ]) {
    expect([file, statSync(file).mode & 0o777]).toEqual([file, 0o600])
  }
  expect(statSync(places.folder).mode & 0o777).toBe(0o700)
  const yaml = readFileSync(state.file, 'utf8')
  expect(yaml).toContain(`address: "${state.vaultAddress}"`)
  expect(yaml).toContain(`probeAddress: "127.0.0.1:${server(state, 'postgres').port}"`)
  expect(yaml).not.toContain(env({ name: 'one' })['PGPASSWORD'])
  expect(JSON.stringify(state)).not.toContain(env({ name: 'one' })['VAULT_TOKEN'])
})

test('no secret of a sandbox is in an argument or in the environment of its servers', async () => {
  const state = await bring('one')
  const places = placesOf('one')
  const secrets = [places.rootToken, places.unsealKey, places.superuserPassword, places.vaultPassword].map((file) =>
    readFileSync(file, 'utf8').trim(),
  )
  for (const { pid } of state.servers) {
    for (const file of existsSync('/proc') ? ['cmdline', 'environ'] : []) {
      const seen = readFileSync(`/proc/${pid!}/${file}`, 'utf8')
      for (const secret of secrets) expect(seen).not.toContain(secret)
    }
  }
})

test('a sealed Vault is unsealed', async () => {
  await bring('one')
  const { VAULT_ADDR, VAULT_CACERT, VAULT_TOKEN } = env({ name: 'one' }) as Record<string, string>
  const asker = { ca: readFileSync(VAULT_CACERT!, 'utf8') }
  await ask(asker, `${VAULT_ADDR}/v1/sys/seal`, { method: 'PUT', token: VAULT_TOKEN! })
  expect((await ask(asker, `${VAULT_ADDR}/v1/sys/health`))?.status).toBe(503)
  const { emit, steps } = listener()
  expect((await up({ name: 'one', emit, signal: never })).started).toEqual([])
  expect(steps).toEqual(['Wait for OpenBao: started', 'Wait for OpenBao: done'])
  expect(await vaultToken('one')).toBe(200)
})

test('down stops everything, up starts it with the same data, and a port that was taken meanwhile moves', async () => {
  const before = await bring('one')
  expect((await down({ name: 'one', emit: silent })).stopped.toSorted()).toEqual(ALL.toSorted())
  for (const { pid } of before.servers) expect(beginningOf(pid!)).toBeUndefined()
  expect((await down({ name: 'one', emit: silent })).stopped).toEqual([])
  expect(status({ name: 'one' })[0]?.servers.every(({ state }) => state === 'stopped')).toBe(true)

  writeFileSync(before.file, `${readFileSync(before.file, 'utf8')}# an edit of the operator's\n`)
  const occupied = server(before, 'kube-apiserver').port
  const squatter = createServer().listen(occupied, '127.0.0.1')
  const after = await bring('one').finally(() => squatter.close())
  expect(after.started).toEqual(ALL)
  expect(server(after, 'kube-apiserver').port).not.toBe(occupied)
  expect(server(after, 'etcd').port).toBe(server(before, 'etcd').port)
  expect(readFileSync(after.kubeconfig, 'utf8')).toContain(`https://127.0.0.1:${server(after, 'kube-apiserver').port}`)
  expect(readFileSync(after.file, 'utf8')).toContain("# an edit of the operator's")
  expect(await vaultToken('one')).toBe(200)
})

test('a Vault whose key was lost between initialising and writing it is made afresh', async () => {
  const before = await bring('one')
  const places = placesOf('one')
  truncateSync(places.rootToken)
  rmSync(places.unsealKey)
  const after = await bring('one')
  expect(after.started).toEqual(['vault'])
  expect(server(after, 'vault').pid).not.toBe(server(before, 'vault').pid)
  expect(await vaultToken('one')).toBe(200)
})

test('a server that cannot start names its log and its last lines; the others are up, and mending it is enough', async () => {
  const state = await bring('one')
  await kill(state, 'vault')
  const places = placesOf('one')
  const raft = join(places.vault, 'raft', 'vault.db')
  const good = readFileSync(raft)
  writeFileSync(raft, 'no database')
  const error = (await bring('one').catch((caught: unknown) => caught)) as {
    details: { evidence: Record<string, string> }
  }
  expect(error).toMatchObject({ code: 'ICE6006', message: 'OpenBao ended before it was ready.' })
  expect(error.details.evidence['log']).toBe(places.log('vault'))
  expect(error.details.evidence['last lines']).toMatch(/vault\.db|invalid database|error/i)
  expect(status({ name: 'one' })[0]?.servers.filter(({ state }) => state === 'running')).toHaveLength(ALL.length - 1)

  writeFileSync(raft, good)
  expect((await bring('one')).started).toEqual(['vault'])
  expect(await vaultToken('one')).toBe(200)
})

test('two sandboxes stand side by side; two ups of one name do its work once; purge leaves nothing', async () => {
  const [one, two, twoAgain] = await Promise.all([bring('one'), bring('two'), bring('two')])
  const ports = [one, two].flatMap(({ servers }) => servers.map(({ port }) => port))
  expect(new Set(ports).size).toBe(ports.length)
  expect(pids(two)).toEqual(pids(twoAgain))
  expect([...two.started, ...twoAgain.started]).toEqual(ALL)
  expect(status().map(({ name }) => name)).toEqual(['one', 'two'])

  const elsewhere = loadRecord(placesOf('two'))?.postgres
  await down({ name: 'two', purge: true, emit: silent })
  for (const { pid } of two.servers) expect(beginningOf(pid!)).toBeUndefined()
  for (const { pid } of one.servers) expect(beginningOf(pid!)).toBeDefined()
  expect(readdirSync(join(home, 'icebreaker', 'sandbox'))).toEqual(['one'])
  if (elsewhere) expect(existsSync(sharedFolder('two', elsewhere.folderId))).toBe(false)
})

test('an interrupted up leaves what up goes on with', async () => {
  const interrupt = new AbortController()
  const emit = listener()
  const attempt = up({
    name: 'three',
    signal: interrupt.signal,
    emit: (event) => {
      emit.emit(event)
      if (event.type === 'step' && event.id === 'kube-apiserver') interrupt.abort()
    },
  })
  await expect(attempt).rejects.toThrow(/abort/)
  const between = status({ name: 'three' })[0]!
  expect(server(between, 'etcd').state).toBe('running')
  const state = await bring('three')
  expect(state.servers.every(({ state }) => state === 'running')).toBe(true)
  expect(server(state, 'etcd').pid).toBe(server(between, 'etcd').pid)
  await down({ name: 'three', purge: true, emit: silent })
})

test('an up that is killed leaves what the next one finishes', async () => {
  expect(await killedUp('four', 'under way')).toBe(true)
})

afterEach(() => {
  // No lock outlives its work.
  expect(readdirSync(join(home, 'icebreaker', 'sandbox')).filter((entry) => entry.endsWith('.lock'))).toEqual([])
})
