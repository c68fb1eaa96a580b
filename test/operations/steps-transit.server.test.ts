import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { VAULT } from '../../src/catalogue/index.js'
import { engineStep, mountStep } from '../../src/operations/engine-mount.js'
import { transitEngine } from '../../src/operations/steps/engine.js'
import { transitKeyStep } from '../../src/operations/steps/transit.js'
import { transitCheck } from '../../src/operations/transit-check.js'
import { transitRotate } from '../../src/operations/transit-rotate.js'
import { path } from '../../src/vault/index.js'
import { limitedToken } from './limited.js'
import { changed, fieldsOf, openSteps, refused, type Steps } from './steps.js'

let steps: Steps
let mount = ''

beforeAll(async () => {
  steps = await openSteps()
  mount = `${steps.id}-transit`
  await mountStep(steps.options(transitEngine, mount, {}), mount, 'transit')
})
afterAll(() => steps.close())

const key = (name: string, section: object, more: object = {}) =>
  engineStep(steps.options(transitKeyStep, `${mount}/${name}`, section as never, more), mount, 'transit')

const check = (name: string) => transitCheck({ ...steps.look(), target: `${mount}/${name}` })

const uses = async (name: string) => (await check(name)).uses.map(({ use, verdict }) => [use, verdict])

test('an engine is mounted once, and tuned', async () => {
  const options = (section: object) => steps.options(transitEngine, mount, section as never)
  expect(changed(await mountStep(options({}), mount, 'transit'))).toEqual({})
  const tuned = await mountStep(options({ maxLeaseTTL: '1h' }), mount, 'transit')
  expect(fieldsOf(tuned, `vault:sys/mounts/${mount}`)).toEqual(['maxLeaseTTL'])
})

describe('key', () => {
  test('is made once; one field is changed by saying it alone', async () => {
    expect(changed(await key('app', { autoRotatePeriod: '48h' }))).toEqual({ [`vault:${mount}/keys/app`]: 'create' })
    expect(changed(await key('app', { autoRotatePeriod: '48h' }))).toEqual({})
    expect(fieldsOf(await key('app', { deletionAllowed: true }), `vault:${mount}/keys/app`)).toEqual([
      'deletionAllowed',
    ])
    expect((await steps.vault.read(path`${mount}/keys/app`))?.data).toMatchObject({
      type: 'aes256-gcm96',
      auto_rotate_period: 172_800,
      deletion_allowed: true,
    })
  })

  test('what is said once stays as it was made, also where it is not said again', async () => {
    await key('sign', { type: 'ed25519' })
    expect(changed(await key('sign', { deletionAllowed: true }))).toEqual({ [`vault:${mount}/keys/sign`]: 'update' })
    expect(await refused(key('sign', { type: 'aes256-gcm96' }))).toMatchObject({ code: 'ICE4001', exit: 8 })
  })

  test('without a transit engine nothing is written: another engine would take it for something else', async () => {
    const kv = `${steps.id}-kv1`
    await steps.vault.write(path`sys/mounts/${kv}`, { type: 'kv' })
    const inKv = (where: string) => engineStep(steps.options(transitKeyStep, `${where}/app`, {}), where, 'transit')
    expect((await refused(inKv(kv))).code).toBe(VAULT.notThere.code)
    expect((await refused(inKv(`${kv}/deep`))).code).toBe(VAULT.notThere.code)
    expect(await steps.vault.list(path`${kv}`)).toEqual([])
    expect((await refused(inKv(`${steps.id}-nosuch`))).next).toEqual(
      expect.arrayContaining([expect.stringContaining('icebreaker transit enable')]),
    )
  })
})

describe('rotate', () => {
  const rotate = (name: string, dryRun = false) =>
    transitRotate({ ...steps.look(), target: `${mount}/${name}`, dryRun })

  test('makes one more version, and shows which are used', async () => {
    await key('rotated', {})
    expect(await rotate('rotated')).toEqual({
      operation: 'transit rotate',
      address: `vault:${mount}/keys/rotated`,
      mount,
      key: 'rotated',
      type: 'aes256-gcm96',
      dryRun: false,
      before: { latestVersion: 1, minDecryptionVersion: 1, minEncryptionVersion: 0 },
      after: { latestVersion: 2, minDecryptionVersion: 1, minEncryptionVersion: 0 },
    })
    expect((await rotate('rotated', true)).after.latestVersion).toBe(2)
    expect((await steps.vault.read(path`${mount}/keys/rotated`))?.data['latest_version']).toBe(2)
    // It is still ours.
    expect(changed(await key('rotated', {}))).toEqual({})
  })

  test('of a key that is not there the nearest is named', async () => {
    expect((await refused(rotate('rotatet'))).next).toEqual([
      'Did you mean rotated?',
      `To make it: icebreaker transit key ${mount}/rotatet`,
    ])
  })
})

describe('check', () => {
  test.each([
    ['aes256-gcm96', {}, [['encrypt, decrypt, compare', 'passed']]],
    ['chacha20-poly1305', { derived: true, convergentEncryption: true }, [['encrypt, decrypt, compare', 'passed']]],
    ['ed25519', {}, [['sign, verify', 'passed']]],
    ['hmac', { keySize: 32 }, [['hmac, verify', 'passed']]],
    [
      'rsa-2048',
      {},
      [
        ['encrypt, decrypt, compare', 'passed'],
        ['sign, verify', 'passed'],
      ],
    ],
  ])('%s', async (type, section, expected) => {
    await key(`check-${type}`, { type, ...section })
    expect(await uses(`check-${type}`)).toEqual(expected)
  })

  test('never makes a key that is missing', async () => {
    expect((await refused(check('missing'))).code).toBe(VAULT.notThere.code)
    expect(await steps.vault.list(path`${mount}/keys`)).not.toContain('missing')
  })

  test('what may not be tried is not proven', async () => {
    await key('half', {})
    const token = await limitedToken(
      steps,
      'half',
      `path "${mount}/keys/half" { capabilities = ["read"] }
       path "${mount}/decrypt/half" { capabilities = ["update"] }`,
    )
    const options = { ...steps.look(), target: `${mount}/half` }
    process.env['VAULT_TOKEN'] = token
    expect((await transitCheck(options)).uses).toEqual([
      expect.objectContaining({ verdict: 'skipped', detail: expect.stringContaining('nobody here may encrypt') }),
    ])
  })
})
