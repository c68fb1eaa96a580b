import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { policyStep } from '../../src/operations/steps/policy.js'
import { policyWrite } from '../../src/operations/steps/policy-write.js'
import type { StepOptions } from '../../src/operations/step.js'
import { path } from '../../src/vault/index.js'
import { changed, openSteps, refused, type Steps } from './steps.js'

let steps: Steps
let [v1, v2, name]: [string, string, string] = ['', '', '']
let count = 0

beforeAll(async () => {
  steps = await openSteps()
  ;[v1, v2] = [`${steps.id}-v1`, `${steps.id}-v2`]
  await steps.vault.write(path`sys/mounts/${v1}`, { type: 'kv' })
  await steps.vault.write(path`sys/mounts/${v2}`, { type: 'kv', options: { version: '2' } })
})
beforeEach(() => {
  name = `${steps.id}-p${count++}`
})
afterAll(() => steps.close())

const write = (section: object, more: Partial<StepOptions> & { engines?: readonly string[] } = {}) =>
  policyWrite({ ...steps.options(policyStep, name, section as never), policy: name, engines: [], ...more })

const live = async () => (await steps.vault.read<{ policy: string }>(path`sys/policies/acl/${name}`))?.data.policy

test('grants are compiled for what is mounted: flags first, then the file, then Vault', async () => {
  const grants = [`read kv ${v1}/app`, `read kv ${v2}/app`]
  expect(changed(await write({ grants }))).toMatchObject({ [`vault:sys/policies/acl/${name}`]: 'create' })
  expect(await live()).toBe(
    `path "${v1}/app" {\n  capabilities = ["read"]\n}\n\npath "${v2}/data/app" {\n  capabilities = ["read"]\n}\n`,
  )
  expect(changed(await write({ grants }))).toEqual({})
  await write({ grants: [`read kv ${v1}/app`] }, { engines: [`${v1}=kv:2`] })
  expect(await live()).toContain(`"${v1}/data/app"`)
  expect(await refused(write({ grants: [`read kv ${steps.id}-nosuch/app`] }))).toMatchObject({
    code: 'ICE7061',
    next: [expect.stringContaining('--engine')],
  })
})

test('what changes is told by meaning, and narrowed before it is widened', async () => {
  const first = await write({ grants: [`read kv ${v2}/app`] })
  expect(first.meaning).toEqual({
    effect: 'widens',
    paths: [{ path: `${v2}/data/app`, gains: ['read'], loses: [] }],
  })
  const more = await write({ grants: [`read kv ${v2}/app`, `list kv ${v2}/app`] })
  expect([more.meaning?.effect, more.plan.objects.at(-1)?.stages]).toEqual(['widens', ['widen']])
  const other = await write({ grants: [`read kv ${v2}/other`] }, { dryRun: true })
  expect(other.meaning).toMatchObject({ effect: 'mixed', paths: expect.arrayContaining([expect.anything()]) })
  expect(other.outcomes).toEqual([])
  const less = await write({ grants: [`list kv ${v2}/app`] })
  expect(less.meaning).toMatchObject({ effect: 'mixed' })
})

test('a text is written as it is', async () => {
  const file = join(steps.folder, 'policy.hcl')
  const text = `# by hand\npath "${v2}/data/*" {\n  capabilities = ["read", "list"]\n}\n`
  writeFileSync(file, text)
  const made = await write({ file })
  expect(made.meaning).toMatchObject({ effect: 'widens', paths: [{ path: `${v2}/data/*` }] })
  expect((await live())?.trim()).toBe(text.trim())
  expect(changed(await write({ file }))).toEqual({})
})

test('a text that is no policy is refused before anything is contacted', async () => {
  const file = join(steps.folder, 'broken.hcl')
  writeFileSync(file, 'path "a" { capabilities = ["read" }')
  const told = await refused(write({ file }, { vaultAddress: 'https://127.0.0.1:1' }))
  expect(told).toMatchObject({ code: 'ICE7001', exit: 2 })
})

test('nothing, or both, is refused', async () => {
  expect(await refused(write({}))).toMatchObject({ code: 'ICE1102', exit: 2 })
  expect(await refused(write({ grants: ['read kv a/b'], file: 'x' }))).toMatchObject({ code: 'ICE1100', exit: 2 })
})

test('what somebody else made is refused, and taken over where that is said', async () => {
  await steps.vault.write(path`sys/policies/acl/${name}`, { policy: 'path "a" { capabilities = ["read"] }' })
  const address = `vault:sys/policies/acl/${name}`
  const grants = [`read kv ${v2}/app`]
  expect(await refused(write({ grants }))).toMatchObject({
    code: 'ICE4001',
    next: [expect.stringContaining(`--adopt ${address}`)],
  })
  const adopted = await write({ grants }, { adopt: new Set([address]) })
  expect(changed(adopted)).toEqual({ [address]: 'update' })
  expect(adopted.meaning).toMatchObject({ effect: 'mixed' })
})
