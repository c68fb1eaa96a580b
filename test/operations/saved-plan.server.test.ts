import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { refs } from '../../src/kubernetes/index.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { databaseURL } from './everything.js'
import { openScenario, pending, refusal, states, type Scenario } from './scenario.js'

let scenario: Scenario
let saved: string

beforeEach(async () => {
  scenario = await openScenario()
  saved = join(scenario.folder, 'plan.json')
})
afterEach(() => scenario.close())

function file({ id, base }: Scenario, grants = ['a']) {
  return {
    ...base(),
    engines: {
      [`${id}-kv`]: {
        type: 'kv' as const,
        secrets: { app: { a: { generate: {} }, b: { env: 'CANARY' }, c: { file: 'canary' } } },
      },
      [`${id}-db`]: {
        type: 'database' as const,
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url: databaseURL(),
            username: { literal: 'vault' },
            password: { env: 'PGPASSWORD' },
          },
        },
      },
    },
    policies: { [`${id}-app`]: { grants: grants.map((each) => `read kv ${id}-kv/${each}`) } },
  }
}

test('a saved plan is private, holds no secret, is applied as it stands, and is never written over another file', async () => {
  const canaries = { env: `env-${scenario.id}-canary`, file: `file-${scenario.id}-canary` }
  process.env['CANARY'] = canaries.env
  writeFileSync(join(scenario.folder, 'canary'), canaries.file)
  scenario.write(file(scenario))
  expect((await scenario.plan({ out: saved })).savedTo).toBe(saved)
  expect(statSync(saved).mode & 0o777).toBe(0o600)
  const text = readFileSync(saved, 'utf8')
  const { token, postgres } = servers()
  for (const secret of [...Object.values(canaries), token, postgres.vault.password]) expect(text).not.toContain(secret)

  for (const taken of [saved, linkTo(saved)]) {
    expect(await refusal(scenario.plan({ out: taken }))).toMatchObject({ code: 'ICE4013', exitCode: 2 })
  }
  expect(readFileSync(saved, 'utf8')).toBe(text)

  // The file may say something else by now.
  scenario.write(file(scenario, ['a', 'b']))
  const { outcomes } = await scenario.apply({ savedPlan: saved })
  expect(outcomes.filter(({ state }) => state !== 'done')).toEqual([])
  const policy = (await scenario.vault.read(path`sys/policies/acl/${`${scenario.id}-app`}`))?.data['policy']
  expect(policy).not.toContain('data/b')
  expect(pending(await scenario.plan())).toEqual({ [`vault:sys/policies/acl/${scenario.id}-app`]: 'update' })
  expect(await refusal(scenario.apply({ savedPlan: saved }))).toMatchObject({ code: 'ICE4009', exitCode: 8 })
})

function linkTo(target: string): string {
  const link = `${target}.link`
  symlinkSync(target, link)
  return link
}

test('a saved plan is refused when an object has moved, or another run has changed the inventory', async () => {
  const { id, vault } = scenario
  process.env['CANARY'] = 'canary'
  writeFileSync(join(scenario.folder, 'canary'), 'canary')
  scenario.write(file(scenario))
  await scenario.apply()

  scenario.write(file(scenario, ['a', 'b']))
  await scenario.plan({ out: saved })
  await vault.write(path`sys/mounts/${`${id}-kv`}/tune`, { description: 'by hand' })
  expect(await refusal(scenario.apply({ savedPlan: saved }))).toMatchObject({
    code: 'ICE4009',
    exitCode: 8,
    message: expect.stringContaining(`vault:sys/mounts/${id}-kv`),
  })
  await vault.write(path`sys/mounts/${`${id}-kv`}/tune`, { description: '' })

  // Another run, with nothing that this plan speaks of.
  scenario.write({
    ...file(scenario),
    policies: { ...file(scenario).policies, [`${id}-more`]: { grants: [`read kv ${id}-kv/b`] } },
  })
  await scenario.apply()
  expect(await refusal(scenario.apply({ savedPlan: saved }))).toMatchObject({
    code: 'ICE4009',
    message: 'Since the plan was saved another run has changed the inventory.',
  })
})

test('a saved plan is refused for another Vault or another cluster, and where it is no plan', async () => {
  process.env['CANARY'] = 'canary'
  scenario.write(file(scenario))
  await scenario.plan({ out: saved })
  const plan = JSON.parse(readFileSync(saved, 'utf8')) as { servers: { vault: string; clusters: object } }
  const changed = (content: unknown): string => {
    const at = join(scenario.folder, `changed-${String(Math.random()).slice(2)}`)
    writeFileSync(at, typeof content === 'string' ? content : JSON.stringify(content))
    chmodSync(at, 0o600)
    return at
  }
  const elsewhere = { ...plan.servers, vault: 'https://vault.example.com:8200' }
  const otherCluster = { ...plan.servers, clusters: { demo: 'https://10.0.0.1:6443' } }
  for (const [content, code, words] of [
    [{ ...plan, servers: elsewhere }, 'ICE4009', 'made for Vault at https://vault.example.com:8200'],
    [{ ...plan, servers: otherCluster }, 'ICE4009', 'made for cluster demo at https://10.0.0.1:6443'],
    [{ ...plan, schemaVersion: 2 }, 'ICE4010', 'is not a plan of this version'],
    ['not JSON', 'ICE4010', 'cannot be read as a plan'],
  ] as const) {
    const error = await refusal(scenario.apply({ savedPlan: changed(content) }))
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
  }
  expect(await scenario.cluster.get(refs.namespace(`${scenario.id}-auth`))).toBeUndefined()
  expect(states(await scenario.apply({ savedPlan: saved, dryRun: true }))).toEqual({})
})
