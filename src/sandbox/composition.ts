import { join } from 'node:path'
import { sharedFolder, type Places } from './places.js'
import type { SandboxRecord } from './record.js'
import { etcd } from './servers/etcd.js'
import { apiServer, controllerManager } from './servers/kubernetes.js'
import { clusterFiles, vaultFiles } from './servers/pki.js'
import { postgres } from './servers/postgres.js'
import type { Server } from './servers/server.js'
import { vault } from './servers/vault.js'

const CLUSTER = {
  etcd: ['etcd', 'etcdPeer'],
  'kube-apiserver': ['apiServer'],
  'kube-controller-manager': ['controllerManager'],
} as const
const OTHERS = { vault: ['vault', 'vaultCluster'], postgres: ['postgres'] } as const

type PortName = (typeof CLUSTER)[keyof typeof CLUSTER][number] | (typeof OTHERS)[keyof typeof OTHERS][number]

/** The names of the ports that each server of a sandbox listens on. */
export function portsByServer({ existing }: SandboxRecord): Readonly<Record<string, readonly PortName[]>> {
  return existing ? OTHERS : { ...CLUSTER, ...OTHERS }
}

/** The servers of a sandbox whose ports are settled, each after those that it needs. */
export function serversOf(record: SandboxRecord, places: Places): readonly Server[] {
  const port = (name: PortName): number => {
    const number = record.ports[name]
    if (number === undefined) throw new Error(`The port ${name} is not settled.`)
    return number
  }
  const { folder, kubeconfig, rootToken, unsealKey, superuserPassword, vaultPassword } = places
  const files = clusterFiles(join(folder, 'pki'))
  const cluster = () => [
    etcd({ folder: join(folder, 'etcd'), files, port: port('etcd'), peerPort: port('etcdPeer') }),
    apiServer({
      folder: join(folder, 'kube-apiserver'),
      files,
      port: port('apiServer'),
      etcd: { port: port('etcd'), files },
    }),
    controllerManager({
      folder: join(folder, 'kube-controller-manager'),
      files,
      port: port('controllerManager'),
      apiServerPort: port('apiServer'),
      kubeconfig,
    }),
  ]
  return [
    ...(record.existing ? [] : cluster()),
    vault({
      product: record.product,
      folder: places.vault,
      files: vaultFiles(places.vaultTls),
      port: port('vault'),
      clusterPort: port('vaultCluster'),
      rootToken,
      unsealKey,
    }),
    postgres({
      folder: record.postgres ? sharedFolder(places.name, record.postgres.folderId) : join(folder, 'postgres'),
      user: record.postgres?.user,
      port: port('postgres'),
      superuserPassword,
      vaultPassword,
    }),
  ]
}
