import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { execa } from 'execa'
import { integrateJob, type IntegrateJobOptions, type IntegrateJobResult } from '../../src/operations/integrate-job.js'
import { installServer } from '../../src/sandbox/install.js'
import { Secret } from '../../src/secrets/index.js'
import { integrateJobText } from '../../src/views/human/integrate-job.js'
import { RUN, type Ran } from '../cli/process.js'
import type { Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { kubectl } from './pods.js'

export const JOB_SETTINGS = { image: 'icebreaker:1', deadline: 900, ifExpiresWithin: 21_600 } as const

/** What is emitted for the scenario's file. */
export function jobOf(
  { file }: Pick<Scenario, 'file'>,
  command: IntegrateJobOptions['command'],
  { settings, ...more }: Partial<Omit<IntegrateJobOptions, 'settings'>> & { readonly settings?: object } = {},
): Promise<IntegrateJobResult> {
  return integrateJob({
    command,
    file,
    env: {},
    podAddress: servers().vaultAddress,
    proofByVault: false,
    show: 'objects',
    ...more,
    settings: { ...JOB_SETTINGS, ...settings },
  })
}

/** What tests look at of a pod's template. */
export interface JobPod {
  readonly serviceAccountName: string
  readonly automountServiceAccountToken: boolean
  readonly restartPolicy: string
  readonly containers: readonly {
    readonly name: string
    readonly image: string
    readonly command: readonly string[]
    readonly args: readonly string[]
    readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[]
  }[]
  readonly volumes: readonly {
    readonly name: string
    readonly configMap?: { readonly name: string }
    readonly projected?: {
      readonly sources: readonly {
        readonly serviceAccountToken?: { readonly audience?: string; readonly expirationSeconds: number }
      }[]
    }
  }[]
}

export interface JobObject {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: {
    readonly template?: { readonly spec: JobPod }
    readonly jobTemplate: { readonly spec: { readonly template: { readonly spec: JobPod } } }
  }
}

export function podOf({ objects }: IntegrateJobResult): JobPod {
  const { spec } = objects.at(-1) as unknown as JobObject
  return (spec.template ?? spec.jobTemplate.spec.template).spec
}

/** All objects but the last, which would run: the account and its rights; and what Vault must have, by the commands that are printed. */
export async function install(result: IntegrateJobResult): Promise<void> {
  const before = { apiVersion: 'v1', kind: 'List', items: result.objects.slice(0, -1) }
  await kubectl(['apply', '-f', '-'], JSON.stringify(before))
  const { vaultAddress, caFile, token, product } = servers()
  const program = await installServer(product === 'vault' ? 'vault' : 'bao', { emit: () => undefined })
  const folder = mkdtempSync(join(tmpdir(), 'icebreaker-path-'))
  try {
    symlinkSync(program, join(folder, product === 'vault' ? 'vault' : 'bao'))
    await execa('/bin/sh', ['-s'], {
      input: integrateJobText({ ...result, shown: 'vault' }),
      env: {
        PATH: `${folder}:/usr/bin:/bin`,
        HOME: folder,
        VAULT_ADDR: vaultAddress,
        VAULT_CACERT: caFile,
        VAULT_TOKEN: token,
      },
      extendEnv: false,
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Volumes as the kubelet mounts them: each file a link into a folder that is replaced as a whole. */
function mounted(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, '..2026'), { recursive: true })
  symlinkSync('..2026', join(folder, '..data'))
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, '..2026', name), text)
    symlinkSync(join('..data', name), join(folder, name))
  }
}

/**
 * Runs the container's command as its pod would, with exactly the tokens of its service account. There is no kubelet here:
 * paths of the pod are led into a folder, and in place of the pod's own account stands a kubeconfig with a token of it.
 */
export async function runAsPod({ cluster }: Scenario, result: IntegrateJobResult): Promise<Ran> {
  const pod = podOf(result)
  const container = pod.containers[0]!
  const [namespace = '', serviceAccount = ''] = result.account.split('/')
  const folder = mkdtempSync(join(tmpdir(), 'icebreaker-job-'))
  const at = (path: string): string => join(folder, path)
  const tokenFor = async (audiences: readonly string[], expirationSeconds: number): Promise<string> =>
    Secret.reveal((await cluster.requestToken({ namespace, serviceAccount, audiences, expirationSeconds })).token)
  try {
    const { audience, expirationSeconds } = pod.volumes.flatMap(
      ({ projected }) => projected?.sources.flatMap((source) => source.serviceAccountToken ?? []) ?? [],
    )[0]!
    mkdirSync(at('/tmp'))
    mounted(at('/run/icebreaker/account'), {
      token: await tokenFor(audience === undefined ? [] : [audience], expirationSeconds),
    })
    writeFileSync(at('/kubeconfig'), kubeconfigWith(await tokenFor([], 3600)), { mode: 0o600 })
    const data = (
      result.objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> }
    ).data
    const file = data['icebreaker.yaml']!
    if (!file.includes('inCluster: true') || !file.includes('tokenFile: /run/icebreaker/account/token'))
      throw new Error(`not as a pod needs it: ${file}`)
    mounted(at('/etc/icebreaker'), {
      ...data,
      'icebreaker.yaml': file
        .replace('inCluster: true', `kubeconfig: ${JSON.stringify(at('/kubeconfig'))}`)
        .replace('/run/icebreaker/account/token', at('/run/icebreaker/account/token')),
    })
    const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? process.env[name] ?? '']))
    const args = container.args.map((word) => word.replace('--file=/', `--file=${folder}/`))
    const { exitCode, signal, stdout, stderr } = await execa(process.execPath, [RUN, ...args], {
      env: { ...env, HOME: at('/tmp'), PATH: process.env['PATH'] },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    })
    if (readdirSync(at('/etc/icebreaker/..2026')).length !== Object.keys(data).length) throw new Error('it wrote there')
    return { exitCode, signal, stdout, stderr }
  } finally {
    if (basename(dirname(join(folder, 'x'))).startsWith('icebreaker-job-')) rmSync(folder, { recursive: true })
  }
}

function kubeconfigWith(token: string): string {
  const { apiServer, apiServerCA } = servers()
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: apiServer, 'certificate-authority': apiServerCA } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'pod', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'pod',
  })
}
