import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '../../src/secrets/index.js'
import type { DoctorResult } from '../../src/operations/doctor/types.js'
import { path } from '../../src/vault/index.js'
import { openPatient, type Patient } from '../doctor/patient.js'
import { emptyHome, icebreaker, operatorEnv, RUN } from './process.js'
import { openTerminal } from './terminal.js'
import { codes, json } from './told.js'

let patient: Patient
const home = emptyHome()
/** The token of the workload, in a file of its own. */
let token: string
const roleAt = () => path`auth/${patient.id}/role/app`

beforeAll(async () => {
  patient = await openPatient()
  const request = {
    namespace: `${patient.id}-app`,
    serviceAccount: 'app',
    audiences: ['vault'],
    expirationSeconds: 600,
  }
  token = Secret.reveal((await patient.cluster.requestToken(request)).token)
  writeFileSync(join(patient.folder, 'token'), `${token}\n`, { mode: 0o600 })
})
afterEach(() => patient.vault.write(roleAt(), { audience: 'vault', bound_service_account_names: ['app'] }))
afterAll(async () => {
  await patient.close()
  rmSync(home, { recursive: true })
})

const words = (args: readonly string[]) => ['doctor', 'login', '--file', patient.file, ...args]
const login = (...args: readonly string[]) => icebreaker(words(args), operatorEnv(home))
const asApp = () => ['--role', 'app', '--as', `${patient.id}-app/app`]
const tokenFile = () => join(patient.folder, 'token')

/** What is the same in every run. */
const plain = (text: string): string =>
  text
    .replaceAll(patient.folder, 'FOLDER')
    .replaceAll(patient.id, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/icebreaker-scratch-\S+/g, 'icebreaker-scratch-NAME')
    .replaceAll(/\(\d+ calls, [^)]*\)/g, '(CALLS, TIME)')

/** Compares with test/cli/NAME.golden; UPDATE_GOLDEN=1 writes it. */
function expectGolden(name: string, text: string): void {
  const file = join(import.meta.dirname, `${name}.golden`)
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text)
  if (!existsSync(file)) throw new Error(`There is no ${name}.golden; UPDATE_GOLDEN=1 writes it.`)
  expect(text).toBe(readFileSync(file, 'utf8'))
}

test('a login that works passes every step', async () => {
  const { exitCode, stdout } = await login(...asApp(), '--probe')
  expect(exitCode).toBe(0)
  expectGolden('doctor-login-works', plain(stdout))
})

test('a login that fails: the step that fails, and why', async () => {
  await patient.vault.write(roleAt(), { audience: 'other' })
  const { exitCode, stdout } = await login(...asApp(), '--probe')
  expect(exitCode).toBe(3)
  expectGolden('doctor-login-fails', plain(stdout))
})

test('a token that was handed in, which nobody shows: only its claims', async () => {
  await patient.vault.write(roleAt(), { bound_service_account_names: ['default'] })
  const ran = await login('--role', 'app', '--jwt-file', tokenFile(), '--json')
  expect(ran.exitCode).toBe(3)
  const { trace = [], findings } = json(ran) as unknown as DoctorResult
  expect(findings.map(({ code }) => code)).toEqual(['ICE9302'])
  const steps = Object.fromEntries(trace.map(({ title, state, detail }) => [title, [state, plain(detail ?? '')]]))
  expect(steps).toMatchObject({
    'The token is a JWT': ['ok', 'system:serviceaccount:ID-app:app, for vault, until TIME'],
    'The role lets in the name': ['problem', ''],
    'The role lets in the namespace': ['ok', ''],
    'The API server accepts the token': ['ok', ''],
    'Vault issues a token': ['not reached', ''],
  })
  for (const part of token.split('.')) expect(ran.stdout + ran.stderr).not.toContain(part)
})

test('a token from standard input, and one that is none', async () => {
  const env = operatorEnv(home)
  const options = { env, extendEnv: false, reject: false } as const
  const good = await execa(process.execPath, [RUN, ...words(['--role', 'app', '--jwt-file', '-'])], {
    ...options,
    input: token,
  })
  expect([good.exitCode, good.stdout]).toEqual([0, expect.stringContaining('system:serviceaccount:')])
  const encoded = Buffer.from(token).toString('base64')
  const bad = await execa(process.execPath, [RUN, ...words(['--role', 'app', '--jwt-file', '-'])], {
    ...options,
    input: encoded,
  })
  expect([bad.exitCode, bad.stdout]).toEqual([3, expect.stringContaining('ERROR ICE9403')])
  expect(bad.stdout).not.toContain(encoded.slice(0, 40))
})

test('what is missing is named, and what does not go together is refused', async () => {
  const lacking = await login('--as', 'app/app', '--json')
  expect([lacking.exitCode, codes(lacking)]).toEqual([2, ['ICE1102']])
  expect(lacking.stdout).toContain('--role is missing.')
  expect((await login('--role', 'app')).stderr).toContain('--as is missing.')
  expect(await login('--role', 'app', '--as', 'app')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('NAMESPACE/NAME'),
  })
  expect((await login(...asApp(), '--jwt-file', tokenFile())).exitCode).toBe(2)
  const none = await login('--role', 'app', '--jwt-file', join(patient.folder, 'none'))
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('does not exist')])
  const two = await login(...asApp(), '--cluster', 'demmo')
  expect([two.exitCode, two.stderr]).toEqual([2, expect.stringContaining('Did you mean demo?')])
})

test('on a terminal it asks for what is missing, and whether it may probe', async () => {
  const env = { ...operatorEnv(home), NO_COLOR: '1' }
  const terminal = openTerminal([process.execPath, RUN, ...words([])], { env })
  try {
    await terminal.answer('Role', 'app')
    await terminal.answer('Service account', `${patient.id}-app/app`)
    await terminal.answer('Make these, and remove them again?', 'y')
    await terminal.waitFor('Nothing found')
    expect(await terminal.ended).toBe(0)
  } finally {
    await terminal.close()
  }
})
