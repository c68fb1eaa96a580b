import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { FileInput } from '../../src/config/schema.js'
import type { Manifest, Product, Settings } from '../../src/integrations/index.js'
import { integrate, type ClusterObjects, type IntegrateOptions } from '../../src/operations/integrate.js'
import { installServer } from '../../src/sandbox/install.js'
import { Secret } from '../../src/secrets/index.js'
import type { Scenario } from '../operations/scenario.js'
import { databaseURL } from '../operations/everything.js'
import { servers } from '../servers/index.js'

export const SETTINGS: Settings = { product: 'vault', containers: 'both', tokenExpiration: 600 }

/** The words of a path that has all that may stand in one; `*` at its end, `?`, `#`, `%` and `\` are refused by grants. */
export const ODD = `o'dd "quoted" {a} $\{b} c:d ü&<x>`

/** What a value of a KV secret may be: nothing of it may be taken for structure. */
export const VALUE = `line one\nline "two" {{ .Data }} \${HOME} \\ 'x' %s ü`

/** One workload, `app` in a namespace, and all that it may read; its token and its database user live for seconds only. */
export function workloadFile(
  { id, base }: Scenario,
  role: Partial<NonNullable<FileInput['roles']>[string]> = {},
): FileInput {
  process.env['ODD_VALUE'] = VALUE
  return {
    ...base({ disableISSValidation: true }),
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    engines: {
      [`${id}-v2`]: {
        type: 'kv',
        secrets: {
          'app/creds': { user: { literal: 'app' }, 'pass-word': { env: 'ODD_VALUE' } },
          [ODD]: { x: { literal: 'y' } },
        },
      },
      [`${id}:v1`]: { type: 'kv', version: 1, secrets: { data: { key: { literal: 'one' } } } },
      [`${id}-db`]: {
        type: 'database',
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url: databaseURL(),
            username: { literal: servers().postgres.vault.user },
            password: { env: 'PGPASSWORD' },
          },
        },
        roles: {
          reader: {
            connection: 'main',
            creation: [
              `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`,
              'GRANT SELECT ON greetings TO "{{name}}"',
            ],
            revocation: ['REVOKE ALL ON greetings FROM "{{name}}"', 'DROP ROLE "{{name}}"'],
            defaultTTL: '12s',
            maxTTL: '10m',
          },
        },
      },
    },
    policies: {
      [`${id}-app`]: {
        grants: [
          `read kv ${id}-v2/app/creds`,
          { verb: 'read', engine: 'kv', mount: `${id}-v2`, path: ODD },
          `read kv ${id}:v1/data`,
          `read database ${id}-db/reader`,
        ],
      },
    },
    roles: {
      app: {
        serviceAccounts: ['app'],
        namespaces: [`${id}-app`],
        policies: [`${id}-app`],
        audience: 'vault',
        tokenTTL: '12s',
        ...role,
      },
    },
  }
}

/** What is emitted for the one cluster of a scenario. */
export async function emitted(
  { file }: Pick<Scenario, 'file'>,
  options: Partial<IntegrateOptions> = {},
): Promise<ClusterObjects> {
  const { clusters } = await integrate({
    way: 'agent',
    file,
    env: {},
    settings: SETTINGS,
    patch: false,
    podAddress: servers().vaultAddress,
    ...options,
  })
  return Object.values(clusters)[0]!
}

/** A manifest with what tests look at; what is not there fails when it is looked at. */
export interface Seen {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly data: Readonly<Record<string, string>>
  readonly stringData: Readonly<Record<string, string>>
  readonly spec: {
    readonly provider: string
    readonly parameters: Readonly<Record<string, string>>
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> }
      readonly spec: PodSpec
    }
  }
}

interface Named {
  readonly name: string
}

export interface PodSpec {
  readonly serviceAccountName: string
  readonly containers: readonly (Named & { readonly volumeMounts: readonly Named[] })[]
  readonly initContainers: readonly (Named & {
    readonly env?: readonly { readonly name: string; readonly value: string }[]
  })[]
  readonly volumes: readonly (Named & {
    readonly projected?: {
      readonly sources: readonly {
        readonly serviceAccountToken: { readonly audience?: string; readonly expirationSeconds: number }
      }[]
    }
  })[]
}

export const find = (manifests: readonly Manifest[], kind: string, part = ''): Seen =>
  manifests.find((one) => one.kind === kind && one.metadata.name.includes(part)) as unknown as Seen

/** A pod's file system on this machine: what the kubelet would mount, in a folder. */
export interface PodFolder {
  readonly folder: string
  /** A path of the pod, where it is here. */
  readonly at: (path: string) => string
  readonly write: (path: string, text: string) => void
  readonly read: (path: string) => string
  readonly remove: () => void
}

export function podFolder(): PodFolder {
  const folder = mkdtempSync(join(tmpdir(), 'icebreaker-pod-'))
  const at = (path: string): string => join(folder, path)
  for (const path of ['/vault/agent', '/vault/ca', '/vault/account', '/vault/login', '/vault/secrets'])
    mkdirSync(at(path), { recursive: true, mode: 0o700 })
  return {
    folder,
    at,
    write: (path, text) => writeFileSync(at(path), text, { mode: 0o600 }),
    read: (path) => readFileSync(at(path), 'utf8'),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/**
 * The configuration as it was emitted, with each path of the pod (/vault/…) led into its folder: there is no kubelet here
 * that would mount it. Nothing else of it is changed.
 */
export function relocated(config: string, { at }: PodFolder): string {
  const moved = (_key: string, value: unknown): unknown =>
    typeof value === 'string' && value.startsWith('/vault/') ? at(value) : value
  return JSON.stringify(JSON.parse(config, moved))
}

/** The token that the kubelet would project into the patched pod, by the same API. */
export async function projectedToken({ cluster, id }: Scenario, patch: Manifest | undefined): Promise<string> {
  const { serviceAccountName, volumes } = (patch as unknown as Seen).spec.template.spec
  const { audience, expirationSeconds } = volumes.flatMap(({ projected }) => projected?.sources ?? [])[0]!
    .serviceAccountToken
  const { token } = await cluster.requestToken({
    namespace: `${id}-app`,
    serviceAccount: serviceAccountName,
    audiences: audience === undefined ? [] : [audience],
    expirationSeconds,
  })
  return Secret.reveal(token)
}

export interface Agent {
  readonly log: () => string
  readonly exited: Promise<number | null>
  readonly stop: () => Promise<void>
}

/** The real program, with nothing in its environment that could lead it elsewhere. */
export async function startAgent(
  product: Product,
  configFile: string,
  env: Record<string, string> = {},
): Promise<Agent> {
  const program = await installServer(product, { emit: () => undefined })
  const chunks: string[] = []
  const child: ChildProcess = spawn(program, ['agent', `-config=${configFile}`], {
    env: { HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
  child.stderr!.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve))
  return {
    log: () => chunks.join(''),
    exited,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await exited
      clearTimeout(timer)
    },
  }
}

/** kubectl as the administrator of the cluster. @returns its standard output; it throws where it is refused */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const program = await installServer('kubectl', { emit: () => undefined })
  const { kubeconfig, context } = servers()
  const { stdout } = await execa(program, ['--kubeconfig', kubeconfig, '--context', context, ...args], {
    ...(input !== undefined && { input }),
  })
  return stdout
}
