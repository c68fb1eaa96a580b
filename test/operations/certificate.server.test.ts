import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'
import { createAuthority } from '../../src/sandbox/certificates.js'
import { refs } from '../../src/kubernetes/index.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { openScenario, pending, refusal, states, type Scenario } from './scenario.js'

let scenario: Scenario
let found: ReadonlySet<string>

beforeEach(async () => {
  scenario = await openScenario()
  found = new Set()
  found = new Set(await scratch(scenario))
})
afterEach(() => scenario.close())

type ClusterSection = ReturnType<Scenario['base']>['clusters'][string]

function file({ id, base }: Scenario, cluster: Partial<ClusterSection>) {
  const plain = base()
  return {
    ...plain,
    clusters: { demo: { ...plain.clusters['demo']!, ...cluster } },
    roles: { app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault' } },
  }
}

const liveConfig = async ({ id, vault }: Scenario) => (await vault.read(path`auth/${id}/config`))?.data

/** What a proof leaves behind: of this test, not of what ran before it. */
const scratch = async ({ id, vault, cluster }: Scenario): Promise<string[]> => {
  const mounts = Object.keys((await vault.read(path`sys/auth`))?.data ?? {})
  const secrets = (await cluster.list(refs.secret(`${id}-auth`, ''))).map(({ metadata }) => metadata.name)
  const all = [...mounts, ...secrets].filter((name) => name.startsWith('icebreaker-scratch-'))
  return all.filter((name) => !found.has(name))
}

test('the CA comes from the kubeconfig, from kube-root-ca.crt, or from a file beside the file', async () => {
  copyFileSync(servers().apiServerCA, join(scenario.folder, 'ca.pem'))
  const sources = [undefined, 'kubeconfig', 'rootConfigMap', 'tokenSecret', { file: 'ca.pem' }] as const
  for (const apiServerCA of sources) {
    scenario.write(file(scenario, apiServerCA === undefined ? {} : { apiServerCA }))
    await scenario.apply()
    expect(String((await liveConfig(scenario))?.['kubernetes_ca_cert'])).toContain('BEGIN CERTIFICATE')
    expect(pending(await scenario.plan())).toEqual({})
  }
})

test('with `system` Vault is given the one root of this machine that proved the certificate, and logins work with it', async () => {
  const { id, base } = scenario
  const named = {
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    ...file(scenario, { apiServerCA: 'system' }),
  }
  const before = tls.getCACertificates('default')
  try {
    tls.setDefaultCACertificates([...before, readFileSync(servers().apiServerCA, 'utf8')])
    scenario.write(named)
    const { verify } = await scenario.apply({ verify: 'changed' })
    expect(verify?.probes.find(({ name }) => name.endsWith('logs in'))).toMatchObject({ verdict: 'passed' })
    expect(pending(await scenario.plan())).toEqual({})
  } finally {
    tls.setDefaultCACertificates(before)
  }
  // It is the cluster's own, and nothing else.
  scenario.write({ ...named, clusters: base().clusters })
  expect(pending(await scenario.plan())).toEqual({})
})

test('where only Vault could try `system`, a server that does not use its machine’s roots asks for a file', async () => {
  const door = await openDoor(servers().apiServer)
  await door.close()
  scenario.write(file(scenario, { apiServer: door.address, apiServerCA: 'system' }))
  const { outcomes } = await scenario.apply()
  const error = outcomes.find(({ state }) => state === 'failed')?.error
  expect(error?.code).toBe('ICE4007')
  const { message, next } = {
    openbao: { message: 'this server must be given the CA', next: 'Set clusters.demo.apiServerCA to { file: FILE }' },
    vault: { message: 'connection refused', next: 'Set clusters.NAME.apiServer' },
  }[servers().product]
  expect([error?.message, error?.next]).toEqual([expect.stringContaining(message), [expect.stringContaining(next)]])
  expect(await scratch(scenario)).toEqual([])
})

test('a CA that did not sign the API server’s certificate is refused, at its place in the file, before anything is written', async () => {
  writeFileSync(join(scenario.folder, 'other.pem'), (await createAuthority('other')).certificate)
  for (const apiServerCA of [{ file: 'other.pem' }, 'system'] as const) {
    scenario.write(file(scenario, { apiServerCA }))
    const error = await refusal(scenario.apply())
    expect([error.exitCode, 'code' in error && error.code]).toEqual([2, 'ICE4008'])
    expect('details' in error && error.details.at).toMatchObject({ file: scenario.file, line: expect.any(Number) })
    expect(await scenario.cluster.get(refs.namespace(`${scenario.id}-auth`))).toBeUndefined()
    expect(Object.keys((await scenario.vault.read(path`sys/auth`))?.data ?? {})).not.toContain(`${scenario.id}/`)
  }
})

test('an address that neither we nor Vault can reach fails with what Vault met, and leaves nothing of the attempt', async () => {
  const door = await openDoor(servers().apiServer)
  await door.close()
  scenario.write(file(scenario, { apiServer: door.address }))
  const { outcomes } = await scenario.apply()
  const config = `vault:auth/${scenario.id}/config`
  const [failed] = outcomes.filter(({ state }) => state === 'failed')
  expect(failed).toMatchObject({ address: config, error: { code: 'ICE4007', exitCode: 1 } })
  expect(failed?.error?.message).toContain('connection refused')
  expect(outcomes.filter(({ state }) => state === 'skipped')).toMatchObject([
    { address: `vault:auth/${scenario.id}/role/app`, reason: `it needs ${config}` },
  ])
  expect(await liveConfig(scenario)).toBeUndefined()
  expect(await scratch(scenario)).toEqual([])
})

test('an address that only Vault can reach is proven from there', async () => {
  const door = await openDoor(servers().apiServer)
  await door.close()
  scenario.write(file(scenario, { apiServer: door.address }))
  // It opens after we looked and before Vault is told of it.
  const confirm = () => door.open().then(() => true)
  try {
    expect(new Set(Object.values(states(await scenario.apply({ confirm }))))).toEqual(new Set(['done']))
    expect(await liveConfig(scenario)).toMatchObject({ kubernetes_host: door.address })
    expect(await scratch(scenario)).toEqual([])
    await door.close()
    expect(pending(await scenario.plan())).toEqual({})
  } finally {
    await door.close()
  }
})

test('a wrong CA is found from Vault’s side too', async () => {
  writeFileSync(join(scenario.folder, 'other.pem'), (await createAuthority('other')).certificate)
  const door = await openDoor(servers().apiServer)
  await door.close()
  scenario.write(file(scenario, { apiServer: door.address, apiServerCA: { file: 'other.pem' } }))
  try {
    const { outcomes } = await scenario.apply({ confirm: () => door.open().then(() => true) })
    const [failed] = outcomes.filter(({ state }) => state === 'failed')
    expect(failed?.error?.message).toContain('x509: certificate signed by unknown authority')
    expect(await liveConfig(scenario)).toBeUndefined()
    expect(await scratch(scenario)).toEqual([])
  } finally {
    await door.close()
  }
})

interface Door {
  readonly address: string
  open(): Promise<void>
  close(): Promise<void>
}

/** Another address of a server: a port that passes everything on, and can be shut. */
async function openDoor(to: string): Promise<Door> {
  const { hostname, port: behind } = new URL(to)
  const sockets = new Set<Socket>()
  let server: Server | undefined
  let port = 0
  const open = async (): Promise<void> => {
    server = createServer((outer) => {
      const inner = connect(Number(behind), hostname)
      for (const socket of [outer, inner]) {
        sockets.add(socket)
        socket.on('error', () => [outer, inner].forEach((each) => each.destroy()))
      }
      outer.pipe(inner).pipe(outer)
    })
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  }
  await open()
  return {
    address: `https://127.0.0.1:${port}`,
    open,
    async close() {
      const closing = server
      server = undefined
      sockets.forEach((socket) => socket.destroy())
      await new Promise((resolve) => (closing === undefined ? resolve(undefined) : closing.close(resolve)))
    },
  }
}
