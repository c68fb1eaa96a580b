import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DoctorResult } from '../../src/operations/doctor/types.js'
import { path } from '../../src/vault/index.js'
import { openPatient, type Patient } from '../doctor/patient.js'
import { servers } from '../servers/index.js'
import { emptyHome, icebreaker, operatorEnv, type Ran } from './process.js'

const home = emptyHome()
let patient: Patient
beforeAll(async () => {
  patient = await openPatient()
})
afterAll(() => patient.close())

const doctor = (...args: string[]): Promise<Ran> => icebreaker(['doctor', ...args], operatorEnv(home))
const withFile = (...args: string[]): Promise<Ran> => doctor('--file', patient.file, ...args)
const json = ({ stdout }: Ran): DoctorResult => JSON.parse(stdout) as DoctorResult

describe('a healthy trust', () => {
  test('reads only, and says what it would make to judge more', async () => {
    const { exitCode, stdout } = await withFile()
    expect(exitCode).toBe(0)
    expect(stdout).toContain('Still open, since nothing was to be made')
    expect(stdout).toContain('Next: add --probe.')
  })

  test('with leave to make scratch objects nothing stays open, and nothing is left', async () => {
    const ran = await withFile('--probe', '--json')
    const { findings, open, left, summary, effort, checks } = json(ran)
    expect(ran.exitCode).toBe(0)
    expect({ findings, open, left }).toEqual({ findings: [], open: [], left: [] })
    expect(checks.filter(({ state }) => state === 'unknown')).toEqual([])
    expect(summary.ok).toBe(checks.length)
    expect(effort.calls).toBeGreaterThan(0)
    expect(effort.chainSeconds).toBeGreaterThan(0)
    const names = await patient.vault.list(path`auth/${patient.id}/role`)
    expect(names.filter((name) => name.startsWith('icebreaker-scratch'))).toEqual([])
  })
})

describe('a fault', () => {
  beforeAll(async () => {
    await patient.vault.delete(path`auth/${patient.id}/role/app`)
  })
  afterAll(async () => {
    await patient.apply()
  })

  test('exit code 3 in every format, the code in each', async () => {
    for (const format of ['human', 'json', 'ndjson', 'junit']) {
      const { exitCode, stdout } = await withFile('--probe', '-o', format)
      expect([format, exitCode]).toEqual([format, 3])
      expect(stdout).toContain('ICE9301')
    }
  })

  test('--only and --skip', async () => {
    expect((await withFile('--only', 'ICE9101')).exitCode).toBe(0)
    expect((await withFile('--skip', 'ice9301')).exitCode).toBe(0)
    const wrong = await withFile('--only', 'ICE9999')
    expect(wrong.exitCode).toBe(2)
    expect(wrong.stderr).toContain('icebreaker doctor --list')
  })

  test('--bundle writes a report without secrets, and replaces nothing', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'icebreaker-bundle-')), 'report.json')
    expect((await withFile('--probe', '--bundle', file)).exitCode).toBe(3)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const text = readFileSync(file, 'utf8')
    expect(JSON.parse(text)).toMatchObject({ report: { operation: 'doctor', findings: [{ code: 'ICE9301' }] } })
    expect(text).not.toContain(servers().token)
    expect((await withFile('--bundle', file)).exitCode).not.toBe(3)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test('--fix applies what is safe, and looks again', async () => {
    const ran = await withFile('--probe', '--fix', '--yes', '--json')
    expect({ exitCode: ran.exitCode, findings: json(ran).findings }).toEqual({ exitCode: 0, findings: [] })
    expect(await patient.vault.read(path`auth/${patient.id}/role/app`)).toBeDefined()
  })
})

test('without a file: the mount that a flag names', async () => {
  const { kubeconfig, context, caFile } = servers()
  const place = ['--path', patient.id, '--kubeconfig', kubeconfig, '--context', context, '--vault-ca-file', caFile]
  const env = { ...operatorEnv(home) }
  const ran = await icebreaker(['doctor', ...place, '--probe', '--json'], env)
  expect({ exitCode: ran.exitCode, findings: json(ran).findings }).toEqual({ exitCode: 0, findings: [] })
  expect(json(ran).file).toBeUndefined()
})

test('--list names every check and asks nobody', async () => {
  const { exitCode, stdout } = await icebreaker(['doctor', '--list'], { PATH: process.env['PATH'], HOME: home })
  expect(exitCode).toBe(0)
  expect(stdout).toContain('ICE9101')
})

test('--fix without a file says what it needs', async () => {
  const { kubeconfig, context, caFile } = servers()
  const place = ['--path', patient.id, '--kubeconfig', kubeconfig, '--context', context, '--vault-ca-file', caFile]
  const { exitCode, stderr } = await icebreaker(['doctor', ...place, '--fix', '--yes'], operatorEnv(home))
  expect(exitCode).toBe(2)
  expect(stderr).toContain('--fix needs a file')
})
