import { existsSync } from 'node:fs'
import { IceError, SANDBOX } from '../catalogue/index.js'
import { serversOf } from './composition.js'
import { readSecret } from './files.js'
import { CONTEXT } from './kubeconfig.js'
import { placesOf, type Places } from './places.js'
import { isAlive } from './process.js'
import { loadRecord, sandboxNames, type SandboxRecord } from './record.js'
import type { Product } from './servers/vault.js'

export interface ServerState {
  readonly name: string
  readonly title: string
  readonly state: 'running' | 'dead' | 'stopped'
  readonly pid?: number
  /** On 127.0.0.1. */
  readonly port: number
  readonly log: string
}

/** What an operator is told of a sandbox; no secret in it. */
export interface SandboxState {
  readonly name: string
  readonly folder: string
  readonly product: Product
  readonly context: string
  readonly kubeconfig: string
  readonly vaultAddress: string
  readonly caFile: string
  /** The reference scenario, ready for `icebreaker apply`. */
  readonly file: string
  readonly servers: readonly ServerState[]
}

export function stateOf(record: SandboxRecord, places: Places): SandboxState {
  return {
    name: record.name,
    folder: places.folder,
    product: record.product,
    context: record.existing?.context ?? CONTEXT,
    kubeconfig: record.existing?.kubeconfig ?? places.kubeconfig,
    vaultAddress: `https://127.0.0.1:${record.ports['vault']}`,
    caFile: places.vaultCA,
    file: places.file,
    servers: serversOf(record, places).map(({ name, title, port }) => {
      const process = record.processes[name]
      const log = places.log(name)
      if (!process) return { name, title, state: 'stopped', port, log }
      return { name, title, state: isAlive(process) ? 'running' : 'dead', pid: process.pid, port, log }
    }),
  }
}

/** All sandboxes of this user, or the one that is named. Asks only the system, no server. @throws IceError ICE6001, ICE6002, ICE6005 */
export function status(options: { readonly name?: string | undefined } = {}): readonly SandboxState[] {
  const names = options.name === undefined ? sandboxNames() : [options.name]
  return names.map((name) => {
    const places = placesOf(name)
    return stateOf(recordOf(places), places)
  })
}

/**
 * The environment in which kubectl, bao, vault and icebreaker speak to a sandbox. It holds its root token and a password.
 * @throws IceError ICE6001, ICE6002, ICE6005
 */
export function env(options: { readonly name: string }): Readonly<Record<string, string>> {
  const places = placesOf(options.name)
  const { kubeconfig, vaultAddress, caFile, file } = stateOf(recordOf(places), places)
  if (!existsSync(places.rootToken) || !existsSync(places.vaultPassword)) throw unfinished(options.name)
  return {
    KUBECONFIG: kubeconfig,
    VAULT_ADDR: vaultAddress,
    VAULT_CACERT: caFile,
    VAULT_TOKEN: readSecret(places.rootToken),
    PGPASSWORD: readSecret(places.vaultPassword),
    ICEBREAKER_FILE: file,
  }
}

function recordOf(places: Places): SandboxRecord {
  const record = loadRecord(places)
  if (!record) throw unfinished(places.name)
  return record
}

function unfinished(name: string): IceError {
  return new IceError(SANDBOX.unknown, {
    message: `There is no sandbox ${name}, or it never came up whole.`,
    next: [`icebreaker sandbox up --name ${name}`],
  })
}
