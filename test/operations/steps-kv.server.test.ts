import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { VAULT } from '../../src/catalogue/index.js'
import { kvEnable } from '../../src/operations/kv-enable.js'
import { kvGet, type KvGetOptions } from '../../src/operations/kv-get.js'
import { kvPut, type KvPutOptions } from '../../src/operations/kv-put.js'
import { kvEngine } from '../../src/operations/steps/engine.js'
import { jsonData, pairsData } from '../../src/operations/steps/kv-data.js'
import type { StepObject } from '../../src/operations/steps/object.js'
import { Shown } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { limitedToken } from './limited.js'
import { changed, fieldsOf, openSteps, refused, type Steps } from './steps.js'

let steps: Steps
let [v1, v2]: [string, string] = ['', '']
const nothing: StepObject = { kinds: [], fields: [], parts: () => ({ sections: () => ({}) }) }

beforeAll(async () => {
  steps = await openSteps()
  ;[v1, v2] = [`${steps.id}-v1`, `${steps.id}-v2`]
  await enable(v1, { version: 1 })
  await enable(v2, {})
})
afterAll(() => steps.close())

const enable = (mount: string, section: object, more: object = {}) =>
  kvEnable(steps.options(kvEngine, mount, section as never, more), mount)

const put = (target: string, pairs: readonly string[], more: Partial<KvPutOptions> = {}) =>
  kvPut({ ...steps.options(nothing, '', {}), target, data: pairsData(pairs), overwrite: false, ...more })

const get = (target: string, more: Partial<KvGetOptions> = {}) =>
  kvGet({ ...steps.look(), target, showSecret: false, ...more })

const stored = async (mount: string, name: string): Promise<unknown> => {
  const at = mount === v2 ? path`${mount}/data/${name}` : path`${mount}/${name}`
  const { data } = (await steps.vault.read(at))!
  return mount === v2 ? data['data'] : data
}

describe('enable', () => {
  test('mounts an engine with its config, and only once', async () => {
    const mount = `${steps.id}-kv`
    const section = { maxVersions: 3, description: 'secrets' }
    expect(changed(await enable(mount, section))).toEqual({
      [`vault:sys/mounts/${mount}`]: 'create',
      [`vault:${mount}/config`]: 'create',
    })
    expect(changed(await enable(mount, section))).toEqual({})
    expect(fieldsOf(await enable(mount, { casRequired: true }), `vault:${mount}/config`)).toEqual(['casRequired'])
    expect((await steps.vault.read(path`${mount}/config`))?.data).toMatchObject({ max_versions: 3, cas_required: true })
  })

  test('an engine of version 1 stays one, and is never asked for a config: that would be a secret', async () => {
    expect(fieldsOf(await enable(v1, { description: 'old' }), `vault:sys/mounts/${v1}`)).toEqual(['description'])
    expect(await refused(enable(v1, { maxVersions: 3 }))).toMatchObject({ exit: 2 })
    expect(await refused(enable(v1, { version: 2 }))).toMatchObject({
      exit: 8,
      next: [expect.stringContaining('Leave what cannot be changed')],
    })
    expect(await steps.vault.list(path`${v1}`)).toEqual([])
  })

  test('another sort of engine is left alone', async () => {
    const mount = `${steps.id}-other`
    await steps.vault.write(path`sys/mounts/${mount}`, { type: 'transit' })
    expect(await refused(enable(mount, {}))).toMatchObject({
      code: VAULT.notThere.code,
      message: expect.stringContaining('of type transit'),
    })
  })
})

describe.each([['version 1'], ['version 2']])('put, KV %s', (version) => {
  const mount = () => (version === 'version 1' ? v1 : v2)
  const addressOf = (name: string) => (mount() === v1 ? `vault:${v1}/${name}` : `vault:${v2}/data/${name}`)

  test('creates a secret, and the second time changes nothing', async () => {
    process.env['PW'] = 'first-password'
    const pairs = ['user=literal:app', 'password=env:PW', 'made=generate:12']
    const made = await put(`${mount()}/deep/app`, pairs)
    expect(changed(made)).toEqual({ [addressOf('deep/app')]: 'create' })
    expect(JSON.stringify(made)).not.toContain('first-password')
    const there = await stored(mount(), 'deep/app')
    expect(there).toEqual({ user: 'app', password: 'first-password', made: expect.stringMatching(/^\w{12}$/) })
    expect(changed(await put(`${mount()}/deep/app`, pairs))).toEqual({})
    expect(await stored(mount(), 'deep/app')).toEqual(there)
  })

  test('other values are refused, and replaced where exactly that is said', async () => {
    const target = `${mount()}/over`
    await put(target, ['a=literal:1', 'b=literal:2'])
    const other = ['a=literal:1', 'b=literal:3', 'c=literal:4']
    const told = await refused(put(target, other))
    expect(told).toMatchObject({ code: 'ICE4015', exit: 8, message: expect.stringContaining('other values') })
    expect(await stored(mount(), 'over')).toEqual({ a: '1', b: '2' })

    const dry = await put(target, other, { overwrite: true, dryRun: true })
    const version_ = mount() === v2 ? ['version'] : []
    expect([fieldsOf(dry, addressOf('over')), dry.outcomes]).toEqual([[...version_, 'data.b', 'data.c'], []])
    expect(await stored(mount(), 'over')).toEqual({ a: '1', b: '2' })

    const done = await put(target, other, { overwrite: true })
    expect([changed(done), done.outcomes.map(({ state }) => state)]).toEqual([
      { [addressOf('over')]: 'update' },
      ['done'],
    ])
    expect(await stored(mount(), 'over')).toEqual({ a: '1', b: '3', c: '4' })
    expect(changed(await put(target, other, { overwrite: true }))).toEqual({})
    // A key that is not named again goes.
    expect(fieldsOf(await put(target, ['a=literal:1'], { overwrite: true }), addressOf('over'))).toEqual([
      ...version_,
      'data.b',
      'data.c',
    ])
    expect(await stored(mount(), 'over')).toEqual({ a: '1' })
  })

  test('what somebody else made is left as it is, also with the same values', async () => {
    const at = mount() === v2 ? path`${v2}/data/theirs` : path`${v1}/theirs`
    await steps.vault.write(at, mount() === v2 ? { data: { a: '1' } } : { a: '1' })
    expect(changed(await put(`${mount()}/theirs`, ['a=literal:1']))).toEqual({})
    expect(await refused(put(`${mount()}/theirs`, ['a=literal:2']))).toMatchObject({ code: 'ICE4015' })
    expect((await steps.inventory()).objects).not.toHaveProperty([addressOf('theirs')])
  })

  test('whoever may not look is not told that all is as asked', async () => {
    await put(`${mount()}/unseen`, ['a=literal:1'])
    const at = mount() === v2 ? `${v2}/data/unseen` : `${v1}/unseen`
    const token = await limitedToken(
      steps,
      'writer',
      `path "${at}" { capabilities = ["create", "update"] }
       path "${v2}/metadata/unseen" { capabilities = ["read"] }`,
    )
    const options = steps.options(nothing, '', {})
    process.env['VAULT_TOKEN'] = token
    const work = kvPut({ ...options, target: `${mount()}/unseen`, data: pairsData(['a=literal:2']), overwrite: false })
    const told = await refused(work)
    expect(told.exit).toBe(mount() === v2 ? 8 : 5)
    expect(await stored(mount(), 'unseen')).toEqual({ a: '1' })
  })
})

describe('put', () => {
  test('exactly the version that was compared is replaced, and no later one', async () => {
    await put(`${v2}/race`, ['a=literal:1'])
    const prompt = async () => {
      await steps.vault.write(path`${v2}/data/race`, { data: { a: 'theirs' } })
      return 'ours'
    }
    const told = await refused(put(`${v2}/race`, ['a=prompt'], { overwrite: true, prompt }))
    expect(told).toMatchObject({ code: 'ICE4002', exit: 8 })
    expect(await stored(v2, 'race')).toEqual({ a: 'theirs' })
  })

  test('a deleted secret is written again only where that is said', async () => {
    await put(`${v2}/gone`, ['a=literal:1'])
    await steps.vault.delete(path`${v2}/data/gone`)
    expect(await refused(put(`${v2}/gone`, ['a=literal:1']))).toMatchObject({
      code: 'ICE4015',
      message: expect.stringContaining('version 1 was deleted'),
    })
    await put(`${v2}/gone`, ['a=literal:1'], { overwrite: true })
    expect(await stored(v2, 'gone')).toEqual({ a: '1' })
  })

  test('JSON: no value of it is in the result', async () => {
    const { data, answer } = jsonData('{"password": "from-standard-input", "empty": ""}')
    const made = await put(`${v2}/json`, ['x=literal:'], { data, prompt: answer, origin: 'standard input' })
    expect(JSON.stringify([made, data])).not.toContain('from-standard-input')
    expect(made.plan.objects.at(-1)?.changes.map(({ why }) => why)).toEqual(['standard input', 'standard input'])
    expect(await stored(v2, 'json')).toEqual({ password: 'from-standard-input', empty: '' })
  })

  test('no engine, or another one, is said before anything is written', async () => {
    expect(await refused(put(`${steps.id}-nosuch/app`, ['a=literal:1']))).toMatchObject({
      code: VAULT.notThere.code,
      exit: 1,
      next: expect.arrayContaining([expect.stringContaining('icebreaker kv enable')]),
    })
    expect(await refused(put(`cubbyhole/app`, ['a=literal:1']))).toMatchObject({
      message: expect.stringContaining('of type cubbyhole'),
    })
  })
})

describe('get', () => {
  const values = { user: 'somebody', password: 'not-to-be-seen' }

  beforeAll(async () => {
    await steps.vault.write(path`${v2}/metadata/app`, { custom_metadata: { owner: 'team-of-the-app' } })
    await steps.vault.write(path`${v2}/data/app`, { data: values })
    await steps.vault.write(path`${v2}/data/app`, { data: { ...values, nested: { port: 5432, name: 'inner-text' } } })
    await steps.vault.write(path`${v1}/app`, values)
  })

  test('shows keys, version and metadata, and no value; Vault alone is asked', async () => {
    const got = await get(`${v2}/app`, { kubeconfig: '/nonexistent' })
    expect(got).toMatchObject({
      operation: 'kv get',
      address: `vault:${v2}/data/app`,
      mount: v2,
      path: 'app',
      engineVersion: 2,
      version: 2,
      createdTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      customMetadata: { owner: 'team-of-the-app' },
      data: { user: '(secret)', password: '(secret)', nested: '(secret)' },
      shown: false,
    })
    expect(await get(`${v1}/app`)).toMatchObject({
      engineVersion: 1,
      data: { user: '(secret)', password: '(secret)' },
    })
  })

  test('values where they are asked for, of any version', async () => {
    const shown = await get(`${v2}/app`, { showSecret: true })
    const { password, nested } = shown.data as { password: Shown; nested: { port: number; name: Shown } }
    expect([Shown.text(password), nested.port, Shown.text(nested.name)]).toEqual(['not-to-be-seen', 5432, 'inner-text'])
    const first = await get(`${v2}/app`, { version: 1, showSecret: true })
    expect([first.version, Object.keys(first.data)]).toEqual([1, ['password', 'user']])
  })

  test('to a file: one value to the letter, or all as JSON; an existing file is not replaced', async () => {
    const [one, all] = [join(steps.folder, 'one'), join(steps.folder, 'all')]
    const got = await get(`${v2}/app`, { field: 'password', secretOut: one })
    expect(got).toMatchObject({ savedTo: one, field: 'password', data: { password: '(secret)' } })
    expect([readFileSync(one, 'utf8'), statSync(one).mode & 0o777]).toEqual(['not-to-be-seen', 0o600])
    await get(`${v2}/app`, { secretOut: all })
    expect(JSON.parse(readFileSync(all, 'utf8'))).toMatchObject({ ...values, nested: { port: 5432 } })
    writeFileSync(all, 'mine')
    expect(await refused(get(`${v2}/app`, { secretOut: all }))).toMatchObject({ code: 'ICE1107', exit: 2 })
    expect(readFileSync(all, 'utf8')).toBe('mine')
  })

  test('what is not there: the nearest name', async () => {
    expect(await refused(get(`${v2}/ap`))).toMatchObject({
      code: VAULT.notThere.code,
      exit: 1,
      next: ['Did you mean app?'],
    })
    expect((await refused(get(`${v1}/ap`))).next).toEqual(['Did you mean app?'])
    expect((await refused(get(`${v2}/app`, { field: 'pasword' }))).next).toEqual(['Did you mean password?'])
    expect((await refused(get(`${v2}/app`, { version: 9 }))).message).toContain('no version 9')
    expect((await refused(get(v2))).code).toBe(VAULT.notThere.code)
  })

  test('a version that was deleted, or destroyed, says so', async () => {
    await steps.vault.write(path`${v2}/data/del`, { data: values })
    await steps.vault.delete(path`${v2}/data/del`)
    expect(await refused(get(`${v2}/del`))).toMatchObject({
      message: expect.stringContaining('was deleted'),
      next: [expect.stringContaining(`vault kv undelete -mount=${v2} -versions=1 del`)],
    })
    await steps.vault.write(path`${v2}/destroy/del`, { versions: [1] })
    expect((await refused(get(`${v2}/del`))).message).toContain('was destroyed')
  })

  test('with a token that may read this one secret, and nothing else', async () => {
    const token = await limitedToken(steps, 'reader', `path "${v2}/data/app" { capabilities = ["read"] }`)
    const options = { ...steps.look(), target: `${v2}/app`, showSecret: false }
    process.env['VAULT_TOKEN'] = token
    expect(await kvGet(options)).toMatchObject({ version: 2 })
    expect(await refused(kvGet({ ...options, target: `${v2}/over` }))).toMatchObject({ exit: 5 })
  })
})

test('a value that is no text is never the same as a text', async () => {
  await steps.vault.write(path`${v2}/data/number`, { data: { port: 5432 } })
  expect(await refused(put(`${v2}/number`, ['port=literal:5432']))).toMatchObject({ code: 'ICE4015' })
})
