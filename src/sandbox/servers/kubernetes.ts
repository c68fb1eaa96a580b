import { privateFolder } from '../files.js'
import { ask } from '../http.js'
import { writeKubeconfig } from '../kubeconfig.js'
import { administrator, prepareClusterFiles, type ClusterFiles } from './pki.js'
import type { Server } from './server.js'

/** What a cluster's API server puts into its tokens, and the audience it accepts itself; as kubeadm sets it. */
const ISSUER = 'https://kubernetes.default.svc.cluster.local'

export interface ApiServerOptions {
  readonly folder: string
  readonly files: ClusterFiles
  readonly port: number
  readonly etcd: { readonly port: number; readonly files: ClusterFiles }
  /** Several clusters can share one etcd, each below its own prefix. */
  readonly etcdPrefix?: string
  /** What it puts into its tokens; a URL at which it publishes its keys, if anybody is to fetch them. */
  readonly issuer?: string
  /** More flags, for tests. */
  readonly args?: readonly string[]
}

export function apiServer({
  folder,
  files,
  port,
  etcd,
  etcdPrefix = '/registry',
  issuer = ISSUER,
  args = [],
}: ApiServerOptions): Server {
  return {
    name: 'kube-apiserver',
    title: 'kube-apiserver',
    program: 'kube-apiserver',
    needs: ['etcd'],
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
        `--etcd-servers=https://127.0.0.1:${etcd.port}`,
        `--etcd-prefix=${etcdPrefix}`,
        `--etcd-cafile=${etcd.files.ca}`,
        `--etcd-certfile=${etcd.files.adminCertificate}`,
        `--etcd-keyfile=${etcd.files.adminKey}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        `--tls-cert-file=${files.serverCertificate}`,
        `--tls-private-key-file=${files.serverKey}`,
        `--client-ca-file=${files.ca}`,
        `--service-account-issuer=${issuer}`,
        `--service-account-key-file=${files.verifyingKey}`,
        `--service-account-signing-key-file=${files.signingKey}`,
        '--authorization-mode=Node,RBAC',
        '--service-cluster-ip-range=10.96.0.0/16',
        // There is no Service network that could lead to a server on loopback.
        '--endpoint-reconciler-type=none',
        '--profiling=false',
        ...args,
      ],
    }),
    isReady: async () => (await ask(administrator(files), `https://127.0.0.1:${port}/readyz`))?.status === 200,
  }
}

/** The ones that make service accounts, their token Secrets and `kube-root-ca.crt`, and that delete what is to go. */
const CONTROLLERS = [
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'legacy-serviceaccount-token-cleaner-controller',
  'namespace-controller',
  'garbage-collector-controller',
]

export interface ControllerManagerOptions {
  readonly folder: string
  readonly files: ClusterFiles
  readonly port: number
  readonly apiServerPort: number
  readonly kubeconfig: string
}

export function controllerManager(options: ControllerManagerOptions): Server {
  const { folder, files, port, apiServerPort, kubeconfig } = options
  return {
    name: 'kube-controller-manager',
    title: 'kube-controller-manager',
    program: 'kube-controller-manager',
    // It would wait by itself, but then its log begins with errors.
    needs: ['kube-apiserver'],
    port,
    folder,
    stopSignal: 'SIGTERM',
    prepare: async () => {
      await prepareClusterFiles(files)
      privateFolder(folder)
      writeKubeconfig(kubeconfig, { address: `https://127.0.0.1:${apiServerPort}`, files })
    },
    command: (program) => ({
      program,
      args: [
        `--kubeconfig=${kubeconfig}`,
        `--controllers=${CONTROLLERS.join(',')}`,
        `--service-account-private-key-file=${files.signingKey}`,
        `--root-ca-file=${files.ca}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        `--tls-cert-file=${files.serverCertificate}`,
        `--tls-private-key-file=${files.serverKey}`,
        '--leader-elect=false',
        '--profiling=false',
      ],
    }),
    isReady: async () => (await ask(administrator(files), `https://127.0.0.1:${port}/healthz`))?.status === 200,
  }
}
