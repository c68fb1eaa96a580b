import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isIceError, LINT } from '../../src/catalogue/index.js'
import { policyDiff } from '../../src/operations/policy-diff.js'
import { policyGenerate } from '../../src/operations/policy-generate.js'
import { policyLint, type PolicyLintResult } from '../../src/operations/policy-lint.js'
import { policyShow } from '../../src/operations/policy-show.js'
import type { PolicyOptions } from '../../src/operations/policy-context.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { p } from '../policy/lint/cases.js'
import { openScenario, type Scenario } from './scenario.js'

let scenario: Scenario
let kv: string
let transit: string

beforeAll(async () => {
  scenario = await openScenario()
  const { id, vault, folder } = scenario
  kv = `${id}-kv`
  transit = `${id}-transit`
  await vault.write(path`sys/mounts/${kv}`, { type: 'kv', options: { version: '2' } })
  await vault.write(path`sys/mounts/${transit}`, { type: 'transit' })
  for (let tries = 0; ; tries++) {
    try {
      await vault.write(path`${kv}/data/app/creds`, { data: { key: 'value' } })
      break
    } catch (error) {
      if (tries === 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  mkdirSync(join(folder, 'policies'))
  write('by-hand', p(`${kv}/data/app/creds`, 'read'))
  scenario.write({
    ...scenario.base(),
    engines: { [kv]: { existing: true, type: 'kv' }, [transit]: { existing: true, type: 'transit' } },
    policies: {
      [id]: { grants: [`read kv ${kv}/app/creds`] },
      [`${id}-by-hand`]: { file: 'policies/by-hand.hcl' },
    },
    roles: { app: { serviceAccounts: ['app'], namespaces: ['app'], audience: 'vault', policies: [`${id}-by-hand`] } },
    verify: [{ as: 'app/app', role: 'app', can: [`read kv ${kv}/app/creds`] }],
  })
  process.env['VAULT_ADDR'] = servers().vaultAddress
  process.env['VAULT_TOKEN'] = servers().token
  process.env['VAULT_CACERT'] = servers().caFile
})

afterAll(async () => {
  const { vault, id } = scenario
  for (const mount of [kv, transit]) await vault.delete(path`sys/mounts/${mount}`)
  for (const name of [id, `${id}-other`]) await vault.delete(path`sys/policies/acl/${name}`)
  await scenario.close()
})

function write(name: string, text: string): string {
  const file = join(scenario.folder, 'policies', `${name}.hcl`)
  writeFileSync(file, text)
  return file
}

const options = (): PolicyOptions => ({
  file: scenario.file,
  emit: () => undefined,
  stop: new AbortController().signal,
})

const lint = (more: Partial<Parameters<typeof policyLint>[0]> = {}) =>
  policyLint({ ...options(), files: [], live: [], allLive: false, ...more })

const codes = ({ policies }: PolicyLintResult): readonly string[] =>
  policies.flatMap(({ findings }) => findings.map(({ code }) => code))

/** The code of the error that it ends with. */
async function failure(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  return isIceError(error) ? error.code : String(error)
}

describe('lint', () => {
  test('without a name: every policy of the file', async () => {
    const result = await lint()
    const { id } = scenario
    expect(result.policies.map(({ name, from }) => [name, from])).toEqual([
      [id, 'grants'],
      [`${id}-by-hand`, 'file'],
    ])
    expect(result).toMatchObject({ mounts: 'live', vault: servers().vaultAddress, skipped: [] })
    expect(codes(result)).toEqual([])
  })

  test('a policy by hand is held against what verify says of those who have it', async () => {
    write('by-hand', p(`${kv}/data/app/creds`, 'read', 'delete'))
    const result = await lint()
    expect(codes(result)).toEqual([LINT.broaderThanGrants.code])
    expect(result.policies[1]?.findings[0]?.at.file).toBe(join(scenario.folder, 'policies/by-hand.hcl'))
    write('by-hand', p(`${kv}/data/app/creds`, 'read'))
  })

  test('files, by the mounts of the server', async () => {
    const file = write(
      'bad',
      [p(`${kv}/app`, 'read'), p(`${transit}/keys/app`, 'create'), p('nowhere/app', 'read')].join('\n'),
    )
    const result = await lint({ files: [file] })
    expect(codes(result)).toEqual([
      LINT.kv2Prefix.code,
      LINT.broaderThanGrants.code,
      LINT.lacksCapability.code,
      LINT.broaderThanGrants.code,
      LINT.noMount.code,
    ])
    expect(result.policies[0]?.findings[0]).toMatchObject({
      at: { file, line: 1, column: 6 },
      corrected: p(`${kv}/data/app`, 'read'),
    })
    expect(result.summary).toEqual({ policies: 1, error: 2, warning: 3, info: 0 })
  })

  test('whether x/* was meant is seen on the server', async () => {
    const file = write('star', p(`${kv}/data/app/creds/*`, 'read'))
    expect(codes(await lint({ files: [file] }))).toContain(LINT.starAfterSlash.code)
    const other = write('star', p(`${kv}/data/app/*`, 'read'))
    expect(codes(await lint({ files: [other] }))).not.toContain(LINT.starAfterSlash.code)
  })

  test('what a weak token cannot see is not looked for, and named', async () => {
    const { vault, id } = scenario
    await vault.write(path`sys/policies/acl/${`${id}-other`}`, { policy: p(`${kv}/data/*`, 'read') })
    const { login } = await vault.write(path`auth/token/create`, { policies: [`${id}-other`], ttl: '5m' })
    process.env['VAULT_TOKEN'] = Secret.reveal(login!.token)
    const file = write(
      'weak',
      [p(`${kv}/app`, 'read'), p('nowhere/app', 'read'), p(`${kv}/data/app/creds/*`, 'read')].join('\n'),
    )
    const result = await lint({ files: [file] })
    process.env['VAULT_TOKEN'] = servers().token
    expect(result.mounts).toBe('visible')
    expect(codes(result)).toContain(LINT.kv2Prefix.code)
    expect(codes(result)).not.toContain(LINT.noMount.code)
    expect(result.skipped.map(({ why }) => why)).toEqual(
      expect.arrayContaining(['not all that is mounted is known', `the token may not list ${kv}/app`]),
    )
  })

  test('what Vault has, by name and all of it', async () => {
    const { vault, id } = scenario
    await vault.write(path`sys/policies/acl/${`${id}-other`}`, { policy: p(`${kv}/app`, 'read') })
    const named = await lint({ live: [`${id}-other`] })
    expect(named.policies).toMatchObject([{ from: 'live', source: `vault:sys/policies/acl/${id}-other` }])
    expect(codes(named)).toContain(LINT.kv2Prefix.code)
    const all = await lint({ allLive: true })
    expect(all.policies.map(({ name }) => name)).toEqual(expect.arrayContaining(['default', `${id}-other`]))
    expect(await failure(lint({ live: [`${id}-otter`] }))).toBe(LINT.noSuchPolicy.code)
  })

  test('the policy that the server ships is sound', async () => {
    const { policies } = await lint({ live: ['default'] })
    expect(policies[0]?.findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  })

  test('offline nobody is asked, and what the file says is enough for what it says', async () => {
    process.env['VAULT_ADDR'] = 'https://127.0.0.1:1'
    const file = write('offline', [p(`${kv}/app`, 'read'), p('nowhere/app', 'read')].join('\n'))
    const result = await lint({ files: [file], offline: true })
    process.env['VAULT_ADDR'] = servers().vaultAddress
    expect(result).toMatchObject({ mounts: 'said' })
    expect(result.vault).toBeUndefined()
    expect(codes(result)).toEqual([LINT.kv2Prefix.code, LINT.broaderThanGrants.code])
    expect(result.skipped.every(({ why }) => why.endsWith('(--offline)'))).toBe(true)
  })
})

describe('generate', () => {
  test('by what is mounted', async () => {
    const elsewhere = { ...options(), file: join(scenario.folder, 'none.yaml') }
    const result = await policyGenerate({
      ...elsewhere,
      grants: [`read kv ${kv}/app/*`, 'encrypt', 'transit', `${transit}/app`],
    })
    expect(result.rules).toEqual([
      { path: `${kv}/data/app/*`, capabilities: ['read'] },
      { path: `${transit}/encrypt/app`, capabilities: ['update'] },
    ])
    expect(result.engines).toEqual({
      [kv]: { type: 'kv', version: 2, from: 'live' },
      [transit]: { type: 'transit', from: 'live' },
    })
    expect(await failure(policyGenerate({ ...elsewhere, grants: ['read kv nowhere/app'] }))).toBe(
      LINT.unknownEngine.code,
    )
  })

  test('the file and flags come first, and then no server is asked', async () => {
    process.env['VAULT_ADDR'] = 'https://127.0.0.1:1'
    const fromFile = await policyGenerate({ ...options(), grants: [`read kv ${kv}/app`] })
    const fromFlag = await policyGenerate({ ...options(), engines: [`${kv}=kv:1`], grants: [`read kv ${kv}/app`] })
    process.env['VAULT_ADDR'] = servers().vaultAddress
    expect(fromFile.rules).toEqual([{ path: `${kv}/data/app`, capabilities: ['read'] }])
    expect(fromFlag.rules).toEqual([{ path: `${kv}/app`, capabilities: ['read'] }])
  })
})

describe('show and diff', () => {
  test('what Vault has', async () => {
    const { vault, id } = scenario
    const policy = `# ours\n${p(`${kv}/data/app`, 'read')}\n`
    await vault.write(path`sys/policies/acl/${id}`, { policy })
    const { stanzas, ...shown } = await policyShow({ ...options(), name: id })
    expect(shown.policy.trim()).toBe(policy.trim())
    expect(stanzas).toEqual([{ path: `${kv}/data/app`, capabilities: ['read'], line: 2, column: 6 }])
    expect(await failure(policyShow({ ...options(), name: `${id}-none` }))).toBe(LINT.noSuchPolicy.code)
  })

  test('against the file, and against a text', async () => {
    const { vault, id } = scenario
    await vault.write(path`sys/policies/acl/${id}`, { policy: p(`${kv}/data/app/creds`, 'read', 'update') })
    const narrows = await policyDiff({ ...options(), name: id })
    expect(narrows).toMatchObject({ same: false, meaning: { effect: 'narrows' }, wanted: { source: scenario.file } })
    const file = write('wanted', p(`${kv}/data/app/creds`, 'update', 'read'))
    expect(await policyDiff({ ...options(), name: id, against: file })).toMatchObject({
      same: false,
      meaning: { effect: 'neutral', paths: [] },
      wanted: { source: file },
    })
    await vault.write(path`sys/policies/acl/${id}`, { policy: narrows.wanted.policy })
    expect(await policyDiff({ ...options(), name: id })).toMatchObject({ same: true, meaning: { effect: 'neutral' } })
    expect(await failure(policyDiff({ ...options(), name: 'default' }))).toBe(LINT.noSuchPolicy.code)
  })
})
