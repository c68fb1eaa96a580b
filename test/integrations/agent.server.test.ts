import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { parseAllDocuments } from 'yaml'
import type { Product } from '../../src/integrations/index.js'
import { refs } from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { expectSoon, openScenario, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import {
  emitted,
  find,
  kubectl,
  ODD,
  podFolder,
  projectedToken,
  relocated,
  startAgent,
  VALUE,
  workloadFile,
  type Agent,
  type PodFolder,
  type Seen,
} from './pods.js'

let scenario: Scenario
const pods: PodFolder[] = []
const agents: Agent[] = []

beforeAll(async () => {
  scenario = await openScenario()
  scenario.write(workloadFile(scenario))
  await scenario.apply()
})
afterAll(() => scenario.close())
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop()))
  pods.splice(0).forEach((pod) => pod.remove())
})

/** An agent at work in its pod. */
interface Running {
  readonly agent: Agent
  readonly pod: PodFolder
}

/** Puts in place what the kubelet would, and starts the container's command. */
async function run(product: Product, key: 'init.json' | 'sidecar.json', token?: string): Promise<Running> {
  const settings = { product, containers: 'both', tokenExpiration: 600 } as const
  const { objects, patches } = await emitted(scenario, { settings })
  const pod = podFolder()
  pods.push(pod)
  pod.write('/vault/ca/ca.crt', find(objects, 'ConfigMap', 'vault-ca').data['ca.crt']!)
  pod.write('/vault/account/token', token ?? (await projectedToken(scenario, patches[0])))
  pod.write(`/vault/agent/${key}`, relocated(find(objects, 'ConfigMap', 'vault-agent').data[key]!, pod))
  const variables = (patches[0] as unknown as Seen).spec.template.spec.initContainers[0]!.env ?? []
  const env = Object.fromEntries(variables.map(({ name, value }) => [name, value]))
  const agent = await startAgent(product, pod.at(`/vault/agent/${key}`), env)
  agents.push(agent)
  return { agent, pod }
}

interface Credentials {
  readonly username: string
  readonly password: string
}

const secretIn = ({ pod }: Running, file: string): unknown => JSON.parse(pod.read(`/vault/secrets/${file}`))
const credentialsIn = (running: Running) => secretIn(running, `${scenario.id}-db/reader.json`) as Credentials
const loginIn = ({ pod }: Running): string => pod.read('/vault/login/token')
const oddFileIn = ({ pod }: Running) =>
  readdirSync(pod.at(`/vault/secrets/${scenario.id}-v2`)).find((name) => name.startsWith('o%27dd'))!

async function greets({ username, password }: Credentials): Promise<number | null> {
  const { host, port, database } = servers().postgres
  const client = new pg.Client({ host, port, database, user: username, password })
  await client.connect()
  try {
    return (await client.query('SELECT * FROM greetings')).rowCount
  } finally {
    await client.end()
  }
}

interface TokenFacts {
  readonly policies: readonly string[]
  readonly issue_time: string
  readonly expire_time: string
  readonly last_renewal: string | null
}

/** What Vault knows of the agent's token: undefined where it has ended. */
async function lookup(token: string): Promise<TokenFacts | undefined> {
  const request = scenario.vault.write<TokenFacts>(path`auth/token/lookup`, { token }, { repeatable: true })
  return (await request.catch(() => undefined))?.data
}

const products: readonly Product[] = ['vault', 'bao']

test.each(products)('%s agent as init container renders everything and ends', async (product) => {
  const running = await run(product, 'init.json')
  expect([await running.agent.exited, running.agent.log()]).toEqual([0, expect.anything()])
  const { id } = scenario
  expect(secretIn(running, `${id}-v2/app/creds.json`)).toEqual({ user: 'app', 'pass-word': VALUE })
  expect(secretIn(running, `${id}%3Av1/data.json`)).toEqual({ key: 'one' })
  const odd = oddFileIn(running)
  expect(secretIn(running, `${id}-v2/${odd}`)).toEqual({ x: 'y' })
  expect(decodeURIComponent(odd)).toBe(`${ODD}.json`)
  expect(await greets(credentialsIn(running))).toBeGreaterThan(0)
})

async function renewsAndLogsInAgain(product: Product): Promise<void> {
  const running = await run(product, 'sidecar.json')
  await expectSoon(async () => expect(await greets(credentialsIn(running))).toBeGreaterThan(0), 20)
  const [first, user] = [loginIn(running), credentialsIn(running)]
  await expectSoon(async () => expect((await lookup(first))?.last_renewal).toEqual(expect.anything()), 20)
  const { expire_time: expires, issue_time: issued } = (await lookup(first))!
  // The token of 12 seconds is good for longer; what was read with it stays what it is.
  expect(Date.parse(expires) - Date.parse(issued)).toBeGreaterThan(12_000)
  expect(loginIn(running)).toBe(first)
  expect(await greets(user)).toBeGreaterThan(0)
  expect(credentialsIn(running)).toEqual(user)

  await scenario.vault.write(path`auth/token/revoke`, { token: first })
  await expectSoon(async () => {
    expect(loginIn(running)).not.toBe(first)
    expect((await lookup(loginIn(running)))?.policies).toContain(`${scenario.id}-app`)
    expect(credentialsIn(running).username).not.toBe(user.username)
  }, 40)
  expect(await greets(credentialsIn(running))).toBeGreaterThan(0)
  // What hung on the old token ended with it.
  await expect(greets(user)).rejects.toThrow(/password authentication failed|does not exist/)
  expect(running.agent.log()).not.toContain(credentialsIn(running).password)
}

test('as sidecar both agents renew, and log in again when their token is revoked', async () => {
  await Promise.all(products.map(renewsAndLogsInAgain))
}, 120_000)

test.each(products)('%s agent as init container that may not log in ends with an error', async (product) => {
  const { cluster, id } = scenario
  const other = { namespace: `${id}-app`, serviceAccount: 'default', audiences: ['vault'], expirationSeconds: 600 }
  const { agent, pod } = await run(product, 'init.json', Secret.reveal((await cluster.requestToken(other)).token))
  expect(await agent.exited).not.toBe(0)
  expect(readdirSync(pod.at('/vault/secrets'))).toEqual([])
})

/** Renders once in another scenario, with the environment that the patch gives the container. */
async function rendersIn(other: Scenario, product: Product): Promise<void> {
  const before = scenario
  scenario = other
  try {
    const running = await run(product, 'init.json')
    expect([await running.agent.exited, running.agent.log()]).toEqual([0, expect.anything()])
    expect(secretIn(running, `${other.id}-v2/app/creds.json`)).toEqual({ user: 'app', 'pass-word': VALUE })
  } finally {
    scenario = before
  }
}

// Of the two only OpenBao has namespaces without a licence.
const testOnOpenBao = servers().product === 'openbao' ? test : test.skip

testOnOpenBao('in a namespace of Vault', async () => {
  const namespace = `${scenario.id}-team`
  await scenario.vault.write(path`sys/namespaces/${namespace}`, {})
  const other = await openScenario({ namespace })
  try {
    other.write(workloadFile(other))
    await other.apply()
    for (const product of products) await rendersIn(other, product)
  } finally {
    await other.close()
    await scenario.vault.delete(path`sys/namespaces/${namespace}`)
  }
})

test('at a mount of the method jwt', async () => {
  const other = await openScenario()
  try {
    const file = workloadFile(other)
    const { kubeconfig, context } = servers()
    const auth = { method: 'jwt', path: other.id, keys: 'pinned' } as const
    other.write({
      ...file,
      inventory: { namespace: `${other.id}-auth` },
      namespaces: { ...file.namespaces, [`${other.id}-auth`]: {} },
      clusters: { demo: { kubeconfig, context, auth } },
    })
    await other.apply()
    for (const product of products) await rendersIn(other, product)
  } finally {
    await other.close()
  }
})

test('kubectl takes every object, and the patch for a Deployment that is there', async () => {
  const { id, cluster, folder } = scenario
  const namespace = `${id}-app`
  const { manifests, objects } = await emitted(scenario)
  expect((await kubectl(['apply', '--dry-run=server', '-f', '-'], manifests)).split('\n')).toEqual([
    'configmap/vault-ca created (server dry run)',
    'configmap/vault-agent.app.app created (server dry run)',
  ])
  expect(parseAllDocuments(manifests).map((document) => document.toJS() as unknown)).toEqual(objects)

  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'app', namespace },
    spec: {
      selector: { matchLabels: { app: 'app' } },
      template: {
        metadata: { labels: { app: 'app' } },
        spec: {
          initContainers: [{ name: 'first', image: 'x' }],
          containers: [
            { name: 'app', image: 'x', volumeMounts: [{ name: 'own', mountPath: '/own' }] },
            { name: 'other', image: 'y' },
          ],
          volumes: [{ name: 'own', emptyDir: {} }],
        },
      },
    },
  }
  await kubectl(['apply', '--validate=strict', '-f', '-'], JSON.stringify(deployment))
  const { manifests: patch } = await emitted(scenario, { patch: true })
  const patchFile = join(folder, 'patch.yaml')
  writeFileSync(patchFile, patch)
  const words = ['patch', 'deployment', 'app', '-n', namespace, '--patch-file', patchFile, '-o', 'json']
  const { spec } = JSON.parse(await kubectl([...words, '--dry-run=server'])) as Seen
  const patched = spec.template.spec
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).sort()
  expect(names(patched.containers)).toEqual(['app', 'other', 'vault-agent-app'])
  expect(names(patched.initContainers)).toEqual(['first', 'vault-init-app'])
  expect(patched.volumes).toEqual(
    expect.arrayContaining([
      { name: 'own', emptyDir: {} },
      { name: 'vault-secrets', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
      {
        name: 'vault-account-app',
        projected: {
          defaultMode: 420,
          sources: [{ serviceAccountToken: { audience: 'vault', expirationSeconds: 600, path: 'token' } }],
        },
      },
    ]),
  )
  const app = patched.containers.find(({ name }) => name === 'app')!
  expect(names(app.volumeMounts)).toEqual(['own', 'vault-secrets'])
  // Twice is the same as once.
  await kubectl(words)
  expect(await kubectl(words)).toBe(await kubectl(words))
  await cluster.delete({
    ...refs.configMap(namespace, 'app'),
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    resource: 'deployments',
  })
})
