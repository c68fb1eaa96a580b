import { join } from 'node:path'
import { privateFolder } from '../files.js'
import { ask } from '../http.js'
import { administrator, prepareClusterFiles, type ClusterFiles } from './pki.js'
import type { Server } from './server.js'

export interface EtcdOptions {
  readonly folder: string
  readonly files: ClusterFiles
  readonly port: number
  readonly peerPort: number
}

/** One etcd that lets only the cluster's own certificates in: what it holds are other people's secrets, also on loopback. */
export function etcd({ folder, files, port, peerPort }: EtcdOptions): Server {
  const client = `https://127.0.0.1:${port}`
  const peer = `https://127.0.0.1:${peerPort}`
  const tls = (prefix: string) => [
    `--${prefix}client-cert-auth`,
    `--${prefix}trusted-ca-file=${files.ca}`,
    `--${prefix}cert-file=${files.serverCertificate}`,
    `--${prefix}key-file=${files.serverKey}`,
  ]
  return {
    name: 'etcd',
    title: 'etcd',
    program: 'etcd',
    needs: [],
    port,
    folder,
    stopSignal: 'SIGTERM',
    prepare: async () => {
      await prepareClusterFiles(files)
      privateFolder(folder)
    },
    command: (program) => ({
      program,
      args: [
        '--name=sandbox',
        `--data-dir=${join(folder, 'data')}`,
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=sandbox=${peer}`,
        ...tls(''),
        ...tls('peer-'),
        // A killed process loses nothing by this, only a machine that loses power.
        '--unsafe-no-fsync',
        // It waits this long for other members before it elects itself; there are none.
        '--heartbeat-interval=10',
        '--election-timeout=100',
        '--log-level=warn',
      ],
    }),
    isReady: async () => (await ask(administrator(files), `${client}/health`))?.status === 200,
  }
}
