import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ask } from '../../src/sandbox/http.js'
import { installServer } from '../../src/sandbox/install.js'
import { CONTEXT, writeKubeconfig } from '../../src/sandbox/kubeconfig.js'
import { freePort } from '../../src/sandbox/ports.js'
import { stopProcess, type ProcessId } from '../../src/sandbox/process.js'
import { apiServer, controllerManager } from '../../src/sandbox/servers/kubernetes.js'
import { clusterFiles, vaultFiles } from '../../src/sandbox/servers/pki.js'
import type { Server } from '../../src/sandbox/servers/server.js'
import { vault, type Product, type VaultOptions } from '../../src/sandbox/servers/vault.js'
import { startAndWait } from '../../src/sandbox/start.js'
import { servers } from './index.js'

/** One more real server for the tests that break it, seal it or need two. Whoever starts it stops it. */
export interface ExtraServer {
  readonly address: string
  /** The CA of its certificate, PEM. */
  readonly caFile: string
  /** Of the process that was started last. */
  readonly pid: number
  /** Starts it again, with the same data, at the same address. */
  start(): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
}

export interface ExtraVault extends ExtraServer {
  /** Its root token. */
  readonly token: string
  /** Base64, the only one. */
  readonly unsealKey: string
}

export interface ExtraCluster extends ExtraServer {
  /** Administrator; the context is `context`. */
  readonly kubeconfig: string
  readonly context: string
  /** PEM file: the key that signs its service-account tokens. */
  readonly signingKey: string
}

/** A Vault of its own, initialised and unsealed; `start` unseals again. */
export async function startVault(
  options: {
    readonly product?: Product
    /** What runs it: `env NAME=VALUE` …, to which its own command line is added. */
    readonly through?: readonly [string, ...string[]]
  } = {},
): Promise<ExtraVault> {
  const { server, parts } = await makeVault(options.product ?? servers().product)
  return vaultHandle(await running(options.through ? runBy(options.through, server) : server), parts)
}

/** A Vault that nobody has initialised yet; before it is started again, somebody must have. */
export async function startFreshVault(options: { readonly product?: Product } = {}): Promise<ExtraServer> {
  const { server, parts } = await makeVault(options.product ?? servers().product)
  const address = `https://127.0.0.1:${parts.port}`
  let expected = 501
  const isReady = async (): Promise<boolean> =>
    (await ask({ ca: readFileSync(parts.files.ca, 'utf8') }, `${address}/v1/sys/health`))?.status === expected
  // The sandbox's own server begins anew where it knows no key.
  const prepare: Server['prepare'] = async (...given) => (expected === 501 ? server.prepare(...given) : undefined)
  const fresh = await running({ ...server, isReady, prepare })
  expected = 503
  return { ...fresh, address, caFile: parts.files.ca }
}

/** A standby of another Vault: it is in the same raft cluster, and forwards to it or redirects. */
export async function startStandby(
  active: ExtraVault,
  options: { readonly product?: Product } = {},
): Promise<ExtraVault> {
  const { server, parts } = await makeVault(options.product ?? servers().product)
  writeFileSync(parts.unsealKey, active.unsealKey, { mode: 0o600 })
  writeFileSync(parts.rootToken, active.token, { mode: 0o600 })
  const address = `https://127.0.0.1:${parts.port}`
  const standby: Server = {
    ...server,
    prepare: async (start) => {
      await server.prepare(start)
      joinLeader(join(parts.folder, 'server.json'), active)
    },
    isReady: async (pid) => {
      const health = await ask({ ca: readFileSync(parts.files.ca, 'utf8') }, `${address}/v1/sys/health`)
      if (health?.status === 503) await server.isReady(pid)
      return health?.status === 429
    },
  }
  return vaultHandle(await running(standby), parts)
}

/**
 * One more cluster: an API server on the etcd of this run, below a prefix of its own, with its own CA and signing key, and
 * (unless told otherwise) the controllers that fill token Secrets and publish kube-root-ca.crt.
 */
export async function startCluster(
  options: {
    readonly args?: readonly string[]
    readonly controllers?: boolean
    /** Its tokens name its own address as their issuer, where it publishes its keys. */
    readonly isIssuer?: boolean
  } = {},
): Promise<ExtraCluster> {
  const folder = extraFolder()
  const files = clusterFiles(join(folder, 'pki'))
  const port = await freePort(new Set())
  const address = `https://127.0.0.1:${port}`
  const kubeconfig = join(folder, 'kubeconfig')
  const api = await running(
    apiServer({
      folder: join(folder, 'kube-apiserver'),
      files,
      port,
      etcd: { port: servers().etcdPort, files: clusterFiles(dirname(servers().apiServerCA)) },
      etcdPrefix: `/${folder.slice(folder.lastIndexOf('-') + 1)}`,
      ...(options.isIssuer === true && { issuer: address }),
      args: [
        ...(options.isIssuer === true ? [`--service-account-jwks-uri=${address}/openid/v1/jwks`] : []),
        ...(options.args ?? []),
      ],
    }),
  )
  const controllers = controllerManager({
    folder: join(folder, 'kube-controller-manager'),
    files,
    port: await freePort(new Set()),
    apiServerPort: port,
    kubeconfig,
  })
  const others = options.controllers === false ? [] : [await running(controllers)]
  if (others.length === 0) writeKubeconfig(kubeconfig, { address, files })
  return {
    address,
    caFile: files.ca,
    kubeconfig,
    context: CONTEXT,
    signingKey: files.signingKey,
    get pid() {
      return api.pid
    },
    start: async () => {
      for (const one of [api, ...others]) await one.start()
    },
    stop: async (signal) => {
      for (const one of [...others, api]) await one.stop(signal)
    },
  }
}

/** The controllers that make Pods of Jobs, and Jobs of CronJobs, on the cluster of this run, which has none of them. */
export async function startJobControllers(): Promise<Pick<ExtraServer, 'pid' | 'stop'>> {
  const { apiServer: address, apiServerCA, kubeconfig } = servers()
  const manager = controllerManager({
    folder: join(extraFolder(), 'job-controllers'),
    files: clusterFiles(dirname(apiServerCA)),
    port: await freePort(new Set()),
    apiServerPort: Number(new URL(address).port),
    kubeconfig,
  })
  return running({
    ...manager,
    // Certificates and kubeconfig are there already.
    prepare: () => {
      mkdirSync(manager.folder, { mode: 0o700 })
      return Promise.resolve()
    },
    command: async (program) => {
      const { args, ...command } = await manager.command(program)
      const others = args.filter((word) => !word.startsWith('--controllers='))
      return { ...command, args: [...others, '--controllers=job-controller,cronjob-controller'] }
    },
  })
}

/** Stops what tests of a run have left behind. */
export async function stopExtras(runFolder: string): Promise<void> {
  for (const extra of readdirSync(runFolder).filter((name) => name.startsWith(PREFIX))) {
    const folder = join(runFolder, extra)
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.process.json'))) {
      await stopProcess(JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProcessId, 'SIGKILL', 5_000)
    }
  }
}

const PREFIX = 'extra-'

// In the run's folder, so that it goes with it.
const extraFolder = (): string => mkdtempSync(join(dirname(process.env['ICEBREAKER_TEST_SERVERS']!), PREFIX))

async function makeVault(product: Product): Promise<{ server: Server; parts: VaultOptions }> {
  const folder = extraFolder()
  const port = await freePort(new Set())
  const parts: VaultOptions = {
    product,
    folder: join(folder, 'vault'),
    files: vaultFiles(join(folder, 'vault', 'tls')),
    port,
    clusterPort: await freePort(new Set([port])),
    rootToken: join(folder, 'root-token'),
    unsealKey: join(folder, 'unseal-key'),
  }
  return { server: vault(parts), parts }
}

function joinLeader(configuration: string, leader: ExtraVault): void {
  const settings = JSON.parse(readFileSync(configuration, 'utf8')) as { storage: { raft: object } }
  Object.assign(settings.storage.raft, {
    node_id: 'standby',
    retry_join: [{ leader_api_addr: leader.address, leader_ca_cert_file: leader.caFile }],
  })
  writeFileSync(configuration, JSON.stringify(settings))
}

const runBy = ([program, ...before]: readonly [string, ...string[]], server: Server): Server => ({
  ...server,
  command: async (own) => {
    const { program: first, args, ...rest } = await server.command(own)
    return { ...rest, program, args: [...before, first, ...args] }
  },
})

type Running = Pick<ExtraServer, 'pid' | 'start' | 'stop'>

async function running(server: Server): Promise<Running> {
  const folder = dirname(server.folder)
  const log = join(folder, `${server.name}.log`)
  const program = await installServer(server.program, { emit: () => undefined })
  const start = () =>
    startAndWait(server, { program, log }, (process) => {
      writeFileSync(join(folder, `${server.name}.process.json`), JSON.stringify(process))
    })
  let current = await start()
  return {
    get pid() {
      return current.pid
    },
    start: async () => {
      current = await start()
    },
    stop: async (signal = server.stopSignal) => {
      await stopProcess(current, signal, 5_000)
    },
  }
}

function vaultHandle(process: Running, { port, files, rootToken, unsealKey }: VaultOptions): ExtraVault {
  return {
    address: `https://127.0.0.1:${port}`,
    caFile: files.ca,
    token: readFileSync(rootToken, 'utf8').trim(),
    unsealKey: readFileSync(unsealKey, 'utf8').trim(),
    get pid() {
      return process.pid
    },
    start: () => process.start(),
    stop: (signal) => process.stop(signal),
  }
}
