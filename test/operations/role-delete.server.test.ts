import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { roleDelete, type RoleDeleteOptions } from '../../src/operations/role-delete.js'
import { refs } from '../../src/kubernetes/index.js'
import { path } from '../../src/vault/index.js'
import { openScenario, refusal, type Scenario } from './scenario.js'

let one: Scenario
beforeAll(async () => {
  one = await openScenario()
  one.write({
    ...one.base(),
    roles: { app: { serviceAccounts: ['app'], namespaces: [`${one.id}-app`], audience: 'vault' } },
  })
  await one.apply()
})
afterAll(() => one.close())

const run = (role: string, more: Partial<RoleDeleteOptions> = {}) =>
  roleDelete({
    file: one.file,
    fileMustExist: true,
    step: { kinds: [], says: [], sections: () => ({}), flagFor: () => undefined },
    role,
    foreign: false,
    dryRun: false,
    withData: false,
    changedToo: false,
    confirm: () => Promise.resolve(true),
    emit: () => undefined,
    stop: new AbortController().signal,
    ...more,
  })
const stands = async (role: string) => (await one.vault.read(path`auth/${one.id}/role/${role}`)) !== undefined
const foreign = { bound_service_account_names: ['x'], bound_service_account_namespaces: ['x'], audience: 'x' }

test('a role of ours goes, also where it was changed by hand, and the record forgets it; again there is nothing to do', async () => {
  await one.vault.write(path`auth/${one.id}/role/app`, { token_ttl: 77 })
  expect((await run('app', { dryRun: true })).removals).toMatchObject([{ action: 'delete' }])
  expect(await stands('app')).toBe(true)
  expect((await run('app')).outcomes).toMatchObject([{ state: 'done' }])
  expect(await stands('app')).toBe(false)
  expect((await one.inventory()).objects).not.toHaveProperty([`vault:auth/${one.id}/role/app`])
  expect((await run('app')).removals).toEqual([])
})

test('a role of others is refused, unless that is said', async () => {
  await one.vault.write(path`auth/${one.id}/role/theirs`, foreign)
  expect(await refusal(run('theirs') as never)).toMatchObject({ code: 'ICE4001', exitCode: 8 })
  expect(await stands('theirs')).toBe(true)
  expect((await run('theirs', { foreign: true })).outcomes).toMatchObject([{ state: 'done' }])
  expect(await stands('theirs')).toBe(false)
})

test('where icebreaker never ran, a role of others needs no record and no lease', async () => {
  const two = await openScenario()
  try {
    two.write(two.base())
    await two.vault.write(path`sys/auth/${two.id}`, { type: 'kubernetes' })
    const role = path`auth/${two.id}/role/theirs`
    await two.vault.write(role, foreign)
    expect((await run('theirs', { file: two.file, foreign: true })).outcomes).toMatchObject([{ state: 'done' }])
    expect(await two.vault.read(role)).toBeUndefined()
    expect(await two.cluster.get(refs.namespace(`${two.id}-auth`))).toBeUndefined()
  } finally {
    await two.close()
  }
})

test('a role that another file made is left to it, and named as that file’s', async () => {
  const two = await openScenario()
  try {
    two.write({
      ...two.base(),
      clusters: { demo: { ...two.base().clusters['demo']!, auth: { ...one.base().clusters['demo']!.auth } } },
    })
    one.write({
      ...one.base(),
      roles: { app: { serviceAccounts: ['app'], namespaces: [`${one.id}-app`], audience: 'vault' } },
    })
    await one.apply()
    expect(await refusal(run('app', { file: two.file, foreign: true }) as never)).toMatchObject({
      code: 'ICE4001',
      exitCode: 8,
      message: expect.stringContaining(`belongs to the file named ${one.id}`),
    })
    expect(await stands('app')).toBe(true)
  } finally {
    await two.close()
  }
})
