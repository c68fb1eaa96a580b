import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { path, type Payload } from '../../src/vault/index.js'
import { refs } from '../../src/kubernetes/index.js'
import { codes, errors, findingOf, openPatient, type Patient } from './patient.js'

let patient: Patient
let healthy: Record<string, Payload>

const roleAt = (name = 'app') => path`auth/${patient.id}/role/${name}`
const change = (data: Record<string, Payload>) => patient.vault.write(roleAt(), data)
const namespace = () => `${patient.id}-app`
const account = (name = 'app') => refs.serviceAccount(namespace(), name)

beforeAll(async () => {
  patient = await openPatient()
  healthy = (await patient.vault.read(roleAt()))?.data as Record<string, Payload>
})
afterEach(async () => {
  await patient.vault.delete(roleAt())
  await patient.vault.write(roleAt(), healthy)
})
afterAll(() => patient.close())

test('a healthy role yields nothing, by the file and without it', async () => {
  expect(codes(await patient.examine())).toEqual([])
  expect(codes(await patient.examineUnwritten())).toEqual([])
})

/** Follows what the finding says, and finds nothing any more. */
async function mended(code: string): Promise<void> {
  const result = await patient.examine()
  expect(errors(result)).toEqual([code])
  await patient.follow(findingOf(result, code))
  expect(codes(await patient.examine())).toEqual([])
}

describe('ICE9301', () => {
  test('a role of the file that is gone', async () => {
    await patient.vault.delete(roleAt())
    await mended('ICE9301')
  })

  test('a name that is nearly right, without a file', async () => {
    const workload = { account: `${namespace()}/app` }
    const result = await patient.examineUnwritten({ role: 'appp', workload })
    expect(errors(result)).toEqual(['ICE9301'])
    expect(findingOf(result, 'ICE9301').message).toContain('Is app meant?')
  })

  test('a role that is on another mount', async () => {
    await patient.vault.write(path`sys/auth/${`${patient.id}-two`}`, { type: 'kubernetes' })
    await patient.vault.write(path`auth/${`${patient.id}-two`}/role/other`, healthy)
    const result = await patient.examineUnwritten({ role: 'other', workload: { account: `${namespace()}/app` } })
    expect(errors(result)).toEqual(['ICE9301'])
    expect(findingOf(result, 'ICE9301').evidence).toMatchObject({
      'one of this name is on': expect.stringContaining(`auth/${patient.id}-two`),
    })
    await patient.vault.delete(path`sys/auth/${`${patient.id}-two`}`)
  })
})

describe('bindings', () => {
  test('ICE9302: the role names another account', async () => {
    await change({ bound_service_account_names: ['elsewhere'] })
    await mended('ICE9302')
  })

  test('ICE9303: the role names another namespace', async () => {
    await change({ bound_service_account_namespaces: ['elsewhere'] })
    await mended('ICE9303')
  })

  test('both at once are two findings', async () => {
    await change({ bound_service_account_names: ['x*'], bound_service_account_namespaces: ['elsewhere'] })
    expect(errors(await patient.examine())).toEqual(['ICE9302', 'ICE9303'])
  })

  test('ICE9315: a * without a file is told, and so is one that the file does not want', async () => {
    await change({ bound_service_account_names: ['*'] })
    expect(codes(await patient.examine())).toEqual(['ICE9315'])
    expect(codes(await patient.examineUnwritten())).toEqual(['ICE9315'])
    await patient.follow(findingOf(await patient.examine(), 'ICE9315'))
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9310: a selector that the server takes and that fails at every login', async () => {
    await change({ bound_service_account_namespace_selector: '{"matchLabels":{"a b":"c"}}' })
    await mended('ICE9310')
    await change({
      bound_service_account_namespaces: [],
      bound_service_account_namespace_selector: '{"matchLabels":{"kubernetes.io/metadata.name=test":""}}',
    })
    // The namespace is let in by nothing else, and that is why.
    expect(errors(await patient.examine())).toEqual(['ICE9310'])
  })

  test('a selector that is no LabelSelector is refused by the server', async () => {
    await expect(
      change({ bound_service_account_namespace_selector: 'kubernetes.io/metadata.name=test' }),
    ).rejects.toMatchObject({ message: expect.stringContaining('invalid') })
  })

  test('ICE9314: an account of the file that is gone; one that only the role names is a warning', async () => {
    await patient.cluster.delete(account())
    await mended('ICE9314')
    await change({ bound_service_account_names: ['app', 'later'] })
    const result = await patient.examine()
    expect(codes(result)).toEqual(['ICE9314'])
    expect(errors(result)).toEqual([])
  })

  test('ICE9304: several names in several namespaces', async () => {
    await change({
      bound_service_account_names: ['app', 'two'],
      bound_service_account_namespaces: [namespace(), 'default'],
    })
    const result = await patient.examine()
    expect(codes(result)).toEqual(['ICE9304'])
    expect(findingOf(result, 'ICE9304').evidence).toEqual({
      missing: `${namespace()}/two, default/app, default/two`,
    })
  })
})

describe('audiences', () => {
  test('ICE9305: the role asks for another one than the file', async () => {
    await change({ audience: 'other' })
    await mended('ICE9305')
  })

  test('ICE9307: the role asks for none', async () => {
    await change({ audience: '' })
    const result = await patient.examine()
    expect(codes(result)).toEqual(['ICE9307'])
    expect(codes(await patient.examineUnwritten())).toEqual(['ICE9307'])
    await patient.follow(findingOf(result, 'ICE9307'))
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9307 without a file: the step that is printed mends it', async () => {
    await change({ audience: '' })
    await patient.follow(findingOf(await patient.examineUnwritten(), 'ICE9307'))
    expect(codes(await patient.examineUnwritten())).toEqual([])
    await patient.apply({ adopt: 'all' })
  })
})

describe('what the role gives', () => {
  test('ICE9309: a policy that was deleted', async () => {
    await patient.vault.delete(path`sys/policies/acl/${`${patient.id}-read`}`)
    await mended('ICE9309')
  })

  test('ICE9309: a policy that the role has lost', async () => {
    await change({ token_policies: ['default'] })
    await mended('ICE9309')
  })

  test('ICE9309 without a file: a slip in the name', async () => {
    await change({ token_policies: [`${patient.id}-raed`] })
    const result = await patient.examineUnwritten()
    expect(errors(result)).toEqual(['ICE9309'])
    expect(findingOf(result, 'ICE9309').message).toContain(`Is ${patient.id}-read meant?`)
    await patient.follow(findingOf(result, 'ICE9309'))
    expect(codes(await patient.examineUnwritten())).toEqual([])
    await patient.apply({ adopt: 'all' })
  })

  test('names in capitals are the same policy', async () => {
    await change({ token_policies: [`${patient.id}-READ`] })
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9319: root lets nobody in', async () => {
    await change({ token_policies: [`${patient.id}-read`, 'root'] })
    await mended('ICE9319')
  })

  test('ICE9317: one use', async () => {
    await change({ token_num_uses: 1 })
    expect(codes(await patient.examineUnwritten())).toEqual(['ICE9317'])
    await mended('ICE9317')
  })

  test('ICE9312: the mount allows less, or the role itself', async () => {
    const tune = path`sys/mounts/auth/${patient.id}/tune`
    await patient.vault.write(tune, { max_lease_ttl: '5m' })
    const result = await patient.examineUnwritten()
    expect(codes(result)).toEqual(['ICE9312'])
    expect(findingOf(result, 'ICE9312').evidence).toMatchObject({
      token_ttl: '10m',
      'max_lease_ttl of the mount': '5m',
    })
    await patient.vault.write(tune, { max_lease_ttl: '0' })
    await change({ token_explicit_max_ttl: 60 })
    expect(codes(await patient.examineUnwritten())).toEqual(['ICE9312'])
  })

  test('ICE9318: the mount makes batch tokens, so the limit of uses does not hold', async () => {
    const tune = path`sys/mounts/auth/${patient.id}/tune`
    await change({ token_num_uses: 9 })
    await patient.vault.write(tune, { token_type: 'batch' })
    const result = await patient.examineUnwritten()
    expect(codes(result)).toEqual(['ICE9318'])
    const { commands } = findingOf(result, 'ICE9318').remedy
    expect(commands).toEqual([`vault auth tune -token-type=default-service ${patient.id}/`])
    await patient.vault.write(tune, { token_type: 'default-service' })
    expect(codes(await patient.examineUnwritten())).toEqual([])
  })

  test('ICE9313: logins only from elsewhere, though the file says from anywhere', async () => {
    await change({ token_bound_cidrs: ['10.99.0.0/16'] })
    await mended('ICE9313')
  })

  test('ICE9313 without a file: from here the door is closed, and whether it is for pods is not known', async () => {
    await change({ token_bound_cidrs: ['10.99.0.0/16'] })
    const result = await patient.examineUnwritten()
    expect(codes(result)).toEqual(['ICE9313'])
    expect(errors(result)).toEqual([])
    await change({ token_bound_cidrs: ['127.0.0.1'] })
    expect(codes(await patient.examineUnwritten())).toEqual([])
  })
})

test('ICE9316: an account that was made anew, whose old entity had a policy', async () => {
  // A login makes the entity.
  expect(codes(await patient.examine())).toEqual([])
  const uid = (await patient.cluster.get(account()))?.metadata.uid ?? ''
  const { accessor = '' } =
    (await patient.vault.read<Record<string, { accessor: string }>>(path`sys/auth`))?.data[`${patient.id}/`] ?? {}
  const lookup = { alias_name: uid, alias_mount_accessor: accessor }
  const { id } = (await patient.vault.write<{ id: string }>(path`identity/lookup/entity`, lookup)).data
  await patient.vault.write(path`identity/entity/id/${id}`, { policies: ['default'] })
  await patient.cluster.delete(account())
  await patient.apply({ adopt: 'all' })
  const result = await patient.examine()
  expect(codes(result)).toEqual(['ICE9316'])
  expect(findingOf(result, 'ICE9316').evidence).toEqual({ 'old entity': id, policies: 'default', groups: 0 })
  await patient.vault.delete(path`identity/entity/id/${id}`)
  expect(codes(await patient.examine())).toEqual([])
})
