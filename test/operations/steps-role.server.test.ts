import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { VAULT } from '../../src/catalogue/index.js'
import { roleList } from '../../src/operations/role-list.js'
import { existingRole } from '../../src/operations/role-section.js'
import { roleShow } from '../../src/operations/role-show.js'
import { authMount } from '../../src/operations/steps/auth.js'
import { role } from '../../src/operations/steps/role.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { changed, fieldsOf, openSteps, refused, type Steps } from './steps.js'

let steps: Steps
const app = { serviceAccounts: ['app'], namespaces: ['app'], audience: 'vault', policies: ['default'] }
const addressOf = (name: string): string => `vault:auth/${steps.id}/role/${name}`

beforeAll(async () => {
  steps = await openSteps()
  await steps.step(authMount, '', {})
})
afterAll(() => steps.close())

test('a role is made, and made only once', async () => {
  expect(changed(await steps.step(role, 'once', app))).toEqual({ [addressOf('once')]: 'create' })
  expect(changed(await steps.step(role, 'once', app))).toEqual({})
  const { data } = (await steps.vault.read(path`auth/${steps.id}/role/once`))!
  expect(data).toMatchObject({ bound_service_account_names: ['app'], audience: 'vault', token_policies: ['default'] })
})

test('--dry-run writes nothing', async () => {
  const result = await steps.step(role, 'dry', app, { dryRun: true })
  expect(changed(result)).toEqual({ [addressOf('dry')]: 'create' })
  expect(result.outcomes).toEqual([])
  expect(await steps.vault.read(path`auth/${steps.id}/role/dry`)).toBeUndefined()
})

test('one field is changed by saying it alone; all others stay as they are', async () => {
  await steps.step(role, 'kept', { ...app, tokenTTL: '1h', tokenBoundCIDRs: ['10.0.0.0/8'] })
  const known = (await existingRole('kept', steps.look()))!
  expect(known).toMatchObject({ ...app, tokenTTL: '1h' })
  const { serviceAccounts, namespaces, audience } = known
  const section = { serviceAccounts, namespaces, audience, tokenMaxTTL: '2h' }
  const result = await steps.step(role, 'kept', section, { kept: ['serviceAccounts', 'namespaces', 'audience'] })
  expect(fieldsOf(result, addressOf('kept'))).toEqual(['tokenMaxTTL'])
  expect((await steps.vault.read(path`auth/${steps.id}/role/kept`))?.data).toMatchObject({
    token_max_ttl: 7200,
    token_ttl: 3600,
    token_policies: ['default'],
    token_bound_cidrs: ['10.0.0.0/8'],
  })
})

test('a role that does not exist, on a mount or without one, is no role', async () => {
  expect(await existingRole('nosuch', steps.look())).toBeUndefined()
  expect(await existingRole('nosuch', steps.look({ path: `${steps.id}-nosuch` }))).toBeUndefined()
})

test('a selector comes back as a section has it', async () => {
  const selector = { matchLabels: { team: 'a' } }
  await steps.step(role, 'selected', { serviceAccounts: ['app'], namespaceSelector: selector, audience: 'vault' })
  expect(await existingRole('selected', steps.look())).toMatchObject({ namespaceSelector: selector })
})

test('what somebody else made is refused, and taken over where that is said', async () => {
  await steps.vault.write(path`auth/${steps.id}/role/theirs`, {
    bound_service_account_names: ['x'],
    bound_service_account_namespaces: ['y'],
    audience: 'vault',
  })
  expect(await refused(steps.step(role, 'theirs', app))).toMatchObject({ code: 'ICE4001', exit: 8 })
  const adopted = await steps.step(role, 'theirs', app, { adopt: new Set([addressOf('theirs')]) })
  expect(changed(adopted)).toEqual({ [addressOf('theirs')]: 'update' })
  expect((await steps.vault.read(path`auth/${steps.id}/role/theirs`))?.data).toMatchObject({
    bound_service_account_names: ['app'],
  })
})

test('mistakes are told in flags, before anything is contacted', async () => {
  const nowhere = { vaultAddress: 'https://127.0.0.1:1' }
  const said = async (section: object) => {
    const { message, exit } = await refused(steps.step(role, 'wrong', section as never, nowhere))
    expect(exit).toBe(2)
    return message
  }
  expect(await said({ ...app, audience: undefined })).toMatch(/^--audience: .* add --accept noAudience/)
  expect(await said({ ...app, serviceAccounts: ['*'] })).toMatch(/^--service-accounts: .* add --accept wildcard/)
  expect(await said({ ...app, namespaces: undefined })).toMatch(/^--namespaces: /)
  expect(await said({ ...app, tokenTTL: 'soon' })).toMatch(/^--token-ttl: .*expected a duration/)
})

test('without the mount, what makes it is named', async () => {
  const nosuch = `${steps.id}-nosuch`
  const told = await refused(steps.step(role, 'app', app, { at: { path: nosuch } }))
  expect(told).toMatchObject({
    code: VAULT.unsupportedPath.code,
    next: [`Mount it first: icebreaker auth enable --path ${nosuch}`],
  })
})

test('a role is shown in the words of the file and of the API, with the policies that do not exist', async () => {
  const nosuch = `${steps.id}-nosuch`
  await steps.step(role, 'shown', { ...app, policies: ['default', nosuch], tokenTTL: '1h30m' })
  const shown = await roleShow({ ...steps.look(), role: 'shown' })
  expect(shown).toMatchObject({
    operation: 'role show',
    address: addressOf('shown'),
    mount: steps.id,
    missingPolicies: [nosuch],
    others: {},
  })
  const field = (name: string) => shown.fields.find((each) => each.field === name)
  expect(field('tokenTTL')).toEqual({ field: 'tokenTTL', api: 'token_ttl', value: '1h30m', set: true })
  expect(field('tokenPeriod')).toEqual({ field: 'tokenPeriod', api: 'token_period', value: '0s', set: false })
  expect(field('aliasNameSource')).toMatchObject({ value: 'serviceaccount_uid', set: true })
  expect(shown.fields.map((each) => each.field)).toEqual(
    expect.arrayContaining(role.fields.map(({ name }) => name).filter((name) => name !== 'accept')),
  )
})

test('fields of old names are shown, too', async () => {
  await steps.vault.write(path`auth/${steps.id}/role/old`, {
    bound_service_account_names: ['x'],
    bound_service_account_namespaces: ['y'],
    audience: 'vault',
    policies: ['default', `${steps.id}-gone`],
    ttl: 60,
  })
  const shown = await roleShow({ ...steps.look(), role: 'old' })
  expect(shown.others).toMatchObject({ ttl: 60 })
  expect(shown.missingPolicies).toEqual([`${steps.id}-gone`])
})

test('a role that is not there: the one that was probably meant, or the mounts', async () => {
  await steps.step(role, 'nearby', app)
  expect(await refused(roleShow({ ...steps.look(), role: 'nearbi' }))).toMatchObject({
    code: VAULT.notThere.code,
    exit: 1,
    next: ['Did you mean nearby?'],
  })
  const elsewhere = steps.look({ path: `${steps.id}-nosuch` })
  const told = await refused(roleShow({ ...elsewhere, role: 'nearby' }))
  expect(told.next).toEqual([expect.stringContaining('icebreaker auth list')])
  expect((await refused(roleList(elsewhere))).next).toEqual([expect.stringContaining('icebreaker auth list')])
})

test('roles are listed with whom they bind; Vault is asked, and no cluster', async () => {
  await steps.step(role, 'listed', app)
  const listed = await roleList({ ...steps.look(), kubeconfig: '/nonexistent' })
  expect(listed.mount).toBe(steps.id)
  expect(listed.roles.find(({ name }) => name === 'listed')).toEqual({ name: 'listed', isRead: true, ...app })
})

test('a role that may be listed and not read says so', async () => {
  const { vault, id } = steps
  await steps.step(role, 'hidden', app)
  await vault.write(path`sys/policies/acl/${id}-lister`, {
    policy: `path "auth/${id}/role" { capabilities = ["list"] }`,
  })
  const made = await vault.write(path`auth/token/create`, { policies: [`${id}-lister`], ttl: '1m' })
  const options = steps.look()
  process.env['VAULT_TOKEN'] = Secret.reveal(made.login!.token)
  const listed = await roleList(options)
  expect(listed.roles.find(({ name }) => name === 'hidden')).toEqual({ name: 'hidden', isRead: false })
})
