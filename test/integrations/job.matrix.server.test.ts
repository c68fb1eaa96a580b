import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { DOCTOR_OPEN } from '../../src/catalogue/doctor.js'
import { VAULT } from '../../src/catalogue/index.js'
import type { FileInput } from '../../src/config/schema.js'
import type { JobCommand } from '../../src/operations/integrate-job.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { expectSoon, openScenario, type Scenario } from '../operations/scenario.js'
import { rotating } from '../operations/rotation.js'
import { startJobControllers } from '../servers/extra.js'
import { servers } from '../servers/index.js'
import { install, jobOf, podOf, runAsPod, type JobObject, type JobPod } from './jobs.js'
import { kubectl } from './pods.js'

const commands: readonly JobCommand[] = ['apply', 'verify', 'doctor', 'drift', 'reviewer-rotate']

let scenario: Scenario
let controllers: Awaited<ReturnType<typeof startJobControllers>>

/** A trust with a secret and a role that reads it; the reviewer's token is one that can be rotated. */
function trust(opened: Scenario): FileInput {
  const { id } = opened
  const file = rotating(opened, 'bound', { place: { apiServer: servers().apiServer } })
  return {
    ...file,
    engines: { [`${id}-kv`]: { type: 'kv', secrets: { app: { user: { literal: 'app' } } } } },
    policies: { [`${id}-app`]: { grants: [`read kv ${id}-kv/app`] } },
    roles: { app: { ...file.roles!['app']!, policies: [`${id}-app`], tokenType: 'service' } },
  }
}

beforeAll(async () => {
  controllers = await startJobControllers()
  scenario = await openScenario()
  scenario.write(trust(scenario))
  await scenario.apply()
}, 60_000)
afterAll(async () => {
  await controllers.stop()
  const { id } = scenario
  for (const kind of ['clusterroles', 'clusterrolebindings']) {
    const names = (await kubectl(['get', kind, '-o', 'name']))
      .split('\n')
      .filter((name) => name.includes(`icebreaker:${id}:`))
    if (names.length > 0) await kubectl(['delete', '--wait=false', ...names])
  }
  for (const command of commands) await scenario.vault.delete(path`sys/policies/acl/icebreaker-${id}-${command}`)
  await scenario.close()
})

const schedules = [undefined, '17 * * * *'] as const

test.each(commands.flatMap((command) => schedules.map((schedule) => ({ command, schedule }))))(
  'the API server takes every object of $command, schedule $schedule',
  async ({ command, schedule }) => {
    const { manifests, objects } = await jobOf(scenario, command, { settings: { schedule } })
    const told = await kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], manifests)
    expect(told.split('\n')).toHaveLength(objects.length)
    for (const line of told.split('\n')) expect(line).toMatch(/ (?:created|configured|unchanged) \(server dry run\)$/)
    expect(objects.at(-1)!.kind).toBe(schedule === undefined ? 'Job' : 'CronJob')
  },
)

interface SeenPod {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: JobPod
}

const namespaceOf = ({ id }: Scenario): string => `${id}-auth`

async function podsOf(job: string): Promise<readonly SeenPod[]> {
  const words = ['get', 'pods', '-n', namespaceOf(scenario), '-l', `batch.kubernetes.io/job-name=${job}`, '-o', 'json']
  return (JSON.parse(await kubectl(words)) as { items: readonly SeenPod[] }).items
}

/** What a kubelet would say of the pod: there is none here. */
async function ended(pod: string, exitCode: number): Promise<void> {
  const status = {
    phase: 'Failed',
    containerStatuses: [
      {
        name: 'icebreaker',
        image: 'x',
        imageID: 'x',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode } },
      },
    ],
  }
  const words = ['patch', 'pod', pod, '-n', namespaceOf(scenario), '--subresource=status', '--type=merge']
  await kubectl([...words, '-p', JSON.stringify({ status })])
}

async function conditionsOf(job: string): Promise<string> {
  return kubectl(['get', 'job', job, '-n', namespaceOf(scenario), '-o', 'jsonpath={.status.conditions[*].reason}'])
}

test('the Job controller makes the Pod; what will not be better next time is not run again', async () => {
  const result = await jobOf(scenario, 'verify')
  await kubectl(['apply', '-f', '-'], result.manifests)
  const { name } = (result.objects.at(-1) as unknown as JobObject).metadata
  await expectSoon(async () => expect(await podsOf(name)).toHaveLength(1), 20)
  const [first] = await podsOf(name)
  const wanted = podOf(result)
  expect(first!.spec).toMatchObject({ serviceAccountName: wanted.serviceAccountName, restartPolicy: 'Never' })
  expect(first!.spec.containers[0]).toMatchObject({ args: wanted.containers[0]!.args, env: wanted.containers[0]!.env })
  // The token for Vault, and beside it the one for the API server, which admission has added.
  const sources = first!.spec.volumes.flatMap(({ projected }) => projected?.sources ?? [])
  const tokens = sources.flatMap(({ serviceAccountToken: token }) => token ?? [])
  expect(tokens.map(({ audience }) => audience)).toEqual(['vault', undefined])

  // Unreachable: it is tried again.
  await ended(first!.metadata.name, 6)
  await expectSoon(async () => expect(await podsOf(name)).toHaveLength(2), 40)
  const second = (await podsOf(name)).find(({ metadata }) => metadata.name !== first!.metadata.name)
  // Findings: they stay.
  await ended(second!.metadata.name, 3)
  await expectSoon(async () => expect(await conditionsOf(name)).toContain('PodFailurePolicy'), 40)
  expect(await podsOf(name)).toHaveLength(2)
}, 120_000)

test('of the CronJob comes a Job with the same Pod', async () => {
  const result = await jobOf(scenario, 'drift', { settings: { schedule: '17 3 * * *' } })
  await kubectl(['apply', '-f', '-'], result.manifests)
  const { name } = (result.objects.at(-1) as unknown as JobObject).metadata
  await kubectl(['create', 'job', 'now', '-n', namespaceOf(scenario), `--from=cronjob/${name}`])
  await expectSoon(async () => expect(await podsOf('now')).toHaveLength(1), 20)
  const [pod] = await podsOf('now')
  expect(pod!.spec.containers[0]!.args).toEqual(podOf(result).containers[0]!.args)
  expect(pod!.metadata.labels).toMatchObject({ 'app.kubernetes.io/component': 'drift' })
})

/** Runs it with its own rights alone. */
async function runs(command: JobCommand, settings: object = {}) {
  const result = await jobOf(scenario, command, { settings })
  await install(result)
  // A moment later the API server has heard of the rights.
  const [namespace, name] = result.account.split('/')
  await expectSoon(async () => {
    const words = ['auth', 'can-i', 'get', `configmaps/icebreaker-${scenario.id}`, '-n', namespace!]
    expect(await kubectl([...words, `--as=system:serviceaccount:${namespace}:${name}`])).toBe('yes')
  })
  return runAsPod(scenario, result)
}

const parsed = (ran: { readonly stdout: string }) => JSON.parse(ran.stdout) as Record<string, unknown>

test('verify, with the rights of its Job and no others', async () => {
  const ran = await runs('verify')
  expect([ran.exitCode, ran.stderr]).toEqual([0, expect.not.stringContaining('ICE')])
  expect(parsed(ran)).toMatchObject({ operation: 'verify' })
}, 120_000)

test('doctor, which sees all that the administrator sees', async () => {
  const ran = await runs('doctor')
  expect([ran.exitCode, ran.stderr]).toEqual([0, expect.anything()])
  const { checks } = parsed(ran) as { checks: readonly { state: string; because?: string }[] }
  // What only --probe finds out stays open; nothing was refused.
  const open = checks.filter(({ state, because }) => state === 'unknown' && because !== DOCTOR_OPEN.notProbed.code)
  expect(open).toEqual([])
}, 120_000)

test('drift and apply: nothing to do', async () => {
  const drifted = await runs('drift')
  expect([drifted.exitCode, drifted.stderr]).toEqual([0, expect.anything()])
  const applied = await runs('apply')
  expect([applied.exitCode, applied.stderr]).toEqual([0, expect.anything()])
}, 120_000)

test('reviewer rotate: a new token, with the rights of its Job and no others', async () => {
  const waits = await runs('reviewer-rotate')
  expect([waits.exitCode, parsed(waits)]).toEqual([0, expect.objectContaining({ rotated: false, isDue: false })])
  const ran = await runs('reviewer-rotate', { ifExpiresWithin: 25 * 3600 })
  expect([ran.exitCode, ran.stderr]).toEqual([0, expect.anything()])
  expect(parsed(ran)).toMatchObject({ rotated: true, left: [] })
}, 180_000)

test('a token that Vault was not meant to get does not log in', async () => {
  const { objects, account } = await jobOf(scenario, 'verify')
  const role = `icebreaker-${scenario.id}-verify`
  const [namespace = '', serviceAccount = ''] = account.split('/')
  const login = async (audiences: readonly string[]) => {
    const { token } = await scenario.cluster.requestToken({
      namespace,
      serviceAccount,
      audiences,
      expirationSeconds: 600,
    })
    return scenario.vault.login(scenario.id, role, new Secret(Secret.reveal(token)))
  }
  expect(objects.length).toBeGreaterThan(0)
  await expect(login([])).rejects.toMatchObject({ code: VAULT.loginRefused.code })
  expect((await login(['vault'])).policies).toEqual(['default', role])
})
