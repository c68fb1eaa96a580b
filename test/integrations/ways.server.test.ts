import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { integrate } from '../../src/operations/integrate.js'
import { path, type Vault } from '../../src/vault/index.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { emitted, find, kubectl, ODD, projectedToken, SETTINGS, workloadFile, type Seen } from './pods.js'

// The components themselves are not run here: what is proven is each login that their objects ask for, with the token
// that the component would show, and each read that they would do with it.

let scenario: Scenario

beforeAll(async () => {
  scenario = await openScenario()
  scenario.write(workloadFile(scenario))
  await scenario.apply()
})
afterAll(() => scenario.close())

interface Login {
  readonly mount: string
  readonly role: string
  readonly serviceAccount: string
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
}

async function loggedIn({ mount, role, serviceAccount, audiences, expirationSeconds }: Login): Promise<Vault> {
  const { cluster, vault, id } = scenario
  const request = { namespace: `${id}-app`, serviceAccount, audiences, expirationSeconds }
  const { token } = await cluster.requestToken(request)
  return vault.withToken((await vault.login(mount, role, token)).token)
}

/** Reads as a component does, once each; a credential that was made ends with its token. */
async function reads(as: Vault, paths: readonly string[]): Promise<void> {
  for (const one of new Set(paths)) expect([one, (await as.read(path`${one}`))?.data]).toEqual([one, expect.anything()])
  await as.write(path`auth/token/revoke-self`, {})
}

test('csi: the provider’s login and reads', async () => {
  const { objects, patches } = await emitted(scenario, { way: 'csi' })
  const { spec, metadata } = find(objects, 'SecretProviderClass')
  const { vaultAddress, vaultAuthMountPath, roleName, audience, objects: list } = spec.parameters
  expect(vaultAddress).toBe(servers().vaultAddress)
  const as = await loggedIn({
    mount: vaultAuthMountPath!,
    role: roleName!,
    serviceAccount: 'app',
    audiences: [audience!],
    expirationSeconds: 600,
  })
  const files = parse(list!) as readonly { secretPath: string; objectName: string; secretKey?: string }[]
  expect(new Set(files.map(({ objectName }) => objectName)).size).toBe(5)
  for (const { objectName } of files) expect(objectName).toMatch(/^[a-z0-9][a-z0-9.-]*$/)
  expect(files.filter(({ secretKey }) => secretKey !== undefined).map(({ secretKey }) => secretKey)).toEqual([
    'username',
    'password',
  ])
  await reads(
    as,
    files.map(({ secretPath }) => secretPath),
  )
  expect(JSON.stringify(patches)).toContain(`"secretProviderClass":"${metadata.name}"`)
})

test('vso: the operator’s login and reads', async () => {
  const { objects } = await emitted(scenario, { way: 'vso' })
  const auth = find(objects, 'VaultAuth').spec as unknown as {
    readonly mount: string
    readonly method: 'kubernetes'
    readonly vaultConnectionRef: string
    readonly kubernetes: {
      readonly role: string
      readonly serviceAccount: string
      readonly audiences: readonly string[]
      readonly tokenExpirationSeconds: number
    }
  }
  const { role, serviceAccount, audiences, tokenExpirationSeconds: expirationSeconds } = auth.kubernetes
  const as = await loggedIn({ mount: auth.mount, role, serviceAccount, audiences, expirationSeconds })
  const synced = objects.filter(({ kind }) => /^Vault(?:Static|Dynamic)Secret$/.test(kind)) as unknown as readonly {
    spec: { mount: string; path: string; type?: string }
  }[]
  // kv-v2 and kv-v1 say where the operator looks below the mount.
  const paths = synced.map(
    ({ spec: { mount, path: rest, type } }) => `${mount}/${type === 'kv-v2' ? 'data/' : ''}${rest}`,
  )
  expect(paths).toHaveLength(4)
  await reads(as, paths)
  expect(find(objects, 'VaultConnection').metadata.name).toBe(auth.vaultConnectionRef)
})

test('injector: the agent’s login; kubectl takes the Secret, and the patch for a Deployment', async () => {
  const { objects, manifests, patches } = await emitted(scenario, { way: 'injector' })
  expect(await kubectl(['apply', '--dry-run=server', '-f', '-'], manifests)).toBe(
    'secret/vault-ca created (server dry run)',
  )
  expect(find(objects, 'Secret').stringData['ca.crt']).toContain('BEGIN CERTIFICATE')
  const { annotations } = (patches[0] as unknown as Seen).spec.template.metadata
  const said = (key: string) => annotations[`vault.hashicorp.com/${key}`]!
  expect(said('service')).toBe(servers().vaultAddress)
  const { token } = { token: await projectedToken(scenario, patches[0]) }
  const mount = said('auth-path').replace(/^auth\//, '')
  const answer = await scenario.vault.write<unknown>(path`auth/${mount}/login`, { role: said('role'), jwt: token })
  expect(answer).toBeDefined()
  const suffixes = Object.keys(annotations).flatMap((key) => /agent-inject-secret-(.+)$/.exec(key)?.[1] ?? [])
  expect(suffixes).toHaveLength(4)
  for (const suffix of suffixes) expect(said(`agent-inject-template-${suffix}`)).toMatch(/^\{\{ with secret "/)

  const namespace = `${scenario.id}-app`
  const spec = {
    selector: { matchLabels: { app: 'x' } },
    template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'app', image: 'x' }] } },
  }
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'app', namespace }, spec }
  await kubectl(['apply', '-f', '-'], JSON.stringify(deployment))
  const file = join(scenario.folder, 'injector.yaml')
  writeFileSync(file, (await emitted(scenario, { way: 'injector', patch: true })).manifests)
  const words = ['patch', 'deployment', 'app', '-n', namespace, '--dry-run=server', '--patch-file', file, '-o', 'json']
  const patched = JSON.parse(await kubectl(words)) as Seen
  expect(patched.spec.template.metadata.annotations).toEqual(annotations)
  await kubectl(['delete', 'deployment', 'app', '-n', namespace, '--wait=false'])
})

test('--out: a component that kubectl takes, and that patches an application beside it', async () => {
  const folder = join(scenario.folder, 'app')
  mkdirSync(folder)
  const out = join(folder, 'vault')
  const options = { way: 'agent', file: scenario.file, env: {}, settings: SETTINGS, patch: false, out }
  await integrate({ ...options, podAddress: servers().vaultAddress })
  expect(await kubectl(['apply', '--dry-run=server', '-k', out])).toContain('configmap/vault-agent.app.app created')

  const namespace = `${scenario.id}-app`
  const spec = { template: { spec: { containers: [{ name: 'app', image: 'x' }] } } }
  const app = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'app', namespace }, spec }
  writeFileSync(join(folder, 'app.yaml'), JSON.stringify(app))
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify({ resources: ['app.yaml'], components: ['vault'] }))
  const built = await kubectl(['kustomize', folder])
  expect(built).toContain('name: vault-init-app')
  expect(built).toContain('expirationSeconds: 600')

  // A second time it is made anew; what somebody else wrote stays.
  await integrate({ ...options, podAddress: servers().vaultAddress })
  writeFileSync(join(out, 'kustomization.yaml'), 'mine')
  await expect(integrate({ ...options, podAddress: servers().vaultAddress })).rejects.toMatchObject({ code: 'ICE1110' })
})

test('a path with everything in it is one name everywhere', async () => {
  for (const way of ['agent', 'csi', 'vso', 'injector']) {
    const { objects, manifests } = await emitted(scenario, { way })
    for (const { metadata } of objects) expect(metadata.name).toMatch(/^[a-z0-9][a-z0-9.-]*[a-z0-9]$/)
    expect(manifests).not.toContain(`# ${ODD}`)
  }
})
