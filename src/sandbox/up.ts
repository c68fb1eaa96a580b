import { randomBytes } from 'node:crypto'
import { IceError, SANDBOX } from '../catalogue/index.js'
import type { Emit } from '../events/index.js'
import { serversOf } from './composition.js'
import { writeDemoFile } from './demo-file.js'
import { exclusively } from './exclusively.js'
import { existingCluster } from './existing.js'
import { installServer } from './install.js'
import { inOrder } from './in-order.js'
import { placesOf, type Places } from './places.js'
import { isAlive } from './process.js'
import { loadRecord, saveRecord, type SandboxRecord } from './record.js'
import { userForRoot } from './servers/postgres.js'
import type { Server } from './servers/server.js'
import type { Product } from './servers/vault.js'
import { stopServer } from './stop.js'
import { settlePorts } from './settle-ports.js'
import { becomesReady, startAndWait } from './start.js'
import { stateOf, type SandboxState } from './state.js'
import { step } from './step.js'

export interface UpOptions {
  readonly name: string
  /** A context of the kubeconfig: use that throw-away cluster instead of starting one. */
  readonly context?: string
  /** Default: KUBECONFIG, ~/.kube/config. */
  readonly kubeconfig?: string
  /** Default: openbao. */
  readonly product?: Product
  readonly emit: Emit
  readonly signal: AbortSignal
}

/**
 * Brings a sandbox up: makes what is missing, starts what is dead, leaves alone what runs. Doing it again after a failure,
 * an interrupt, a crash or a reboot finishes the work; `started` names the servers that this run started.
 * @throws IceError ICE6001, ICE6003 to ICE6007, ICE6009 to ICE6013; the signal's reason when it is aborted
 */
export async function up(options: UpOptions): Promise<SandboxState & { readonly started: readonly string[] }> {
  const { emit, signal } = options
  const places = placesOf(options.name)
  return exclusively(places, options, async () => {
    const record = await openRecord(options, places)
    const moved = await settlePorts(record)
    saveRecord(places, record)
    const servers = serversOf(record, places)
    await stopWhatNeeds(moved, servers, record)
    const bringing = { places, record, emit, signal }
    const started = await inOrder(
      servers,
      ({ needs }) => needs,
      (server, ready) => bring(server, ready, bringing),
    )
    await writeDemoFile(places, record)
    return { ...stateOf(record, places), started: started.flat() }
  })
}

async function openRecord(options: UpOptions, places: Places): Promise<SandboxRecord> {
  const { context, kubeconfig, product } = options
  const record = loadRecord(places)
  const existing = context === undefined ? undefined : await existingCluster(context, kubeconfig)
  if (!record) {
    const user = await userForRoot()
    return {
      version: 1,
      name: options.name,
      product: product ?? 'openbao',
      ...(existing ? { existing } : {}),
      ports: {},
      ...(user ? { postgres: { folderId: randomBytes(6).toString('hex'), user } } : {}),
      processes: {},
    }
  }
  const another =
    (existing && existing.context !== record.existing?.context) || (product !== undefined && product !== record.product)
  if (another) {
    throw new IceError(SANDBOX.otherCluster, {
      message: `The sandbox ${record.name} was made with ${record.product} for ${clusterOf(record)}.`,
    })
  }
  return { ...record, ...(existing ? { existing } : {}) }
}

const clusterOf = ({ existing }: SandboxRecord): string =>
  existing ? `the cluster of the context ${existing.context}` : 'a cluster of its own'

/** A running server that needs one that has moved knows only the old place: it is started again. */
async function stopWhatNeeds(
  moved: ReadonlySet<string>,
  servers: readonly Server[],
  record: SandboxRecord,
): Promise<void> {
  for (const server of servers.filter(({ needs }) => needs.some((name) => moved.has(name)))) {
    const running = record.processes[server.name]
    if (running) await stopServer(server, running)
  }
}

interface Bringing {
  readonly places: Places
  readonly record: SandboxRecord
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** Brings up one server; gives its name if it had to be started. */
async function bring(server: Server, ready: Promise<unknown>, bringing: Bringing): Promise<string[]> {
  const { places, record, emit, signal } = bringing
  const running = record.processes[server.name]
  if (running && isAlive(running) && !server.mustRestart?.()) {
    await ready
    if (await server.isReady(running.pid)) return []
    const title = `Wait for ${server.title}`
    // One that hangs, or dies of what it met while a server that it needs was away, is started again.
    if (await step(emit, server.name, title, () => becomesReady(server, running, signal))) return []
  }
  if (running) await stopServer(server, running)
  const program = await installServer(server.program, { emit, signal })
  await ready
  signal.throwIfAborted()
  const start = { program, log: places.log(server.name), signal }
  await step(emit, server.name, `Start ${server.title}`, () =>
    startAndWait(server, start, (process) => {
      record.processes[server.name] = process
      saveRecord(places, record)
    }),
  )
  return [server.name]
}
