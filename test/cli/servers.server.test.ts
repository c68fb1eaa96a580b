import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { refs } from '../../src/kubernetes/index.js'
import { ask } from '../../src/sandbox/http.js'
import { freePort } from '../../src/sandbox/ports.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { startVault } from '../servers/extra.js'
import { servers } from '../servers/index.js'
import { authority, issue } from '../vault/certificates.js'
import { faultyServer, tcpServer } from '../vault/faulty-server.js'
import { emptyHome, icebreaker, operatorEnv } from './process.js'
import { codes, json } from './told.js'

let scenario: Scenario
const home = emptyHome()

beforeAll(async () => {
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
})

afterAll(async () => {
  await scenario.close()
  rmSync(home, { recursive: true })
})

type Env = Readonly<Record<string, string | undefined>>

/** The same command for people and for programs: both must exit alike, and say the same. @returns exit code and codes */
async function told(args: readonly string[], env: Env = {}): Promise<readonly [number | undefined, ...string[]]> {
  const all = { ...operatorEnv(home), ...env }
  const command = [...args, '--file', scenario.file]
  const [people, program] = await Promise.all([icebreaker(command, all), icebreaker([...command, '-o', 'json'], all)])
  expect([people.exitCode, people.stdout]).toEqual([program.exitCode, ''])
  expect(json(program)).toMatchObject({ schemaVersion: 1, exit: program.exitCode })
  for (const code of codes(program)) expect(people.stderr).toContain(`Error ${code}: `)
  expect(people.stderr).toContain('What to do:')
  expect(people.stderr).not.toMatch(/\n\s+at .*\(|node:internal/)
  return [program.exitCode, ...new Set(codes(program))]
}

const said = async (args: readonly string[], env: Env = {}): Promise<string> => {
  const { stderr } = await icebreaker([...args, '--file', scenario.file], { ...operatorEnv(home), ...env })
  return stderr.replace(/\s+/g, ' ')
}

async function tokenWith(policies: readonly string[], ttl = '5m'): Promise<string> {
  const made = await scenario.vault.write(path`auth/token/create`, { policies, ttl })
  return Secret.reveal(made.login!.token)
}

/** Flags and variables that lead to another Vault, which the token is meant for. */
const at = (address: string, caFile?: string) => ({
  args: ['--vault-address', address, ...(caFile === undefined ? [] : ['--vault-ca-file', caFile])],
  env: { VAULT_ADDR: address },
})

describe('Vault', () => {
  test('that is not there', async () => {
    const { args, env } = at(`https://127.0.0.1:${await freePort(new Set())}`)
    expect(await told(['plan', ...args], env)).toEqual([6, 'ICE2011'])
  })

  test('that is sealed', async () => {
    const vault = await startVault()
    const { args, env } = at(vault.address, vault.caFile)
    const own = { ...env, VAULT_TOKEN: vault.token }
    const ca = readFileSync(vault.caFile, 'utf8')
    await ask({ ca }, `${vault.address}/v1/sys/seal`, { method: 'PUT', token: vault.token })
    expect(await told(['plan', ...args], own)).toEqual([6, 'ICE2024'])
    expect(await told(['apply', '--yes', ...args], own)).toEqual([6, 'ICE2024'])
    await vault.stop()
  })

  test('whose certificate is of another CA, for another name, expired', async () => {
    const { apiServerCA } = servers()
    expect(await told(['plan', '--vault-ca-file', apiServerCA])).toEqual([6, 'ICE2016'])
    expect(await told(['plan', '--vault-tls-server-name', 'other.example.com'])).toEqual([6, 'ICE2017'])
    const root = await authority('CA of an expired certificate')
    const { cert, key } = await issue(root, { days: -1 })
    const expired = await faultyServer((_, response) => response.json(200, {}), { cert, key })
    const caFile = join(scenario.folder, 'expired.pem')
    writeFileSync(caFile, root.cert)
    const { args, env } = at(expired.address, caFile)
    expect(await told(['plan', ...args], env)).toEqual([6, 'ICE2018'])
    expect(expired.requests).toEqual([])
    await expired.close()
  })

  test('over http that is not loopback, which a token must not cross', async () => {
    const { args, env } = at('http://vault.example.com:8200')
    expect(await told(['plan', ...args], env)).toEqual([2, 'ICE2003'])
  })
})

describe('the token', () => {
  test('is missing, wrong, or has ended', async () => {
    expect(await told(['plan'], { VAULT_TOKEN: undefined })).toEqual([5, 'ICE2008'])
    expect(await told(['plan'], { VAULT_TOKEN: 's.AAAAAAAAAAAAAAAAAAAAAAAA' })).toEqual([5, 'ICE2027'])
    const short = await tokenWith(['root'], '1s')
    await sleep(1500)
    expect(await told(['plan'], { VAULT_TOKEN: short })).toEqual([5, 'ICE2027'])
  })

  test('may not do it: the policy to add is shown, and apply writes nothing', async () => {
    const { id, vault, cluster } = scenario
    const reader = `${id}-reader`
    await vault.write(
      path`sys/policies/acl/${reader}`,
      { policy: 'path "*" { capabilities = ["read", "list"] }' },
      { repeatable: true },
    )
    const weak = { VAULT_TOKEN: await tokenWith(['default']) }
    expect(await told(['plan'], weak)).toEqual([5, 'ICE2028'])
    expect(await said(['plan'], weak)).toMatch(/path "[^"]+" \{ capabilities = \["read"/)
    const [exit] = await told(['apply', '--yes'], { VAULT_TOKEN: await tokenWith([reader]) })
    expect(exit).toBe(5)
    expect(await said(['apply', '--yes'], { VAULT_TOKEN: await tokenWith([reader]) })).toMatch(
      new RegExp(`path "auth/${id}/config" \\{ capabilities = \\["[^\\]]*update`),
    )
    expect(Object.keys((await vault.read(path`sys/auth`))?.data ?? {})).not.toContain(`${id}/`)
    expect(await cluster.get(refs.namespace(`${id}-app`))).toBeUndefined()
  })

  test('is for another server than the file names: it goes nowhere', async () => {
    const listener = await tcpServer((socket) => socket.destroy())
    const before = readFileSync(scenario.file, 'utf8')
    const elsewhere = `https://127.0.0.1:${listener.port}`
    writeFileSync(scenario.file, before.replace(servers().vaultAddress, elsewhere))
    expect(await told(['plan'])).toEqual([2, 'ICE2006'])
    const message = await said(['plan'])
    expect(message).toContain(elsewhere)
    expect(message).toContain(servers().vaultAddress)
    // ~/.vault-token is no other token than VAULT_TOKEN in this.
    const ownHome = emptyHome()
    writeFileSync(join(ownHome, '.vault-token'), servers().token, { mode: 0o600 })
    const env = { ...operatorEnv(ownHome), VAULT_TOKEN: undefined }
    expect((await icebreaker(['plan', '--file', scenario.file], env)).exitCode).toBe(2)
    writeFileSync(scenario.file, before)
    expect(listener.peak.connections).toBe(0)
    await listener.close()
    rmSync(ownHome, { recursive: true })
  })
})

describe('Kubernetes', () => {
  const kubeconfig = (name: string, change: (text: string) => string): string => {
    const file = join(scenario.folder, name)
    writeFileSync(file, change(readFileSync(servers().kubeconfig, 'utf8')), { mode: 0o600 })
    return file
  }
  const withToken = (token: string) => (text: string) =>
    text.replace(/client-certificate-data: .*/, `token: ${token}`).replace(/\n.*client-key-data: .*/, '')

  test('that is not there', async () => {
    const closed = `https://127.0.0.1:${await freePort(new Set())}`
    const file = kubeconfig('closed', (text) => text.replaceAll(servers().apiServer, closed))
    expect(await told(['plan', '--kubeconfig', file])).toEqual([6, 'ICE3101'])
  })

  test('whose certificate is of another CA', async () => {
    const other = readFileSync(servers().caFile).toString('base64')
    const file = kubeconfig('untrusted', (text) =>
      text.replace(/certificate-authority-data: .*/, `certificate-authority-data: ${other}`),
    )
    expect(await told(['plan', '--kubeconfig', file])).toEqual([6, 'ICE3103'])
  })

  test('that does not take the credentials', async () => {
    const file = kubeconfig('unknown', withToken('no-such-token'))
    expect(await told(['plan', '--kubeconfig', file])).toEqual([5, 'ICE3201'])
  })

  test('that lacks permissions: what to add is shown', async () => {
    const { id, cluster } = scenario
    const namespace = `${id}-weak`
    await cluster.create(refs.namespace(''), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'weak', namespace } }
    await cluster.create(refs.serviceAccount(namespace, ''), account)
    const { token } = await cluster.requestToken({
      namespace,
      serviceAccount: 'weak',
      audiences: [],
      expirationSeconds: 600,
    })
    const file = kubeconfig('weak', withToken(Secret.reveal(token)))
    expect(await told(['plan', '--kubeconfig', file])).toEqual([5, 'ICE3202'])
    expect(await said(['plan', '--kubeconfig', file])).toContain(`system:serviceaccount:${namespace}:weak`)
  })

  test('of which the kubeconfig knows nothing', async () => {
    expect(await told(['plan', '--kubeconfig', join(scenario.folder, 'none')])).toEqual([2, 'ICE3001'])
    const file = kubeconfig('renamed', (text) => text.replaceAll(servers().context, 'another'))
    expect(await told(['plan', '--kubeconfig', file])).toEqual([2, 'ICE3003'])
  })
})

test('the outcome is the same in every format: nothing done, done, nothing to do, proven, not proven', async () => {
  const { id, vault, file } = scenario
  const env = operatorEnv(home)
  const exits = async (args: readonly string[], ...formats: readonly string[]): Promise<readonly unknown[]> => {
    const runs = formats.map((format) => icebreaker([...args, '-f', file, '-o', format], env))
    return [...new Set((await Promise.all(runs)).map(({ exitCode }) => exitCode))]
  }
  expect(await exits(['plan'], 'human')).toEqual([0])
  expect(await exits(['plan', '--exit-code'], 'human', 'json', 'ndjson')).toEqual([4])
  expect(await exits(['apply', '--dry-run'], 'human', 'json', 'ndjson', 'junit')).toEqual([0])
  expect(await exits(['apply', '--yes'], 'ndjson')).toEqual([0])
  expect(await exits(['plan', '--exit-code'], 'human', 'json')).toEqual([0])
  await vault.write(path`auth/${id}/role/app`, { bound_service_account_names: ['*'] }, { repeatable: true })
  expect(await exits(['verify'], 'human', 'json', 'ndjson', 'junit')).toEqual([3])
  expect(await exits(['verify', '--positive-only'], 'json')).toEqual([0])
  expect(await exits(['verify', '--role', 'none'], 'human', 'json')).toEqual([2])
})
