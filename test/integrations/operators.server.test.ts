import 'reflect-metadata' // @peculiar/x509 needs it to be there before itself.
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as x509 from '@peculiar/x509'
import { VAULT } from '../../src/catalogue/index.js'
import { Secret } from '../../src/secrets/index.js'
import { path, type Vault } from '../../src/vault/index.js'
import { expectSoon, openScenario, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { emitted, find, kubectl, SETTINGS, workloadFile } from './pods.js'

// The operators themselves are not run here: what is proven is each login that their objects ask for, with the token that
// the operator would show, and each request that it would then make.

let scenario: Scenario

beforeAll(async () => {
  scenario = await openScenario()
  const { id, folder } = scenario
  const file = workloadFile(scenario)
  writeFileSync(join(folder, 'pki.hcl'), `path "${id}-pki/sign/web" { capabilities = ["update"] }\n`)
  scenario.write({
    ...file,
    policies: { ...file.policies, [`${id}-pki`]: { file: './pki.hcl' } },
    roles: {
      ...file.roles,
      certificates: { ...file.roles!['app']!, policies: [`${id}-pki`] },
      fixed: { ...file.roles!['app']!, policies: [`${id}-pki`], audience: `vault://${id}-app/ca` },
    },
  })
  await scenario.apply()
  const { vault } = scenario
  await vault.write(path`sys/mounts/${id}-pki`, { type: 'pki' })
  await vault.write(path`${id}-pki/root/generate/internal`, { common_name: 'test', key_type: 'ec', key_bits: 256 })
  await vault.write(path`${id}-pki/roles/web`, { allow_any_name: true, key_type: 'any', ttl: '1h' })
})
afterAll(() => scenario.close())

interface ServiceAccountRef {
  readonly name: string
  readonly audiences?: readonly string[]
}

async function login(mount: string, role: string, token: Secret): Promise<Vault> {
  return scenario.vault.withToken((await scenario.vault.login(mount, role, token)).token)
}

async function tokenOf({ name, audiences = [] }: ServiceAccountRef): Promise<Secret> {
  const request = { namespace: `${scenario.id}-app`, serviceAccount: name, audiences, expirationSeconds: 600 }
  return (await scenario.cluster.requestToken(request)).token
}

interface VaultProvider {
  readonly server: string
  readonly path?: string
  readonly version?: string
  readonly caProvider?: { readonly type: string; readonly name: string; readonly key: string }
  readonly auth: {
    readonly kubernetes: {
      readonly mountPath: string
      readonly role: string
      readonly serviceAccountRef: ServiceAccountRef
    }
  }
}

/** The path that External Secrets asks for: as its documentation of `path` says, the mount may stand before the key, and `data` after it. */
function asked({ path: mount = '', version }: VaultProvider, key: string): string {
  const rest = key.startsWith(`${mount}/`) ? key.slice(mount.length + 1) : key
  const plain = version === 'v2' && rest !== key && rest.startsWith('data/') ? rest.slice('data/'.length) : rest
  return [mount, ...(version === 'v2' ? ['data'] : []), plain].join('/')
}

test('eso: the operator’s login and reads', async () => {
  const { objects } = await emitted(scenario, { way: 'eso', role: 'app' })
  type Seen = {
    readonly kind: string
    readonly metadata: { readonly name: string }
    readonly spec: {
      readonly provider: VaultProvider & { readonly vault: VaultProvider }
      readonly path: string
      readonly secretStoreRef?: { readonly name: string }
      readonly dataFrom: readonly {
        readonly extract?: { readonly key: string }
        readonly sourceRef?: { readonly generatorRef: { readonly name: string } }
      }[]
    }
  }
  const all = objects as unknown as readonly Seen[]
  const called = (kind: string, name: string) =>
    all.find((one) => one.kind === kind && one.metadata.name === name)!.spec
  const reads: string[] = []
  for (const { spec } of all.filter(({ kind }) => kind === 'ExternalSecret')) {
    const [{ extract, sourceRef } = {}] = spec.dataFrom
    const generator = sourceRef && called('VaultDynamicSecret', sourceRef.generatorRef.name)
    const provider = generator?.provider ?? called('SecretStore', spec.secretStoreRef!.name).provider.vault
    const { mountPath, role, serviceAccountRef } = provider.auth.kubernetes
    expect(provider.server).toBe(servers().vaultAddress)
    expect(find(objects, 'ConfigMap', provider.caProvider!.name).data[provider.caProvider!.key]).toContain(
      'CERTIFICATE',
    )
    const as = await login(mountPath, role, await tokenOf(serviceAccountRef))
    const from = generator?.path ?? asked(provider, extract!.key)
    expect([from, (await as.read(path`${from}`))?.data]).toEqual([from, expect.anything()])
    reads.push(from)
    await as.write(path`auth/token/revoke-self`, {})
  }
  expect(reads).toHaveLength(4)
})

test('eso: a path that begins like its own mount', () => {
  const store = { path: 'static', version: 'v2' } as VaultProvider
  for (const rest of ['app', 'static/app', 'data/app', 'static/data/app'])
    expect(asked(store, `static/data/${rest}`)).toBe(`static/data/${rest}`)
})

const pki = () => ({
  path: `${scenario.id}-pki/sign/web`,
  account: { namespace: 'cert-manager', name: 'cert-manager' },
})

interface IssuerSpec {
  readonly vault: {
    readonly server: string
    readonly path: string
    readonly auth: {
      readonly kubernetes: {
        readonly mountPath: string
        readonly role: string
        readonly serviceAccountRef: ServiceAccountRef
      }
    }
  }
}

/** What cert-manager asks for: the audiences that the Issuer names, and two of its own. */
async function certManagersToken(namespace: string, issuer: string, { vault }: IssuerSpec): Promise<Secret> {
  const { name, audiences = [] } = vault.auth.kubernetes.serviceAccountRef
  const words = [...audiences, `vault://${namespace}/${issuer}`, vault.server].map((each) => `--audience=${each}`)
  const as = '--as=system:serviceaccount:cert-manager:cert-manager'
  return new Secret(await kubectl(['create', 'token', name, '-n', namespace, ...words, as]))
}

async function request(): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const imported = async (der: Buffer, format: 'pkcs8' | 'spki', usage: 'sign' | 'verify') =>
    crypto.subtle.importKey(format, new Uint8Array(der), algorithm, true, [usage])
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=web.example.com',
    keys: {
      privateKey: await imported(privateKey.export({ type: 'pkcs8', format: 'der' }), 'pkcs8', 'sign'),
      publicKey: await imported(publicKey.export({ type: 'spki', format: 'der' }), 'spki', 'verify'),
    },
    signingAlgorithm: algorithm,
  })
  return csr.toString('pem')
}

test.each([
  { role: 'certificates', issuer: undefined },
  { role: 'fixed', issuer: 'ca' },
])(
  'cert-manager: a token made as cert-manager logs in by the role $role, and Vault signs',
  async ({ role, issuer }) => {
    const { id, vault } = scenario
    const namespace = `${id}-app`
    const settings = { ...SETTINGS, pki: { ...pki(), ...(issuer !== undefined && { issuer }) } }
    const { objects, manifests } = await emitted(scenario, { way: 'cert-manager', role, settings })
    const rights = { apiVersion: 'v1', kind: 'List', items: objects.filter(({ kind }) => kind !== 'Issuer') }
    await kubectl(['apply', '-f', '-'], JSON.stringify(rights))
    const { metadata, spec } = objects.find(({ kind }) => kind === 'Issuer') as unknown as {
      metadata: { name: string }
      spec: IssuerSpec
    }
    const { mountPath, serviceAccountRef } = spec.vault.auth.kubernetes
    // An audience that the role asks for anyway need not be said; what needs saying is.
    expect(serviceAccountRef.audiences).toEqual(role === 'fixed' ? undefined : ['vault'])
    expect(manifests.includes(`roles.${role}.audience`)).toBe(role !== 'fixed')
    let token: Secret | undefined
    await expectSoon(async () => {
      token = await certManagersToken(namespace, metadata.name, spec)
    })
    const as = await login(mountPath.replace('/v1/auth/', ''), spec.vault.auth.kubernetes.role, token!)
    const { data } = await as.write<{ certificate: string }>(path`${spec.vault.path}`, { csr: await request() })
    expect(data.certificate).toContain('BEGIN CERTIFICATE')
    // Of another account it gets none.
    const other = [
      'create',
      'token',
      'default',
      '-n',
      namespace,
      '--as=system:serviceaccount:cert-manager:cert-manager',
    ]
    await expect(kubectl(other)).rejects.toThrow(/forbidden/)
    expect(vault.address).toBe(servers().vaultAddress)
  },
)

test('cert-manager: without the audience that the role asks for Vault refuses', async () => {
  const { cluster, id, vault } = scenario
  const request = {
    namespace: `${id}-app`,
    serviceAccount: 'app',
    audiences: [`vault://${id}-app/other`],
    expirationSeconds: 600,
  }
  const { token } = await cluster.requestToken(request)
  await expect(vault.login(id, 'fixed', token)).rejects.toMatchObject({ code: VAULT.loginRefused.code })
})
