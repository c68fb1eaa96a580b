import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { refs } from '../../src/kubernetes/objects.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { emptyHome, operatorEnv, start } from './process.js'

/** Every secret value and token that a run has to do with. None may be seen anywhere but where it belongs. */
const canaries = new Map<string, string>()
const canary = (name: string): string => {
  const value = `canary-${name}-${randomBytes(12).toString('hex')}`
  canaries.set(name, value)
  return value
}

let scenario: Scenario
let home: string
/** What the runs printed, and the arguments that any of their processes was seen with. */
const seen: [string, string][] = []

beforeAll(async () => {
  scenario = await openScenario()
  home = emptyHome()
  const { id, folder, vault, cluster } = scenario
  const { postgres } = servers()
  canaries.set('database password', postgres.vault.password)

  const made = await vault.write(path`auth/token/create`, { policies: ['root'], ttl: '1h' })
  canaries.set('operator token', Secret.reveal((made as { login: { token: Secret } }).login.token))
  await cluster.create(refs.namespace(`${id}-src`), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `${id}-src` },
  })
  await cluster.create(refs.secret(`${id}-src`, 'source'), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'source', namespace: `${id}-src` },
    stringData: { value: canary('from kubernetes') },
  })
  // Every password that Vault issues is the same, so that it can be looked for.
  canaries.set('issued database password', 'Q'.repeat(24))
  const rule = 'length = 24\nrule "charset" { charset = "Q" min-chars = 1 }'
  await vault.write(path`sys/policies/password/${id}`, { policy: rule }, { repeatable: true })
  mkdirSync(join(home, 'tmp'))
  writeFileSync(join(folder, 'value'), `${canary('from a file')}\n`, { mode: 0o600 })

  const url = `postgresql://{{username}}:{{password}}@${postgres.host}:${postgres.port}/${postgres.database}`
  scenario.write({
    ...scenario.base(),
    serviceAccounts: [`${id}-app/web`],
    namespaces: { [`${id}-app`]: {} },
    engines: {
      [`${id}-kv`]: {
        type: 'kv',
        version: 2,
        secrets: {
          web: {
            env: { env: 'CANARY' },
            file: { file: './value' },
            kubernetes: { kubernetes: { secret: `${id}-src/source`, key: 'value' } },
            generated: { generate: { length: 32 } },
          },
        },
      },
      [`${id}-db`]: {
        type: 'database',
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url,
            username: { literal: postgres.vault.user },
            password: { env: 'PGPASSWORD' },
            passwordPolicy: id,
            probeAddress: `${postgres.host}:${postgres.port}`,
          },
          // PostgreSQL refuses this one, and Vault says why.
          wrong: {
            plugin: 'postgresql-database-plugin',
            url,
            username: { literal: postgres.vault.user },
            password: { env: 'WRONG' },
          },
        },
        roles: {
          web: {
            connection: 'main',
            creation: [`CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`],
            revocation: ['DROP ROLE "{{name}}"'],
          },
        },
      },
    },
    policies: { [id]: { grants: [`read kv ${id}-kv/web`, `read database ${id}-db/web`] } },
    roles: { web: { serviceAccounts: ['web'], namespaces: [`${id}-app`], policies: [id], audience: 'vault' } },
  })
}, 60_000)

afterAll(async () => {
  await scenario.vault.delete(path`sys/policies/password/${scenario.id}`)
  await scenario.close()
  rmSync(home, { recursive: true, force: true })
})

/** Runs one command with everything that could be talkative turned on, and samples the arguments of its processes. */
async function watched(...args: string[]): Promise<number | undefined> {
  const env = {
    ...operatorEnv(home),
    VAULT_TOKEN: canaries.get('operator token'),
    CANARY: canaries.get('from env') ?? canary('from env'),
    WRONG: canaries.get('wrong password') ?? canary('wrong password'),
    DEBUG: '*',
    TMPDIR: join(home, 'tmp'),
  }
  const child = start([...args, '--file', scenario.file], env)
  const sampling = setInterval(() => seen.push([`arguments of ${args.join(' ')}`, commandLines(child.pid)]), 15)
  const { exitCode, stdout, stderr } = await child
  clearInterval(sampling)
  seen.push([`stdout of ${args.join(' ')}`, stdout], [`stderr of ${args.join(' ')}`, stderr])
  return exitCode
}

/** Of the process and of what it started. */
function commandLines(parent: number | undefined): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const ppid = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
        return Number(pid) === parent || Number(ppid) === parent ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8')] : []
      } catch {
        return []
      }
    })
    .join('\n')
}

function filesBelow(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => statSync(name).isFile())
    .map((name) => [name, readFileSync(name, 'latin1')])
}

test('no secret shows in output, traces, arguments, saved plans, files, or objects of ours in Kubernetes', async () => {
  const { id, folder, vault, cluster } = scenario
  const saved = join(folder, 'saved-plan.json')
  expect(await watched('plan', '--out', saved)).toBe(0)
  for (const format of ['human', 'json', 'ndjson']) expect(await watched('plan', '-o', format)).toBe(0)
  expect(await watched('apply', '--yes', '-o', 'ndjson')).toBe(1)
  for (const format of ['human', 'json', 'junit']) expect(await watched('apply', '--yes', '-o', format)).toBe(1)
  for (const format of ['human', 'json', 'ndjson', 'junit']) expect(await watched('verify', '-o', format)).toBe(0)

  // What the runs made themselves.
  const written = await vault.readSecret(path`${`${id}-kv`}/data/web`)
  const generated = (written?.data['data'] as Record<string, Secret>)['generated']!
  canaries.set('generated value', Secret.reveal(generated))
  const reviewer = await cluster.readSecret(`${id}-auth`, 'reviewer-token', 'token')
  canaries.set('reviewer token', Secret.reveal(reviewer!))

  const objects: [string, string][] = []
  for (const namespace of [`${id}-auth`, `${id}-app`]) {
    for (const ref of [refs.configMap(namespace, ''), refs.lease(namespace, '')]) {
      for (const object of await cluster.list(ref))
        objects.push([`${ref.kind} ${object.metadata.name}`, JSON.stringify(object)])
    }
  }
  const places = [
    ...seen,
    ...objects,
    ...filesBelow(home),
    ...filesBelow(folder).filter(([name]) => name !== join(folder, 'value')),
  ]
  expect(places.length).toBeGreaterThan(25)
  expect(objects.some(([name]) => name.includes('icebreaker-'))).toBe(true)

  const found = places.flatMap(([place, text]) =>
    [...canaries].flatMap(([name, value]) =>
      [value, Buffer.from(value).toString('base64').replace(/=+$/, ''), encodeURIComponent(value)].some((shape) =>
        text.includes(shape),
      )
        ? [`${name} in ${place}`]
        : [],
    ),
  )
  expect(found).toEqual([])
  // Nor any token of a workload: they are made and revoked in the run, so only their shape is known.
  const tokens = places.filter(([, text]) =>
    /\beyJ[\w-]{20,}\.[\w-]{20,}\.|\bhv[sb]\.[\w-]{24,}|\bs\.[A-Za-z0-9]{24}\b/.test(text),
  )
  expect(tokens.map(([place]) => place)).toEqual([])
}, 180_000)
