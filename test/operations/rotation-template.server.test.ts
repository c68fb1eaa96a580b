import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { APPLY, isIceError, VAULT } from '../../src/catalogue/index.js'
import type { FileInput } from '../../src/config/schema.js'
import type { ObjectRef } from '../../src/kubernetes/index.js'
import { parseHcl } from '../../src/policy/parse.js'
import { ask } from '../../src/sandbox/http.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { markersOf, rotateNow, rotating } from './rotation.js'
import { expectSoon, openScenario, pending, type Scenario } from './scenario.js'

const FOLDER = fileURLToPath(new URL('../../templates/rotation/', import.meta.url))
const ACCOUNT = 'icebreaker-rotation'

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

/** A file of the template with the names of this test, as an operator puts in those of his file. */
function template(name: string): string {
  const { id } = admin
  return readFileSync(join(FOLDER, name), 'utf8')
    .replaceAll('vault-auth', `${id}-auth`)
    .replaceAll('vault-reviewer', 'reviewer')
    .replaceAll('bound.demo.demo.', `bound.${id}.demo.`)
    .replaceAll('icebreaker-demo', `icebreaker-${id}`)
    .replaceAll('auth/demo', `auth/${id}`)
    .replaceAll('https://kubernetes.default.svc', servers().apiServer)
    .replace('    name: demo', `    name: ${id}`)
    .replace('path: demo', `path: ${id}`)
}

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly rules?: readonly object[]
  readonly data?: Readonly<Record<string, string>>
}

const manifests = (name: string): readonly Manifest[] =>
  parseAllDocuments(template(name)).map((document) => {
    expect(document.errors).toEqual([])
    return document.toJS() as Manifest
  })

const RESOURCES: Readonly<Record<string, string>> = {
  ServiceAccount: 'serviceaccounts',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ConfigMap: 'configmaps',
  CronJob: 'cronjobs',
  NetworkPolicy: 'networkpolicies',
}

const refOf = ({ apiVersion, kind, metadata }: Manifest): ObjectRef => ({
  apiVersion,
  kind,
  resource: RESOURCES[kind]!,
  ...metadata,
})

/** A trust, and whoever rotates with exactly the rights of the template. */
async function prepare(): Promise<void> {
  const { id, cluster, vault, folder } = admin
  admin.write(rotating(admin, 'bound'))
  await admin.apply()
  const rights = manifests('cronjob.yaml')
  for (const manifest of rights) await cluster.apply(refOf(manifest), manifest)

  await vault.write(path`sys/policies/acl/${id}-rotation`, { policy: template('policy.hcl') })
  const token = `${id}-rotation`
  await vault.write(path`auth/token/create`, { id: token, policies: [`${id}-rotation`], ttl: '20m' })

  const request = { namespace: `${id}-auth`, serviceAccount: ACCOUNT, audiences: [], expirationSeconds: 3600 }
  const { token: account } = await cluster.requestToken(request)
  const kubeconfig = join(folder, 'rotation-kubeconfig')
  const { clusters } = parse(readFileSync(servers().kubeconfig, 'utf8')) as { clusters: readonly { name: string }[] }
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters,
      users: [{ name: 'rotation', user: { token: Secret.reveal(account) } }],
      contexts: [{ name: servers().context, context: { cluster: clusters[0]!.name, user: 'rotation' } }],
    }),
    { mode: 0o600 },
  )
  rotation = await openScenario({ id, token, kubeconfig })
  // Its own file, with a kubeconfig in place of a pod's account, and the CA of this Vault.
  const own = parse(rights.find(({ kind }) => kind === 'ConfigMap')!.data!['icebreaker.yaml']!) as FileInput
  const { inCluster: _pod, ...place } = own.clusters['demo']!
  rotation.write({
    ...own,
    vault: { caFile: servers().caFile },
    clusters: { demo: { ...place, kubeconfig, context: servers().context } },
  })
}

/** The rotation's token is in the environment as long as it runs. */
const asRotation = (more: object = {}) => rotateNow(rotation!, more)

test('every manifest is one that the API server takes, and the policy one that Vault takes', async () => {
  const { id, cluster } = admin
  admin.write(rotating(admin, 'bound'))
  await admin.apply()
  const { users } = parse(readFileSync(servers().kubeconfig, 'utf8')) as {
    users: readonly { user: Record<string, string> }[]
  }
  const pem = (name: string) => Buffer.from(users[0]!.user[name]!, 'base64').toString()
  const asker = {
    ca: readFileSync(servers().apiServerCA, 'utf8'),
    certificate: pem('client-certificate-data'),
    key: pem('client-key-data'),
  }
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml') && name !== 'icebreaker.yaml')
  expect(files.sort()).toEqual(['cronjob.yaml', 'network-policy.yaml'])
  for (const manifest of files.flatMap(manifests)) {
    const { apiVersion, resource } = refOf(manifest)
    const base = apiVersion === 'v1' ? 'api/v1' : `apis/${apiVersion}`
    const url = `${servers().apiServer}/${base}/namespaces/${id}-auth/${resource}?dryRun=All&fieldValidation=Strict`
    const answer = await ask(asker, url, { method: 'POST', body: manifest })
    expect([manifest.kind, answer?.status, (answer?.body as { message?: string } | undefined)?.message]).toEqual([
      manifest.kind,
      201,
      undefined,
    ])
  }
  expect(await cluster.get(refOf(manifests('network-policy.yaml')[0]!))).toBeUndefined()
  const policy = await parseHcl(template('policy.hcl'))
  expect('stanzas' in policy && policy.stanzas.length).toBe(5)
})

test('what is to be added to the file is read with it', async () => {
  const added = parse(template('icebreaker.yaml')) as FileInput
  const whole = rotating(admin, 'bound')
  writeFileSync(join(admin.folder, 'policy.hcl'), template('policy.hcl'))
  const unique = <T>(section: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(section).map(([name, value]) => [`${admin.id}-${name}`, value]))
  admin.write({
    ...whole,
    policies: unique(added.policies!),
    roles: { ...whole.roles, [ACCOUNT]: { ...added.roles![ACCOUNT]!, policies: [`${admin.id}-${ACCOUNT}`] } },
  })
  await admin.apply()
  const { cluster, vault, id } = admin
  for (const manifest of manifests('cronjob.yaml').slice(0, 1)) await cluster.apply(refOf(manifest), manifest)
  const request = { namespace: `${id}-auth`, serviceAccount: ACCOUNT, audiences: ['vault'], expirationSeconds: 600 }
  const { token } = await cluster.requestToken(request)
  expect((await vault.login(id, ACCOUNT, token)).policies).toEqual(['default', `${id}-${ACCOUNT}`])
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

  const role = manifests('cronjob.yaml').find(({ kind }) => kind === 'Role')!
  for (const rule of role.rules!) {
    await admin.cluster.apply(refOf(role), { ...role, rules: role.rules!.filter((each) => each !== rule) })
    await expectSoon(async () =>
      expect(await refusal(JSON.stringify(rule))).toMatch(/On cluster demo, allow|may not get/),
    )
  }
  await admin.cluster.apply(refOf(role), role)
  await expectSoon(async () => expect(await asRotation({ dryRun: true })).toMatchObject({ isDue: true }))
})

test('the same of the rights in Vault', async () => {
  const { id, vault } = admin
  const whole = template('policy.hcl')
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
