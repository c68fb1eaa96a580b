import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { parse } from 'yaml'
import type { FileInput } from '../../src/config/schema.js'
import { emptyHome, RUN } from '../cli/process.js'
import { identityFor, type Identity } from '../operations/permissions-identity.js'
import { openScenario, pending, type Scenario } from '../operations/scenario.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { jobsOf, PIPELINES, type Job, type Pipeline } from './ci.js'

let admin: Scenario
let identity: Identity | undefined
let home: string
let work: string

beforeEach(async () => {
  admin = await openScenario()
  const { id } = admin
  admin.write({
    ...admin.base(),
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    engines: { [`${id}-kv`]: { type: 'kv', secrets: { app: { key: { generate: {} } } } } },
    policies: { [id]: { grants: [`read kv ${id}-kv/app`] }, [`${id}-others`]: { existing: true } },
    roles: {
      app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault', policies: [id, `${id}-others`] },
    },
    verify: [{ as: `${id}-app/app`, role: 'app', cannot: [`read kv ${id}-kv/other`] }],
  })
  home = emptyHome()
  work = join(home, 'project')
  mkdirSync(work)
  // The cluster of a pipeline is that of its kubeconfig.
  const { clusters, ...rest } = parse(readFileSync(admin.file, 'utf8')) as FileInput
  const { kubeconfig: _own, ...demo } = clusters['demo']!
  writeFileSync(join(work, 'icebreaker.yaml'), JSON.stringify({ ...rest, clusters: { demo } }))
  program('icebreaker', `exec '${process.execPath}' '${RUN}' "$@"`)
})

afterEach(async () => {
  await identity?.close()
  identity = undefined
  await admin.close()
  rmSync(home, { recursive: true })
})

/** What the platform gives the job, and no more: a folder beside the project for what must not be kept. */
const loginFolder = (pipeline: Pipeline): string =>
  join(home, pipeline === 'github-actions' ? 'temp' : 'project.tmp/icebreaker')

function program(name: string, shell: string): void {
  writeFileSync(join(home, name), `#!/bin/sh\n${shell}\n`)
  chmodSync(join(home, name), 0o755)
}

/**
 * STUBBED: the three programs of the login step stand in for the platform, which vouches for the job. `vault` takes the ID
 * token at its standard input and gives a token with exactly the rights that `icebreaker permissions` says; `curl` and `jq`
 * give a service account's token for the cluster. All else of the step is what stands in the template.
 */
async function stubbedLogin(pipeline: Pipeline, purpose: 'plan' | 'apply'): Promise<void> {
  identity = await identityFor(admin, purpose)
  writeFileSync(join(home, 'given-token'), identity.token, { mode: 0o600 })
  writeFileSync(join(home, 'id-token'), identity.accountToken, { mode: 0o600 })
  mkdirSync(loginFolder(pipeline), { recursive: true })
  program(
    'vault',
    `case "$*" in
      "write -field=token auth/jwt/login role=icebreaker-${purpose} jwt=-") grep -q . && cat '${home}/given-token' ;;
      "token revoke -self") printf %s "$VAULT_TOKEN" > '${home}/revoked' ;;
      *) echo "not expected: $*" >&2; exit 9 ;;
    esac`,
  )
  program('curl', 'echo "{}"')
  program('jq', `cat > /dev/null; cat '${home}/id-token'`)
}

/** Runs a job as the platform does: one shell after the other, the first failure ends it; the logout always comes. */
async function run(pipeline: Pipeline, { environment, login, work: steps, logout }: Job) {
  const folder = loginFolder(pipeline)
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => !/\$[{A-Z]/.test(value)))
  const { vaultAddress, apiServer, apiServerCA, context } = servers()
  const env = {
    ...given,
    PATH: `${home}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    VAULT_ADDR: vaultAddress,
    KUBERNETES_SERVER: apiServer,
    KUBERNETES_CA: readFileSync(apiServerCA, 'utf8'),
    KUBERNETES_CONTEXT: context,
    RUNNER_TEMP: folder,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job',
    ACTIONS_ID_TOKEN_REQUEST_URL: 'https://platform.example.com/?x=y',
    GITHUB_STEP_SUMMARY: join(home, 'summary.md'),
    LOGIN: folder,
    VAULT_ID_TOKEN: 'of-the-job',
    KUBERNETES_ID_TOKEN: identity?.accountToken,
  }
  const shell = (text: string) =>
    execa('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', text], {
      cwd: work,
      env,
      extendEnv: false,
      all: true,
      reject: false,
    })
  let output = ''
  let exitCode: number | undefined = 0
  for (const { shell: text } of [...login, ...steps]) {
    const ran = await shell(text)
    output += `${ran.all}\n`
    exitCode = ran.exitCode
    if (exitCode !== 0) break
  }
  for (const { shell: text } of logout) expect((await shell(text)).exitCode).toBe(0)
  expect(readFileSync(join(home, 'revoked'), 'utf8')).toBe(identity?.token)
  return { exitCode, output }
}

const jobOf = (pipeline: Pipeline, name: string): Job => jobsOf(pipeline).find((job) => job.name === name)!
const inWork = (name: string): string => readFileSync(join(work, name), 'utf8')

describe.each(PIPELINES)('%s', (pipeline) => {
  test('a request is planned with the rights to plan, and changes nothing', async () => {
    await stubbedLogin(pipeline, 'plan')
    const ran = await run(pipeline, jobOf(pipeline, 'plan'))
    expect(ran).toMatchObject({ exitCode: 0 })
    expect(inWork('plan.txt')).toContain(`vault:auth/${admin.id}/role/app`)
    expect(JSON.parse(inWork('plan.json'))).toMatchObject({ schemaVersion: 1 })
    expect(ran.output).toContain(inWork('plan.txt').trim())
    expect(Object.keys(pending(await admin.plan())).length).toBeGreaterThan(5)
  })

  test('what would be refused makes the job fail', async () => {
    await admin.apply()
    await admin.setInventory(undefined)
    await stubbedLogin(pipeline, 'plan')
    const { exitCode } = await run(pipeline, jobOf(pipeline, 'plan'))
    expect(exitCode).not.toBe(0)
    expect(inWork('plan.txt')).toContain('Refused')
  })

  test('the main branch is applied and proven with the rights to apply, twice', async () => {
    await stubbedLogin(pipeline, 'apply')
    const job = jobOf(pipeline, 'apply')
    expect(await run(pipeline, job)).toMatchObject({ exitCode: 0 })
    const report = inWork('verify.xml')
    expect(report).toMatch(/<testsuites name="icebreaker" tests="\d{2}" failures="0" errors="0"/)
    expect(report).toContain('<testsuite name="verify"')
    expect(pending(await admin.plan())).toEqual({})

    rmSync(join(work, 'plan.json'))
    expect(await run(pipeline, job)).toMatchObject({ exitCode: 0 })
    expect(inWork('verify.xml')).toMatch(/<testsuite name="verify" tests="\d+" failures="0"/)
  })

  test('a proof that fails makes the job fail, and the report is there', async () => {
    const { id, vault } = admin
    await stubbedLogin(pipeline, 'apply')
    const job = jobOf(pipeline, 'apply')
    expect(await run(pipeline, job)).toMatchObject({ exitCode: 0 })
    // Somebody widens a policy that is not the file's.
    const policy = `path "${id}-kv/data/*" { capabilities = ["read"] }`
    await vault.write(path`sys/policies/acl/${`${id}-others`}`, { policy })
    rmSync(join(work, 'plan.json'))
    expect(await run(pipeline, job)).toMatchObject({ exitCode: 3 })
    expect(inWork('verify.xml')).toMatch(/<testsuite name="verify" tests="\d+" failures="[1-9]/)
  })
})
