import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { parse } from 'yaml'
import { isIceError } from '../../../src/catalogue/index.js'
import type { FileInput } from '../../../src/config/schema.js'
import { refs } from '../../../src/kubernetes/objects.js'
import { exportFile } from '../../../src/operations/export/index.js'
import type { ExportResult } from '../../../src/operations/export/types.js'
import type { PlanResult } from '../../../src/operations/results.js'
import { installServer } from '../../../src/sandbox/index.js'
import { Secret } from '../../../src/secrets/index.js'
import { path, type Vault } from '../../../src/vault/index.js'
import { servers } from '../../servers/index.js'
import { bare, everything, makeUser, pluginVersions } from '../everything.js'
import { openScenario, type Scenario } from '../scenario.js'
import { openParser, type Parser } from './parser.js'

let parser: Parser
let kubectl: string
let s: Scenario
let removeUser: () => Promise<void>

beforeAll(async () => {
  parser = openParser()
  kubectl = await installServer('kubectl', { emit: () => undefined })
}, 120_000)
afterAll(() => parser.close())

beforeEach(async () => {
  s = await openScenario()
  removeUser = await makeUser(s.id)
})

afterEach(async () => {
  await s.vault.delete(path`sys/policies/password/${s.id}`)
  await s.close()
  await removeUser()
})

type Entry = Readonly<Record<string, unknown>>
interface Mount extends Entry {
  readonly path: string
  readonly type: string
  readonly config?: Entry
  readonly options?: Entry
  readonly roles?: readonly Entry[]
  readonly configuration?: Readonly<Record<string, readonly Entry[]>>
}
interface Config {
  readonly policies?: readonly { readonly name: string; readonly rules: string }[]
  readonly auth?: readonly Mount[]
  readonly secrets?: readonly Mount[]
}

/** FAKE: does what bank-vaults v1.33 does with its file, in its order; written after its sources (internal/vault/*.go). */
async function configure(vault: Vault, { policies = [], auth = [], secrets = [] }: Config): Promise<void> {
  const write = async (at: string, body: Entry): Promise<void> => {
    try {
      await vault.write(path`${at}`, body as Record<string, never>, { repeatable: true })
    } catch (error) {
      // What it sends beside the entry Vault passes over, and bank-vaults only logs that.
      if (!isIceError(error) || !/ignored (?:allowed_domains|name|, )+\.$/.test(error.message)) throw error
    }
  }
  for (const { path: at, type, options = {}, config = {}, roles = [] } of auth) {
    await write(`sys/auth/${at}`, { type, description: `${type} backend`, config: options })
    await write(`sys/mounts/auth/${at}/tune`, options)
    await write(`auth/${at}/config`, config)
    for (const role of roles) await write(`auth/${at}/role/${String(role['name'])}`, role)
  }
  for (const { name, rules } of policies) await write(`sys/policies/acl/${name}`, { policy: rules })
  for (const { path: at, configuration = {}, ...mount } of secrets) {
    await write(`sys/mounts/${at}`, mount)
    for (const [section, entries] of Object.entries(configuration)) {
      for (const { create_only: _once, ...entry } of entries) {
        const name = section === 'config' && mount.type === 'kv' ? '' : `/${String(entry['name'])}`
        await patiently(() => write(`${at}/${section}${name}`, { ...entry, allowed_domains: [] }))
      }
    }
  }
}

/** A new KV engine refuses everything for a moment; bank-vaults runs again and again. */
async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 50; ; tries--) {
    try {
      await work()
      return
    } catch (error) {
      if (tries === 0 || !String(error).includes('pgrading')) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** As an operator would: the manifests, then the values, then the file. */
async function follow({ files, inputs }: ExportResult): Promise<void> {
  const [config, ...manifests] = files
  for (const { name, text } of manifests) {
    writeFileSync(join(s.folder, name), text)
    await execa(kubectl, ['apply', '-f', join(s.folder, name)], {
      env: { PATH: dirname(kubectl), KUBECONFIG: servers().kubeconfig },
      extendEnv: false,
    })
  }
  const env: Record<string, string> = { PGPASSWORD: servers().postgres.vault.password }
  for (const { name } of inputs) env[name] ??= name.endsWith('REVIEWER_TOKEN') ? await reviewerToken() : 'made-up'
  await configure(s.vault, parse(parser.render(config?.text ?? '', env), { version: '1.1' }) as Config)
}

async function reviewerToken(): Promise<string> {
  for (;;) {
    const token = await s.cluster.readSecret(`${s.id}-auth`, 'reviewer-token', 'token')
    if (token !== undefined) return Secret.reveal(token)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** What still differs, but whose it is. No record says which token the reviewer's is. */
const differences = ({ plan }: PlanResult): string[] =>
  plan.objects.flatMap(({ address, changes }) =>
    changes
      .map(({ field }) => field.replace(/^data\..*/, 'data'))
      .filter((field) => !['ownership', 'tokenReviewerJWT', 'labels'].includes(field))
      .map((field) => `${address} ${field}`),
  )

async function full(): Promise<FileInput> {
  const file = everything(s, s.id, await pluginVersions(s))
  const rule = 'length = 20\nrule "charset" { charset = "abcdefghijklmnopqrstuvwxyz" }'
  await s.vault.write(path`sys/policies/password/${s.id}`, { policy: rule })
  const database = file.engines![`${s.id}-db`] as { connections: Record<string, { passwordPolicy?: string }> }
  database.connections['main']!.passwordPolicy = s.id
  return file
}

test.each([
  ['no field that may be left out', async () => bare(s, s.id)],
  ['every field', full],
])('what bank-vaults makes is what apply would make, but for what it says it cannot: %s', async (_, file) => {
  s.write(await file())
  const exported = await exportFile({ ...s.fileOptions(), format: 'bank-vaults' })
  await follow(exported)
  const leftOut = exported.leftOut.map(({ address, field }) => `${address} ${field}`)
  // It stands as icebreaker would have it; how often it is written is another matter.
  const expected = leftOut.filter((each) => !each.endsWith(' password'))
  const found = differences(await s.plan({ adopt: 'all' }))
  expect(found.filter((each) => !expected.includes(each))).toEqual([])
  // Nothing is said to be missing that is there.
  expect(expected.filter((each) => !found.includes(each))).toEqual([])
})

test('and logins work by it', async () => {
  s.write({
    ...bare(s, s.id),
    verify: [{ as: `${s.id}-app/app`, role: 'app', can: [], cannot: [`read kv ${s.id}-v2/app`] }],
  })
  await follow(await exportFile({ ...s.fileOptions(), format: 'bank-vaults' }))
  const { verify } = await s.verify()
  expect(verify.probes.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
  expect(verify.probes.length).toBeGreaterThan(2)
  expect(await s.cluster.get(refs.namespace(`${s.id}-app`))).toBeDefined()
})
