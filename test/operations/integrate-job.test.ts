import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { INTEGRATE } from '../../src/catalogue/index.js'
import { loadConfig } from '../../src/config/index.js'
import type { IntegrateJobOptions } from '../../src/operations/integrate-job.js'
import { jobOf, podOf } from '../integrations/jobs.js'
import { refused } from './steps.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-job-file-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----'
const CLUSTER = {
  context: 'here',
  kubeconfig: './mine',
  apiServer: 'https://10.0.0.1:6443',
  auth: { path: 'demo', reviewer: { namespace: 'vault-auth', serviceAccount: 'vault-reviewer', token: 'bound' } },
}

function content(more: object = {}): object {
  return {
    version: 1,
    name: 'demo',
    vault: {
      address: 'https://127.0.0.1:8200',
      podAddress: 'https://vault.vault.svc:8200',
      login: { method: 'token' },
    },
    clusters: { demo: CLUSTER },
    engines: { static: { type: 'kv' } },
    policies: { kv: { grants: ['read kv static/web'] } },
    roles: { web: { serviceAccounts: ['web'], namespaces: ['app'], policies: ['kv'], audience: 'vault' } },
    ...more,
  }
}

function file(text: string): string {
  const path = join(folder, 'icebreaker.yaml')
  writeFileSync(path, text)
  return path
}

const job = (
  more: object = {},
  command: IntegrateJobOptions['command'] = 'verify',
  options: Parameters<typeof jobOf>[2] = {},
) => jobOf({ file: file(JSON.stringify(content(more))) }, command, { podAddress: undefined as never, ...options })

const dataOf = ({ objects }: Awaited<ReturnType<typeof job>>) =>
  (objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> }).data

test('the pod’s file: Vault and the API server as the pod reaches them, all else as it is, comments too', async () => {
  const text = `# whose it is
version: 1
name: demo
vault:
  address: https://127.0.0.1:8200 # through a tunnel
  podAddress: https://vault.vault.svc:8200
  portForward: { cluster: demo, namespace: vault, service: vault }
  caFile: ./ca.pem
clusters:
  demo:
    context: here
    kubeconfig: ./mine
    # the load balancer
    apiServer: https://10.0.0.1:6443
    apiServerCA: { file: ./ca.pem }
    auth: { path: demo, reviewer: { namespace: vault-auth, serviceAccount: vault-reviewer } }
policies:
  "by hand": { file: ./a/../hand.hcl }
`
  writeFileSync(
    join(folder, 'ca.pem'),
    `-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n${CERTIFICATE}\n`,
  )
  writeFileSync(join(folder, 'hand.hcl'), 'path "x" { capabilities = ["read"] }\n')
  const data = dataOf(await jobOf({ file: file(text) }, 'verify', { podAddress: undefined as never }))
  expect(Object.keys(data)).toEqual(['icebreaker.yaml', 'vault-ca.crt', 'api-server-ca.crt', 'policy-1-by_hand.hcl'])
  expect(JSON.stringify(data)).not.toContain('PRIVATE')
  expect(data['icebreaker.yaml']).toContain('# the load balancer')
  expect(parse(data['icebreaker.yaml']!)).toMatchObject({
    vault: {
      address: 'https://vault.vault.svc:8200',
      caFile: 'vault-ca.crt',
      login: {
        method: 'kubernetes',
        path: 'demo',
        role: 'icebreaker-demo-verify',
        tokenFile: '/run/icebreaker/account/token',
      },
    },
    clusters: {
      demo: { inCluster: true, apiServer: 'https://10.0.0.1:6443', apiServerCA: { file: 'api-server-ca.crt' } },
    },
    policies: { 'by hand': { file: 'policy-1-by_hand.hcl' } },
  })
  expect(data['icebreaker.yaml']).not.toMatch(/podAddress|portForward|context|kubeconfig/)

  // With all of it in one folder it is a file that is read.
  for (const [name, of] of Object.entries(data)) writeFileSync(join(folder, name), of)
  await expect(loadConfig(join(folder, 'icebreaker.yaml'))).resolves.toBeDefined()
})

test('what a pod cannot do is refused, with what to say instead', async () => {
  const { apiServer: _address, ...unsaid } = CLUSTER
  const two = { clusters: { demo: CLUSTER, other: { ...CLUSTER, auth: { ...CLUSTER.auth, path: 'other' } } } }
  const secret = (source: object) => ({ engines: { static: { type: 'kv', secrets: { web: { key: source } } } } })
  const { notInPod } = INTEGRATE
  const refusals = [
    [two, 'verify', 'several clusters (demo, other)'],
    [{ clusters: { demo: unsaid } }, 'drift', 'clusters.demo.apiServer'],
    [{ clusters: { demo: unsaid } }, 'reviewer-rotate', 'clusters.demo.apiServer'],
    [secret({ file: './password' }), 'apply', './password'],
    [secret({ prompt: 'Which?' }), 'apply', 'operator'],
    [
      {
        clusters: { demo: { ...CLUSTER, auth: { path: 'demo', reviewer: { token: 'client' } } } },
        inventory: { namespace: 'x' },
      },
      'reviewer-rotate',
      'no token',
    ],
  ] as const
  for (const [more, command, text] of refusals)
    expect(await refused(job(more, command))).toMatchObject({
      code: notInPod.code,
      exit: 2,
      message: expect.stringContaining(text) as unknown,
    })
  // Verification compares no address, and opens no value.
  await expect(job({ clusters: { demo: unsaid }, ...secret({ file: './password' }) })).resolves.toBeDefined()
})

test('values of the environment come from a Secret, for apply alone', async () => {
  const more = { engines: { static: { type: 'kv', secrets: { web: { key: { env: 'PGPASSWORD' } } } } } }
  const [container] = podOf(await job(more, 'apply')).containers
  expect(container!.env).toContainEqual({
    name: 'PGPASSWORD',
    valueFrom: { secretKeyRef: { name: 'icebreaker-demo-values', key: 'PGPASSWORD' } },
  })
  expect(podOf(await job(more, 'verify')).containers[0]!.env.map(({ name }) => name)).toEqual(['HOME', 'VAULT_ADDR'])
})

test('a Job has another name where it does something else; a hook of Argo CD keeps its own', async () => {
  const nameOf = async (...given: Parameters<typeof job>) => (await job(...given)).objects.at(-1)!.metadata.name
  const first = await nameOf()
  expect(first).toMatch(/^icebreaker-demo-verify-[0-9a-f]{8}$/)
  expect(await nameOf()).toBe(first)
  expect(await nameOf({}, 'verify', { settings: { image: 'other' } })).not.toBe(first)
  expect(await nameOf({ serviceAccounts: ['app/web'] })).not.toBe(first)
  expect(await nameOf({}, 'verify', { settings: { argocd: 'PostSync' } })).toBe('icebreaker-demo-verify')

  const annotationsOf = async (argocd: string) =>
    (await job({}, 'verify', { settings: { argocd } })).objects.map(
      ({ metadata }) => (metadata as { annotations?: Record<string, string> }).annotations?.['argocd.argoproj.io/hook'],
    )
  expect(new Set(await annotationsOf('PreSync'))).toEqual(new Set(['PreSync']))
  expect((await annotationsOf('PostSync')).filter((hook) => hook !== undefined)).toEqual(['PostSync'])
})

test('the policy of a rotation says to which API server it may point, and no role of it gives a policy', async () => {
  const { vault } = await job({}, 'reviewer-rotate')
  expect(vault!.policy).toContain('"kubernetes_host" = ["https://10.0.0.1:6443"]')
  expect(vault!.policy).not.toMatch(/policies/)
  expect(vault!.policy.match(/^path /gm)).toHaveLength(5)
})

test('as parts of the file: with them it is a whole one, and then nothing is needed besides', async () => {
  const { vault, manifests } = await job()
  expect(manifests).toContain('--vault')
  writeFileSync(join(folder, vault!.sections.policyFile), vault!.sections.policy)
  const added = parse(vault!.sections.text) as { policies: object; roles: object }
  const whole = content() as { policies: object; roles: object }
  const more = { policies: { ...whole.policies, ...added.policies }, roles: { ...whole.roles, ...added.roles } }
  const then = await job(more)
  expect(then.vault).toBeUndefined()
  expect(dataOf(then)['policy-2-icebreaker-demo-verify.hcl']).toBe(vault!.sections.policy)
  // Verification then also logs in as the account of the Job: the policy was written for that.
  expect(then.manifests).toContain('- icebreaker-demo-verify')
  const other = { roles: { ...more.roles, 'icebreaker-demo-verify': { ...(whole.roles['web' as never] as object) } } }
  expect(await refused(job({ ...more, ...other }))).toMatchObject({ code: INTEGRATE.notInPod.code })
})

test('--out: a Kustomization of the objects, and what Vault needs beside it', async () => {
  const out = join(folder, 'out')
  const { savedTo } = await job({}, 'verify', { out })
  const names = savedTo!.map((path) => path.slice(out.length + 1))
  expect(names).toContain('vault/icebreaker-demo-verify.hcl')
  const { resources } = parse(readFileSync(join(out, 'kustomization.yaml'), 'utf8')) as { resources: readonly string[] }
  expect(names).toEqual(expect.arrayContaining([...resources]))
  expect(resources.join()).not.toContain('vault/')
  // The same command makes them anew.
  await expect(job({}, 'verify', { out })).resolves.toBeDefined()
})

test('names that could be structure stay text', async () => {
  const odd = `q'"{{x}}: &a *b #c`
  const { manifests, objects } = await job({}, 'verify', { audience: odd, settings: { image: odd, schedule: odd } })
  expect(parseAllDocuments(manifests).map((document) => document.toJS() as unknown)).toEqual(objects)
})
