import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isIceError, isIceErrors, type IceError, type IceErrors } from '../../src/catalogue/index.js'
import type { FileInput } from '../../src/config/schema.js'
import type { IceEvent } from '../../src/events/index.js'
import { createCluster, loadConnection, type Cluster } from '../../src/kubernetes/index.js'
import { refs } from '../../src/kubernetes/objects.js'
import { apply } from '../../src/operations/apply.js'
import type { ApplyOptions, FileOptions, PlanOptions, VerifyFileOptions } from '../../src/operations/options.js'
import { plan } from '../../src/operations/plan.js'
import type { ApplyResult, PlanResult, VerifyRunResult } from '../../src/operations/results.js'
import { verify } from '../../src/operations/verify.js'
import { inventoryName } from '../../src/reconcile/inventory-store.js'
import type { Inventory } from '../../src/reconcile/inventory.js'
import { Secret } from '../../src/secrets/index.js'
import { createVault, path, type Vault } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'

type Auth = Extract<FileInput['clusters'][string]['auth'], { method?: 'kubernetes' | undefined }>
type Named = Extract<Auth['reviewer'], { namespace: string }>
type BaseCluster = Omit<FileInput['clusters'][string], 'auth'> & { auth: Omit<Auth, 'reviewer'> & { reviewer: Named } }

/** With a cluster whose reviewer has an account. */
type BaseFile = Omit<FileInput, 'clusters'> & { clusters: Record<string, BaseCluster> }

/** One icebreaker.yaml on the real servers; all that it names begins with `id`, so that tests can run side by side. */
export interface Scenario {
  readonly id: string
  readonly folder: string
  readonly file: string
  /** The administrator's own clients. */
  readonly vault: Vault
  readonly cluster: Cluster
  /** What the operations emitted, of all runs. */
  readonly events: IceEvent[]
  /** The smallest file: a cluster with its trust. */
  readonly base: (auth?: Partial<BaseCluster['auth']>) => BaseFile
  readonly write: (file: FileInput) => void
  /** What every operation on the file takes. */
  readonly fileOptions: () => FileOptions
  readonly plan: (options?: Partial<PlanOptions>) => Promise<PlanResult>
  readonly apply: (options?: Partial<ApplyOptions>) => Promise<ApplyResult>
  readonly verify: (options?: Partial<VerifyFileOptions>) => Promise<VerifyRunResult>
  readonly inventory: () => Promise<Inventory>
  /** Replaces what the inventory holds; undefined: removes it. */
  readonly setInventory: (inventory: Inventory | undefined) => Promise<void>
  /** Removes all that the file has made. */
  readonly close: () => Promise<void>
  /** For one of several on the same objects. */
  readonly closeClients: () => Promise<void>
}

export interface ScenarioOptions {
  /** Instead of the servers of the test run (a proxy before them, another server). */
  readonly vaultAddress?: string
  readonly vaultCaFile?: string
  readonly token?: string
  readonly kubeconfig?: string
  /** Vault's, which must be there. */
  readonly namespace?: string
  /** Of another scenario: a second file beside it. */
  readonly id?: string
}

export async function openScenario(options: ScenarioOptions = {}): Promise<Scenario> {
  const server = servers()
  const id = options.id ?? `t${randomBytes(4).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), 'icebreaker-scenario-'))
  const file = join(folder, 'icebreaker.yaml')
  const address = options.vaultAddress ?? server.vaultAddress
  const events: IceEvent[] = []
  const vault = createVault({
    address: server.vaultAddress,
    token: new Secret(server.token),
    tls: { ca: [readFileSync(server.caFile, 'utf8')] },
    namespace: options.namespace,
  })
  const cluster = await openCluster(server.kubeconfig, server.context)

  const common = () => {
    // What an operator has in the environment. Jest gives each test file an environment of its own.
    Object.assign(process.env, {
      VAULT_ADDR: address,
      VAULT_TOKEN: options.token ?? server.token,
      PGPASSWORD: server.postgres.vault.password,
    })
    return { file, emit: (event: IceEvent) => void events.push(event), stop: new AbortController().signal }
  }
  const closeClients = async () => {
    rmSync(folder, { recursive: true })
    await Promise.all([vault.close(), cluster.close()])
  }
  const inventoryRef = refs.configMap(`${id}-auth`, inventoryName(id))

  return {
    id,
    folder,
    file,
    vault,
    cluster,
    events,
    base: (auth = {}) => ({
      version: 1,
      name: id,
      vault: {
        address,
        caFile: options.vaultCaFile ?? server.caFile,
        ...(options.namespace !== undefined && { namespace: options.namespace }),
      },
      clusters: {
        demo: {
          kubeconfig: options.kubeconfig ?? server.kubeconfig,
          context: server.context,
          auth: {
            path: id,
            reviewer: { namespace: `${id}-auth`, serviceAccount: 'reviewer' },
            ...auth,
          },
        },
      },
    }),
    // JSON is YAML.
    fileOptions: common,
    write: (content) => writeFileSync(file, JSON.stringify(content, null, 2)),
    plan: (more = {}) => plan({ ...common(), ...more }),
    apply: (more = {}) =>
      apply({ ...common(), only: [], dryRun: false, verify: 'never', confirm: () => Promise.resolve(true), ...more }),
    verify: (more = {}) => verify({ ...common(), roles: [], positiveOnly: false, ...more }),
    async inventory() {
      const object = await cluster.get(inventoryRef)
      return JSON.parse((object?.['data'] as Record<string, string>)['inventory.json'] ?? '') as Inventory
    },
    async setInventory(inventory) {
      const object = await cluster.get(inventoryRef)
      if (inventory === undefined || object === undefined) return cluster.delete(inventoryRef)
      await cluster.replace(inventoryRef, { ...object, data: { 'inventory.json': JSON.stringify(inventory) } })
    },
    async close() {
      await removeAll(id, vault, cluster)
      await closeClients()
    },
    closeClients,
  }
}

export async function openCluster(kubeconfig: string, context: string): Promise<Cluster> {
  const connection = await loadConnection({ kubeconfig, context })
  const { signal } = new AbortController()
  return createCluster({ name: 'test', connection, signal, timeoutMs: 30_000, fieldManager: 'test' })
}

async function removeAll(id: string, vault: Vault, cluster: Cluster): Promise<void> {
  const ours = (name: string): boolean => name.startsWith(id)
  const tables = await Promise.all([vault.read(path`sys/auth`), vault.read(path`sys/mounts`)])
  const [auth = [], mounts = []] = tables.map((table) => Object.keys(table?.data ?? {}).filter(ours))
  const policies = (await vault.list(path`sys/policies/acl`)).filter(ours)
  const namespaces = (await cluster.list(refs.namespace(''))).filter(({ metadata }) => ours(metadata.name))
  const bindings = (await cluster.list(refs.clusterRoleBinding(''))).filter(({ metadata }) =>
    metadata.name.startsWith(`icebreaker:${id}`),
  )
  await Promise.all([
    ...auth.map((name) => vault.delete(path`sys/auth/${name.replace(/\/$/, '')}`)),
    // Leases of a database that is gone cannot be revoked.
    ...mounts.map(async (name) => {
      const mount = name.replace(/\/$/, '')
      await vault.write(path`sys/leases/revoke-force/${mount}`, {}, { repeatable: true })
      await vault.delete(path`sys/mounts/${mount}`)
    }),
    ...policies.map((name) => vault.delete(path`sys/policies/acl/${name}`)),
    ...namespaces.map(({ metadata }) => cluster.delete(refs.namespace(metadata.name))),
    ...bindings.map(({ metadata }) => cluster.delete(refs.clusterRoleBinding(metadata.name))),
  ])
}

/** The error that an operation ends with; fails where it ends well. */
export async function refusal(operation: Promise<Pick<PlanResult, 'plan'>>): Promise<IceError | IceErrors> {
  return operation.then(
    (result) => {
      throw new Error(`it went well, with ${JSON.stringify(pending(result))}`)
    },
    (error: unknown) => {
      if (isIceError(error) || isIceErrors(error)) return error
      throw error
    },
  )
}

/** What a plan would do, without what is as it should be. */
export const pending = ({ plan: { objects } }: Pick<PlanResult, 'plan'>): Record<string, string> =>
  Object.fromEntries(objects.filter(({ action }) => action !== 'none').map(({ address, action }) => [address, action]))

/** The outcomes of a run by state. */
export const states = ({ outcomes }: ApplyResult): Record<string, string> =>
  Object.fromEntries(outcomes.map(({ address, state }) => [address, state]))

/** For what other processes come to know a moment later. */
export async function expectSoon(attempt: () => Promise<void>, seconds = 4): Promise<void> {
  for (let left = seconds * 5; ; left--) {
    try {
      return await attempt()
    } catch (error) {
      if (left === 0) throw error
      await sleep(200)
    }
  }
}
