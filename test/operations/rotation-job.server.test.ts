import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { APPLY, isIceError, VAULT } from '../../src/catalogue/index.js'
import type { FileInput } from '../../src/config/schema.js'
import type { IntegrateJobResult } from '../../src/operations/integrate-job.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { jobOf } from '../integrations/jobs.js'
import { kubectl } from '../integrations/pods.js'
import { servers } from '../servers/index.js'
import { markersOf, rotateNow, rotating } from './rotation.js'
import { expectSoon, openScenario, pending, type Scenario } from './scenario.js'

const NETWORK_POLICY = fileURLToPath(new URL('../../templates/job/network-policy.yaml', import.meta.url))

/** The administrator's, and the rotation's: the same trust with other rights. */
let admin: Scenario
let rotation: Scenario | undefined

beforeAll(async () => {
  admin = await openScenario()
})
afterAll(async () => {
  await rotation?.closeClients()
  await admin.close()
})

interface Role {
  readonly kind: string
  readonly rules: readonly object[]
}

/** What `integrate job reviewer-rotate` writes for the file of this test. */
const job = (): Promise<IntegrateJobResult> => jobOf(admin, 'reviewer-rotate', { settings: { schedule: '17 * * * *' } })

const trust = () => rotating(admin, 'bound', { place: { apiServer: servers().apiServer } })

const applied = (object: object): Promise<string> => kubectl(['apply', '-f', '-'], JSON.stringify(object))

/** A trust, and whoever rotates with exactly the rights of the template. */
async function prepare(): Promise<void> {
  const { id, cluster, vault, folder } = admin
  admin.write(trust())
  await admin.apply()
  const { objects, account, vault: needed } = await job()
  await applied({ apiVersion: 'v1', kind: 'List', items: objects.slice(0, -1) })

  await vault.write(path`sys/policies/acl/${id}-rotation`, { policy: needed!.policy })
  const token = `${id}-rotation`
  await vault.write(path`auth/token/create`, { id: token, policies: [`${id}-rotation`], ttl: '20m' })

  const [namespace = '', serviceAccount = ''] = account.split('/')
  const request = { namespace, serviceAccount, audiences: [], expirationSeconds: 3600 }
  const { token: own } = await cluster.requestToken(request)
  const kubeconfig = join(folder, 'rotation-kubeconfig')
  const { clusters } = parse(readFileSync(servers().kubeconfig, 'utf8')) as { clusters: readonly { name: string }[] }
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters,
      users: [{ name: 'rotation', user: { token: Secret.reveal(own) } }],
      contexts: [{ name: servers().context, context: { cluster: clusters[0]!.name, user: 'rotation' } }],
    }),
    { mode: 0o600 },
  )
  rotation = await openScenario({ id, token, kubeconfig })
  // The same file, with a kubeconfig in place of a pod's account.
  const file = parse(readFileSync(admin.file, 'utf8')) as FileInput
  rotation.write({ ...file, clusters: { demo: { ...file.clusters['demo']!, kubeconfig } } })
}

/** The rotation's token is in the environment as long as it runs. */
const asRotation = (more: object = {}) => rotateNow(rotation!, more)

test('the NetworkPolicy is for its pods, and one that the API server takes', async () => {
  admin.write(trust())
  await admin.apply()
  const text = readFileSync(NETWORK_POLICY, 'utf8').replaceAll('vault-auth', `${admin.id}-auth`)
  expect(await kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], text)).toContain('created')
  const { spec } = parse(text) as { spec: { podSelector: { matchLabels: Record<string, string> } } }
  expect(JSON.stringify((await job()).objects.at(-1))).toContain(
    JSON.stringify(spec.podSelector.matchLabels).slice(1, -1),
  )
})

test('a rotation with exactly these rights, and with none of them less', async () => {
  await prepare()
  const [before] = await markersOf(admin)
  // The API server's own view of bindings follows a moment later.
  await expectSoon(async () => expect(await asRotation({ dryRun: true })).toMatchObject({ isDue: true }))
  expect(await asRotation()).toMatchObject({
    rotated: true,
    mode: 'bound',
    left: [],
    ended: [expect.stringContaining(before!)],
  })
  expect(await markersOf(admin)).toHaveLength(1)
  expect(pending(await admin.plan())).toEqual({})

  const role = (await job()).objects.find(({ kind }) => kind === 'Role') as unknown as Role
  for (const rule of role.rules) {
    await applied({ ...role, rules: role.rules.filter((each) => each !== rule) })
    await expectSoon(async () =>
      expect(await refusal(JSON.stringify(rule))).toMatch(/On cluster demo, allow|may not get/),
    )
  }
  await applied(role)
  await expectSoon(async () => expect(await asRotation({ dryRun: true })).toMatchObject({ isDue: true }))
})

test('the same of the rights in Vault', async () => {
  const { id, vault } = admin
  const whole = (await job()).vault!.policy
  const stanzas = whole.split(/^(?=path )/m).slice(1)
  expect(stanzas).toHaveLength(5)
  for (const stanza of stanzas) {
    await vault.write(path`sys/policies/acl/${id}-rotation`, { policy: whole.replace(stanza, '') })
    expect([stanza, await refusal(stanza)]).toEqual([stanza, expect.stringMatching(/path "|may not read/)])
  }
  await vault.write(path`sys/policies/acl/${id}-rotation`, { policy: whole })
  expect(await asRotation()).toMatchObject({ rotated: true })
})

test('what the policy does not give: another API server, a role with a policy', async () => {
  const { id } = admin
  const { vault } = rotation!
  const asItself = vault.withToken(new Secret(`${id}-rotation`))
  const refused = (work: Promise<unknown>) => expect(work).rejects.toMatchObject({ code: VAULT.notPermitted.code })
  await refused(asItself.write(path`auth/${id}/config`, { kubernetes_host: 'https://evil.example.com' }))
  const bound = { bound_service_account_names: ['app'], bound_service_account_namespaces: [`${id}-app`] }
  await refused(asItself.write(path`auth/${id}/role/icebreaker-scratch-x`, { ...bound, token_policies: ['root'] }))
  await refused(asItself.write(path`auth/${id}/role/app`, bound))
  await refused(asItself.write(path`sys/auth/icebreaker-scratch-x`, { type: 'userpass' }))
  await refused(asItself.write(path`auth/icebreaker-scratch-x/role/x`, { ...bound, policies: ['root'] }))
})

/** What a rotation that lacks something says before it writes anything. */
async function refusal(without: string): Promise<string> {
  try {
    await asRotation({ dryRun: true })
    return `nothing, without ${without}`
  } catch (error) {
    if (!isIceError(error)) throw error
    return error.code === APPLY.notPermitted.code ? error.next.join('\n') : error.message
  }
}
