import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { importFile, type ImportOptions, type ImportResult } from '../../../src/operations/import/index.js'
import type { PlanResult } from '../../../src/operations/results.js'
import { loadConfig } from '../../../src/config/index.js'
import { path, type Payload } from '../../../src/vault/index.js'
import { servers } from '../../servers/index.js'
import { bare, databaseURL, everything, makeUser, pluginVersions } from '../everything.js'
import { openScenario, pending, states, type Scenario } from '../scenario.js'
import { byHand, CREATION, policiesOf } from './by-hand.js'

let hand: Scenario
let made: Scenario
let removeUser: () => Promise<void>

beforeAll(async () => {
  hand = await openScenario()
  made = await openScenario()
  removeUser = await makeUser(`${made.id}_fixed`)
  await byHand(hand)
})
afterAll(async () => {
  await hand.close()
  await made.close()
  await removeUser()
})

function imported(scenario: Scenario, more: Partial<ImportOptions> = {}): Promise<ImportResult> {
  const { vaultAddress, token, kubeconfig, caFile } = servers()
  Object.assign(process.env, { VAULT_ADDR: vaultAddress, VAULT_TOKEN: token })
  return importFile({
    out: scenario.file,
    dryRun: false,
    paths: [scenario.id],
    contexts: [],
    engines: [],
    policies: [],
    kubeconfig,
    vaultCaFile: caFile,
    emit: (event) => void scenario.events.push(event),
    stop: new AbortController().signal,
    ...more,
  })
}

const withKubeconfig = () => ({ kubeconfig: servers().kubeconfig })

/** What a plan would change of what is there, but for whose it is. */
function changesOf({ plan }: PlanResult): Record<string, string[]> {
  const real = plan.objects.map(({ address, kind, action, changes }) => {
    const marks = ['ownership', ...(kind === 'AuthConfig' ? ['tokenReviewerJWT'] : ['labels'])]
    const fields = action === 'create' ? ['create'] : changes.map(({ field }) => field)
    return [address, fields.filter((field) => !marks.includes(field))] as const
  })
  return Object.fromEntries(real.filter(([, fields]) => fields.length > 0))
}

test('what was made by hand is imported, and taken over without a change', async () => {
  const { id, file, vault, folder } = hand
  const result = await imported(hand, { reviewer: `${id}-auth/vault-reviewer`, name: id })
  expect(result.state).toBe('written')
  expect(lstatSync(file).mode & 0o777).toBe(0o644)
  for (const [name, text] of Object.entries(policiesOf(id)))
    expect(readFileSync(join(folder, `policies/${name}.hcl`), 'utf8').trim()).toBe(text.trim())
  const role = async (name: string) => vault.read(path`auth/${id}/role/${name}`)
  const before = await Promise.all(['static', 'dynamic', 'transit'].map(role))

  const planned = await hand.plan({ ...withKubeconfig(), adopt: 'all' })
  expect(changesOf(planned)).toEqual({
    [`k8s:${servers().context}:ClusterRoleBinding/icebreaker:${id}-auth:vault-reviewer`]: ['create'],
  })
  const applied = await hand.apply({ ...withKubeconfig(), adopt: 'all' })
  expect(new Set(Object.values(states(applied)))).toEqual(new Set(['done']))
  expect(pending(await hand.plan(withKubeconfig()))).toEqual({})
  expect(await Promise.all(['static', 'dynamic', 'transit'].map(role))).toEqual(before)
})

test('every field of every kind comes back as it was, under another name', async () => {
  const { id, file, folder } = made
  const versions = await pluginVersions(made)
  // A static role has its password made before there is a policy for passwords that is not there.
  for (const file of [bare, everything]) {
    made.write(file(made, `${id}_fixed`, versions))
    expect((await made.apply()).outcomes.filter(({ state }) => state !== 'done')).toEqual([])
  }
  await made.setInventory(undefined)
  const out = join(folder, 'imported.yaml')
  const result = await imported(made, {
    out,
    engines: ['v1', 'v2', 'db', 'transit'].map((name) => `${id}-${name}`),
    reviewer: `${id}-auth/reviewer`,
    name: `${id}-again`,
  })
  expect(result.left.filter(({ what }) => what.includes(id) && !what.startsWith('other engines'))).toEqual([])
  expect(result.yaml).toContain(`- read database ${id}-db/app`)
  expect(existsSync(file)).toBe(true)
  const planned = await made.plan({ ...withKubeconfig(), file: out, adopt: 'all' })
  expect(changesOf(planned)).toEqual({})
  const applied = await made.apply({ ...withKubeconfig(), file: out, adopt: 'all' })
  expect(new Set(Object.values(states(applied)))).toEqual(new Set(['done']))
  expect(pending(await made.plan({ ...withKubeconfig(), file: out }))).toEqual({})
})

describe('what cannot be imported as it is', () => {
  let odd: Scenario
  let result: ImportResult
  const left = (what: string) => result.left.find((one) => one.what.includes(what))?.why

  beforeAll(async () => {
    odd = await openScenario()
    const { id, vault } = odd
    const write = (at: ReturnType<typeof path>, body: Payload) => vault.write(at, body, { repeatable: true })
    for (const mount of [id, `${id}-b`]) {
      await write(path`sys/auth/${mount}`, { type: 'kubernetes', description: 'say "hi": # no' })
      await write(path`auth/${mount}/config`, {
        kubernetes_host: 'https://10.96.0.1:443',
        kubernetes_ca_cert: readFileSync(servers().apiServerCA, 'utf8'),
      })
    }
    await write(path`sys/mounts/${`${id} kv/in side`}`, { type: 'kv', options: { version: '1' } })
    await write(path`sys/mounts/${`${id}-pki`}`, { type: 'pki' })
    await write(path`sys/mounts/${`${id}-db`}`, { type: 'database' })
    // It is taken, with a warning that our client takes for a refusal.
    await write(path`${`${id}-db`}/config/open`, {
      plugin_name: 'postgresql-database-plugin',
      connection_url: databaseURL().replace('{{username}}:{{password}}', 'someone:s3cr3t-of-url'),
      verify_connection: false,
    }).catch((error: unknown) => expect(error).toMatchObject({ code: 'ICE2034' }))
    await write(path`${`${id}-db`}/roles/loose`, {
      db_name: 'open',
      creation_statements: 'CREATE ROLE {{name}} PASSWORD {{password}}',
    })
    await write(path`${`${id}-db`}/roles/lost`, { db_name: 'gone', creation_statements: CREATION })
    const canonical = (at: string) => `path "${at}" {\n  capabilities = ["read"]\n}\n`
    await write(path`sys/policies/acl/${`${id} a "b" é`}`, { policy: canonical(`${id} kv/in side/app one/*`) })
    await write(path`sys/policies/acl/${`${id}-pki`}`, { policy: canonical(`${id}-pki/issue/x`) })
    await write(path`sys/policies/acl/${`${id}-db`}`, { policy: canonical(`${id}-db/creds/+`) })
    const bound = { bound_service_account_names: 'cart', bound_service_account_namespaces: 'shop', audience: 'vault' }
    const role = (mount: string, name: string, more: Readonly<Record<string, Payload>>) =>
      write(path`auth/${mount}/role/${name}`, { ...bound, ...more })
    await role(id, 'a.b-c_1', { token_policies: [`${id} a "b" é`, `${id}-pki`, `${id}-db`, `${id}-missing`] })
    await role(id, 'on', { token_policies: ['default'], token_ttl: '90s' })
    await role(`${id}-b`, 'on', { token_policies: ['default'], token_ttl: '90s' })
    await role(id, 'two', { token_ttl: '90s' })
    await role(`${id}-b`, 'two', { token_ttl: '91s' })
    await role(id, 'almighty', { token_policies: ['root'] })
    await role(id, 'selects', {
      bound_service_account_namespace_selector: 'matchLabels:\n  team: a\n',
    })
    result = await imported(odd, { paths: [id, `${id}-b`], name: id })
  })
  afterAll(() => odd.close())

  test('is told, and so is what hangs on it', () => {
    const { id } = odd
    expect(left(`${id}-pki/`)).toContain('type pki')
    expect(left('role/almighty')).toContain('root')
    expect(left(`auth/${id}-b/role/two`)).toContain('--path')
    expect(left('roles/lost')).toContain('gone')
  })

  test('names stay as they are, whatever is in them', async () => {
    const { id, file } = odd
    const { file: read } = await loadConfig(file)
    expect(read.policies[`${id} a "b" é`]).toEqual({
      grants: [{ verb: 'read', engine: 'kv', mount: `${id} kv/in side`, path: 'app one/*' }],
    })
    expect(read.policies[`${id}-missing`]).toEqual({ existing: true })
    expect(read.policies[`${id}-pki`]).toEqual({ file: `policies/${id}-pki.hcl` })
    expect(Object.keys(read.roles)).toEqual(['a.b-c_1', 'on', 'selects', 'two'])
    expect(read.roles['selects']?.namespaceSelector).toEqual({ matchLabels: { team: 'a' } })
    expect(read.roles['on']?.clusters).toBeUndefined()
    expect(read.roles['two']?.clusters).toEqual([id])
    expect(read.clusters[id]?.auth).toMatchObject({ path: id, description: 'say "hi": # no' })
    expect(read.engines[`${id}-db`]).toMatchObject({ roles: { loose: { accept: ['unquotedStatements'] } } })
  })

  test('no password is in it, and a place for one is', async () => {
    const { id } = odd
    const { file } = await loadConfig(odd.file)
    expect(result.yaml).not.toContain('s3cr3t-of-url')
    expect(file.engines[`${id}-db`]).toMatchObject({
      connections: {
        open: { url: databaseURL(), username: { literal: 'someone' }, password: { env: result.variables[0] } },
      },
    })
    expect(result.holes.map(({ at }) => at)).toContain(`engines.${id}-db.connections.open.password`)
  })

  test('what lacks is marked: here no context of the kubeconfig leads to the cluster', () => {
    expect(result.yaml).toContain(`# FILL IN: Which cluster this is: no context of the kubeconfig has the API server`)
    expect(result.yaml).toContain('context: FILL IN')
    expect(result.yaml).toContain('apiServer: https://10.96.0.1:443')
    expect(readFileSync(join(odd.folder, `${odd.id}-ca.pem`), 'utf8')).toBe(readFileSync(servers().apiServerCA, 'utf8'))
  })

  test('a file that is there is left as it is, and so is a link', async () => {
    const there = readFileSync(odd.file, 'utf8')
    await expect(imported(odd)).rejects.toMatchObject({ code: 'ICE1109' })
    expect(readFileSync(odd.file, 'utf8')).toBe(there)
    const linked = join(odd.folder, 'linked')
    mkdirSync(linked)
    symlinkSync(join(odd.folder, 'policies'), join(linked, 'policies'))
    await expect(imported(odd, { out: join(linked, 'new.yaml') })).rejects.toMatchObject({ code: 'ICE1110' })
    expect(readdirSync(linked)).toEqual(['policies'])
  })

  test('with --dry-run nothing is written, and what is left out is told as notes', async () => {
    const out = join(odd.folder, 'not.yaml')
    odd.events.length = 0
    expect(await imported(odd, { out, dryRun: true })).toMatchObject({ state: 'shown' })
    expect(existsSync(out)).toBe(false)
    expect(odd.events).toContainEqual(expect.objectContaining({ type: 'note', code: 'ICE1033' }))
  })

  test('a mount that is none is refused', async () => {
    await expect(imported(odd, { paths: ['token'] })).rejects.toMatchObject({ code: 'ICE1032', exitCode: 2 })
    await expect(imported(odd, { paths: ['nowhere'] })).rejects.toMatchObject({ code: 'ICE1032' })
  })
})
