import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { tcpServer, type FaultyServer } from '../vault/faulty-server.js'
import { emptyHome, icebreaker, operatorEnv, type Ran } from './process.js'
import { codes } from './told.js'

let scenario: Scenario
/** A fake: it takes connections and says nothing, as a server does that hangs, or a firewall before it. */
let silent: FaultyServer
const home = emptyHome()

/** Several requests for each server, so that some wait while others connect. */
beforeAll(async () => {
  silent = await tcpServer((socket) => void socket.resume())
  scenario = await openScenario()
  const { id } = scenario
  scenario.write({
    ...scenario.base(),
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    engines: { [`${id}-kv`]: { type: 'kv', secrets: { app: { key: { generate: {} } } } } },
    policies: { [id]: { grants: [`read kv ${id}-kv/app`] } },
    roles: { app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault', policies: [id] } },
  })
  await scenario.apply()
})

afterAll(async () => {
  await silent.close()
  await scenario.close()
  rmSync(home, { recursive: true })
})

const address = () => `https://127.0.0.1:${silent.port}`

/** Side by side, since each of them waits. */
const all = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran[]> =>
  Promise.all(
    [['plan'], ['verify'], ['apply', '--yes']].map((command) =>
      icebreaker([...command, '-f', scenario.file, '--timeout', '1s', '-o', 'json', ...args], {
        ...operatorEnv(home),
        ...env,
      }),
    ),
  )

/** Ample for the second, for what is then given to end by itself, and for a slow machine; not for waiting out each connection. */
const IN_TIME = 20_000

test(
  'a Vault that says nothing does not outlast --timeout',
  async () => {
    const ran = await all(['--vault-address', address()], { VAULT_ADDR: address() })
    expect(ran.filter(({ exitCode }) => exitCode !== 6)).toEqual([])
    for (const { stderr } of ran) expect(stderr).not.toMatch(/\n\s+at |ICE1105/)
    expect(silent.peak.connections).toBeGreaterThan(0)
  },
  IN_TIME,
)

test(
  'an API server that says nothing does not outlast --timeout',
  async () => {
    const { kubeconfig, apiServer } = servers()
    const file = join(scenario.folder, 'silent')
    writeFileSync(file, readFileSync(kubeconfig, 'utf8').replaceAll(apiServer, address()), { mode: 0o600 })
    silent.peak.connections = 0
    const ran = await all(['--kubeconfig', file])
    expect(ran.map((each) => [each.exitCode, ...codes(each)])).toEqual(Array(3).fill([6, 'ICE1103']))
    expect(silent.peak.connections).toBeGreaterThan(0)
  },
  IN_TIME,
)
