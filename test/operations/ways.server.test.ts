import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FILE, isIceErrors, KUBERNETES, USAGE, VAULT } from '../../src/catalogue/index.js'
import type { FileInput } from '../../src/config/schema.js'
import type { IceEvent } from '../../src/events/index.js'
import { loadConnection } from '../../src/kubernetes/index.js'
import { policyShow } from '../../src/operations/policy-show.js'
import { plan } from '../../src/operations/plan.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { startFakeKubelet, type FakeKubelet } from '../kubernetes/fake-kubelet.js'
import { tcpServer } from '../vault/faulty-server.js'
import { servers } from '../servers/index.js'
import { openScenario, pending, states, type Scenario } from './scenario.js'

let scenario: Scenario
/** The policy of whoever logs in; root cannot be had by a login. */
let policy: string
let approle: string

beforeAll(async () => {
  scenario = await openScenario()
  const { id, vault } = scenario
  policy = `${id}-operator`
  approle = `${id}-approle`
  const all = '["create", "read", "update", "delete", "list", "sudo"]'
  await vault.write(path`sys/policies/acl/${policy}`, { policy: `path "*" { capabilities = ${all} }` })
  await vault.write(path`sys/auth/${approle}`, { type: 'approle' })
  await vault.write(path`auth/${approle}/role/ci`, { token_policies: [policy], token_ttl: '5m' })
  const role = await vault.read<{ role_id: string }>(path`auth/${approle}/role/ci/role-id`)
  const secret = await vault.write<{ secret_id: string }>(path`auth/${approle}/role/ci/secret-id`, {})
  Object.assign(process.env, { CI_ROLE_ID: role!.data.role_id, CI_SECRET_ID: secret.data.secret_id })
})
afterAll(async () => {
  await scenario.vault.delete(path`sys/auth/${approle}`)
  await scenario.vault.delete(path`sys/policies/acl/${policy}`)
  await scenario.close()
})

type Vault = NonNullable<FileInput['vault']>

const byAppRole = (): NonNullable<Vault['login']> => ({
  method: 'approle',
  path: approle,
  roleID: { env: 'CI_ROLE_ID' },
  secretID: { env: 'CI_SECRET_ID' },
})

/** The smallest file, with some more of it; the operator's own token is taken away. */
function write(vault: Partial<Vault>, more: Partial<FileInput> = {}): void {
  const base = scenario.base()
  scenario.write({ ...base, ...more, vault: { ...base.vault, ...vault } })
}

const options = () => {
  const common = scenario.fileOptions()
  delete process.env['VAULT_TOKEN']
  return common
}

/** Accessors of all tokens that a role of an auth mount has given out and that still live. */
async function living(mount: string): Promise<number> {
  const accessors = await scenario.vault.list(path`auth/token/accessors`)
  const facts = await Promise.all(
    accessors.map((accessor) =>
      scenario.vault
        .write<{ path: string }>(path`auth/token/lookup-accessor`, { accessor })
        .then(({ data }) => data.path)
        .catch(() => ''),
    ),
  )
  return facts.filter((at) => at.startsWith(`auth/${mount}/`)).length
}

describe('a login that the file names', () => {
  test('makes one token for a run, and leaves none', async () => {
    write({ login: byAppRole() })
    const result = await plan(options())
    expect(Object.keys(pending(result))).not.toEqual([])
    expect(await living(approle)).toBe(0)
  })

  test('leaves none either where the run fails', async () => {
    write({ login: byAppRole() }, { inventory: { cluster: 'demo', namespace: 'vault-auth' } })
    const stopped = AbortSignal.abort(new Error('stopped before it began'))
    await expect(plan({ ...options(), stop: stopped })).rejects.toThrow('stopped before it began')
    expect(await living(approle)).toBe(0)
  })

  test('goes nowhere but to the server that the environment or a flag names', async () => {
    const listener = await tcpServer((socket) => socket.destroy())
    const elsewhere = `https://127.0.0.1:${listener.port}`
    write({ address: elsewhere, login: byAppRole() })
    const refused = { code: VAULT.foreignToken.code, exitCode: 2 }
    await expect(plan(options())).rejects.toMatchObject(refused)
    const nowhere = options()
    delete process.env['VAULT_ADDR']
    await expect(plan(nowhere)).rejects.toMatchObject(refused)
    // Nor does one that a flag names, as long as the server is the file's alone.
    const flag = `approle,path=${approle},roleID=env:CI_ROLE_ID,secretID=env:CI_SECRET_ID`
    await expect(plan({ ...options(), login: flag })).rejects.toMatchObject(refused)
    expect(listener.peak.connections).toBe(0)
    await listener.close()
    const { vaultAddress } = servers()
    await expect(plan({ ...options(), vaultAddress })).resolves.toBeDefined()
  })

  test('counts before the token of the environment; a flag before it, and a token file that is named before both', async () => {
    write({ login: { ...byAppRole(), secretID: { env: 'CI_NO_SUCH' } } as never })
    const { token } = servers()
    // scenario.fileOptions puts the operator's token in the environment.
    await expect(plan(scenario.fileOptions())).rejects.toMatchObject({ code: FILE.secretNotInEnvironment.code })
    await expect(plan({ ...scenario.fileOptions(), login: 'token' })).resolves.toBeDefined()
    const tokenFile = join(scenario.folder, 'token')
    writeFileSync(tokenFile, token, { mode: 0o600 })
    await expect(plan({ ...options(), tokenFile })).resolves.toBeDefined()
    await expect(plan({ ...options(), tokenFile, login: 'userpass,username=ada' })).rejects.toMatchObject({
      code: USAGE.wrongUsage.code,
    })
  })

  test('is refused in so many words where its credentials are wrong', async () => {
    write({ login: { ...byAppRole(), roleID: { literal: 'no-such-role' } } as never })
    await expect(plan(options())).rejects.toMatchObject({ code: VAULT.loginRefused.code, exitCode: 5 })
  })

  test('is checked like the rest of the file', async () => {
    const problems = async (vault: object): Promise<string[]> => {
      write(vault)
      const error: unknown = await plan(options()).catch((caught: unknown) => caught)
      return isIceErrors(error) ? error.errors.map(({ message }) => message) : [(error as Error).message]
    }
    const secret = { method: 'userpass', username: 'ada', password: { literal: 'hunter2-hunter2' } }
    const [written = ''] = await problems({ login: secret })
    expect(written).toContain('vault.login.password')
    expect(written).not.toContain('hunter2')
    expect(await problems({ login: { method: 'aprole' } })).toEqual([expect.stringContaining('vault.login.method')])
    expect((await problems({ login: { method: 'kubernetes', role: 'a', cluster: 'dmo' } })).join()).toContain('dmo')
    expect((await problems({ portForward: { cluster: 'dmo', namespace: 'vault', service: 'v' } })).join()).toContain(
      'dmo',
    )
  })
})

describe('a login with a service account', () => {
  test('its token is asked of the cluster, and given back', async () => {
    const { id, vault, cluster } = scenario
    const role = { serviceAccounts: ['bot'], namespaces: [`${id}-bot`], policies: [policy], audience: 'vault' }
    const file: FileInput = {
      ...scenario.base(),
      namespaces: { [`${id}-bot`]: {} },
      serviceAccounts: [`${id}-bot/bot`],
      policies: { [policy]: { existing: true } },
      roles: { bot: { ...role, tokenTTL: '5m' } },
    }
    scenario.write(file)
    const applied = await scenario.apply()
    expect(Object.values(states(applied)).filter((state) => state !== 'done')).toEqual([])

    const login = { method: 'kubernetes', path: id, role: 'bot', serviceAccount: `${id}-bot/bot` } as const
    scenario.write({ ...file, vault: { ...file.vault, login: { ...login, audience: 'vault' } } })
    expect(pending(await plan(options()))).toEqual({})
    expect(await living(id)).toBe(0)
    const secrets = await cluster.list({
      apiVersion: 'v1',
      kind: 'Secret',
      resource: 'secrets',
      namespace: `${id}-bot`,
    })
    expect(secrets.map(({ metadata }) => metadata.name)).toEqual([])

    // In a pod the token is in a file.
    const { token } = await cluster.requestToken({
      namespace: `${id}-bot`,
      serviceAccount: 'bot',
      audiences: ['vault'],
      expirationSeconds: 600,
    })
    writeFileSync(join(scenario.folder, 'pod-token'), Secret.reveal(token), { mode: 0o600 })
    const { serviceAccount: _, ...fromFile } = { ...login, tokenFile: 'pod-token' }
    scenario.write({ ...file, vault: { ...file.vault, login: fromFile } })
    expect(pending(await plan(options()))).toEqual({})
    scenario.write({ ...file, vault: { ...file.vault, login } })
    // Its audience is the API server's own then, which the role does not want.
    await expect(plan(options())).rejects.toMatchObject({ code: VAULT.loginRefused.code, exitCode: 5 })
    expect(await vault.read(path`auth/${id}/role/bot`)).toBeDefined()
  })

  test('a step without a file logs in by a flag', async () => {
    const { id, folder } = scenario
    const { vaultAddress, caFile, kubeconfig } = servers()
    const login = `kubernetes,path=${id},role=bot,serviceAccount=${id}-bot/bot,audience=vault`
    const shown = await policyShow({
      ...options(),
      file: join(folder, 'none.yaml'),
      vaultAddress,
      vaultCaFile: caFile,
      kubeconfig,
      login,
      name: policy,
    })
    expect(JSON.stringify(shown)).toContain('capabilities')
    expect(await living(id)).toBe(0)
  })
})

describe('a Vault in the cluster that cannot be reached', () => {
  let kubelet: FakeKubelet
  let namespace: string
  let service: string
  const events: IceEvent[] = []

  beforeAll(async () => {
    namespace = `${scenario.id}-vault`
    const { kubeconfig, context, vaultAddress } = servers()
    const connection = await loadConnection({ kubeconfig, context })
    kubelet = await startFakeKubelet(connection, scenario.cluster, namespace)
    kubelet.leadTo(Number(new URL(vaultAddress).port))
    await kubelet.pod('vault-0', { labels: { active: 'yes' } })
    await kubelet.service('vault-active', { active: 'yes' }, { port: 8200 })
    service = `https://vault-active.${namespace}.svc:8200`
  })
  afterAll(() => kubelet.close())

  const forwarded = (more: Partial<Vault> = {}, vault: Partial<Vault> = {}): void => {
    const { address: _, ...plain } = scenario.base().vault ?? {}
    const portForward = { cluster: 'demo', namespace, service: 'vault-active', ...more.portForward }
    // The sandbox's certificate knows no name of a service.
    scenario.write({
      ...scenario.base(),
      vault: { ...plain, portForward, tlsServerName: 'localhost', ...vault },
    })
  }
  const to = (address: string) => {
    const common = options()
    process.env['VAULT_ADDR'] = address
    return { ...common, emit: (event: IceEvent) => void events.push(event) }
  }

  test('is spoken to through the API server, also to give the token back', async () => {
    forwarded({}, { login: byAppRole() })
    const result = await plan(to(service))
    expect(result.servers.vault).toBe(service)
    expect(kubelet.requests).toContain(`/portForward/${namespace}/vault-0?port=8200`)
    expect(await living(approle)).toBe(0)
    expect(events.filter((event) => event.type === 'note')).toEqual([])
    for (let tries = 0; tries < 100 && kubelet.open() > 0; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 50))
    expect(kubelet.open()).toBe(0)
  })

  test('with a token: it goes only where VAULT_ADDR names that service', async () => {
    forwarded()
    const { token, vaultAddress } = servers()
    const common = to(service)
    process.env['VAULT_TOKEN'] = token
    await expect(plan(common)).resolves.toBeDefined()
    kubelet.requests.length = 0
    process.env['VAULT_ADDR'] = vaultAddress
    await expect(plan(common)).rejects.toMatchObject({ code: VAULT.foreignToken.code, exitCode: 2 })
    expect(kubelet.requests).toEqual([])
    // Another address by flag is another server, and needs no tunnel.
    forwarded({}, { tlsServerName: undefined as never })
    await expect(plan({ ...common, vaultAddress })).resolves.toBeDefined()
    expect(kubelet.requests).toEqual([])
  })

  test('the certificate must be for the name of the service', async () => {
    const { tlsServerName: _, ...vault } = (JSON.parse(readFileSync(scenario.file, 'utf8')) as FileInput).vault!
    scenario.write({ ...scenario.base(), vault })
    const common = to(service)
    await expect(plan({ ...common, login: 'token' })).rejects.toMatchObject({ exitCode: 5 })
    process.env['VAULT_TOKEN'] = servers().token
    const wrong = (await plan(common).catch((error: unknown) => error)) as Error
    expect(wrong).toMatchObject({ code: VAULT.tlsName.code, exitCode: 6 })
    expect(wrong.message).toContain(`vault-active.${namespace}.svc`)
    // What it is for is seen through the tunnel, too.
    expect(wrong.message).toContain('localhost')
  })

  test('a service that is not there is an error of the cluster, and nothing hangs', async () => {
    forwarded({ portForward: { cluster: 'demo', namespace, service: 'gone' } })
    const common = to(`https://gone.${namespace}.svc:8200`)
    process.env['VAULT_TOKEN'] = servers().token
    await expect(plan(common)).rejects.toMatchObject({ code: KUBERNETES.nothingToForwardTo.code, exitCode: 6 })
  })
})

test('the administrator’s own token is never revoked', async () => {
  scenario.write(scenario.base())
  await plan(scenario.fileOptions())
  expect(await scenario.vault.read(path`auth/token/lookup-self`)).toBeDefined()
})
