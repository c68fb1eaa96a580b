import { expect, test } from '@jest/globals'
import type { DoctorResult } from '../../src/operations/doctor/types.js'
import type { Format } from '../../src/views/formats.js'
import { expectGolden, written } from './golden.js'

const nothing: DoctorResult = {
  operation: 'doctor',
  file: 'demo',
  servers: { vault: 'https://vault.example.com:8200', clusters: { demo: 'https://10.0.0.1:6443' } },
  findings: [],
  checks: [{ codes: ['ICE9101'], subject: 'vault:auth/demo', state: 'ok' }],
  open: [],
  summary: { error: 0, warning: 0, info: 0, ok: 1, problem: 0, explained: 0, skipped: 0, unknown: 0 },
  effort: { facts: 3, calls: 7, seconds: 0.1, chainSeconds: 0.08 },
  left: [],
  interrupted: false,
  seconds: 0.12,
}

const mixed: DoctorResult = {
  ...nothing,
  findings: [
    {
      code: 'ICE9112',
      severity: 'error',
      title: 'The stored CA did not sign the API server’s certificate',
      subject: 'vault:auth/demo',
      message: 'Vault is given a CA that did not sign the certificate at https://10.0.0.1:6443.',
      evidence: { stored: 'AA:BB', shown: 'issued by <kubernetes>', seen: 'Vault' },
      remedy: { commands: ['icebreaker apply --only vault:auth/demo/config --yes'], safe: true },
      consequences: ['ICE9406'],
      staleForMs: 90_000,
      fixes: ['vault:auth/demo/config'],
    },
    {
      code: 'ICE9307',
      severity: 'warning',
      title: 'A role without an audience',
      subject: 'vault:auth/demo/role/app',
      message: 'Tokens that were made for somebody else log in, too.',
      evidence: {},
      remedy: { text: 'Set the audience.\nThen the workloads must ask for it.', commands: [], safe: false },
      consequences: [],
      staleForMs: 0,
    },
  ],
  checks: [
    { codes: ['ICE9112', 'ICE9117'], subject: 'vault:auth/demo', state: 'problem' },
    { codes: ['ICE9406'], subject: 'vault:auth/demo/role/app as app/app', state: 'explained', because: 'ICE9112' },
    { codes: ['ICE9203'], subject: 'vault:auth/demo', state: 'skipped', because: 'ICE9112', why: 'not to be had' },
    { codes: ['ICE9210'], subject: 'vault:auth/demo', state: 'unknown', why: 'The token may not read it.' },
    {
      codes: ['ICE9301'],
      subject: 'vault:auth/demo/role/app',
      state: 'unknown',
      because: 'ICE9001',
      why: 'Finding out the login would make a login.',
      writes: 'Finding out the login would make a login.',
    },
    { codes: ['ICE9307'], subject: 'vault:auth/demo/role/app', state: 'problem' },
  ],
  open: ['Finding out the login would make a login.'],
  summary: { error: 1, warning: 1, info: 0, ok: 0, problem: 2, explained: 1, skipped: 1, unknown: 2 },
  left: ['token abc of the role app: timed out'],
}

const traced: DoctorResult = {
  ...mixed,
  operation: 'doctor login',
  trace: [
    { title: 'The role exists', state: 'ok', codes: ['ICE9301'] },
    { title: 'The token is checked with the API server', state: 'problem', codes: ['ICE9112'], detail: 'x509' },
    { title: 'Vault issues a token', state: 'not reached', codes: ['ICE9406'] },
  ],
}

const results: Readonly<Record<string, DoctorResult>> = { nothing, mixed, traced }
const cases = Object.keys(results).flatMap((name) =>
  (['human', 'json', 'junit', 'ndjson'] as const).map((format): [string, Format] => [name, format]),
)

test.each(cases)('%s as %s', async (name, format) => {
  const result = results[name] as DoctorResult
  expectGolden(
    `doctor-${name}.${format}`,
    await written(format, (view) => view.result(result), { command: result.operation }),
  )
})

test('the checks that there are', async () => {
  const text = await written(
    'human',
    (view) =>
      view.result({
        operation: 'doctor list',
        checks: [
          { code: 'ICE9101', severity: 'error', title: 'There is no mount', subject: 'mount', probe: false },
          { code: 'ICE9121', severity: 'info', title: 'Nothing is checked', subject: 'mount', probe: true },
        ],
      }),
    { command: 'doctor' },
  )
  expect(text).toContain('ICE9121  note   probe  Nothing is checked')
})
