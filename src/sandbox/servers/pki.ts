import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { privateFolder, writePrivate } from '../files.js'
import type { Asker } from '../http.js'

/** The files of a cluster's certificates; one set for its etcd and its API server. */
export interface ClusterFiles {
  readonly folder: string
  readonly ca: string
  readonly serverCertificate: string
  readonly serverKey: string
  readonly adminCertificate: string
  readonly adminKey: string
  /** Signs service-account tokens: with it tests make expired and foreign ones. */
  readonly signingKey: string
  readonly verifyingKey: string
}

export function clusterFiles(folder: string): ClusterFiles {
  return {
    folder,
    ca: join(folder, 'ca.crt'),
    serverCertificate: join(folder, 'server.crt'),
    serverKey: join(folder, 'server.key'),
    adminCertificate: join(folder, 'admin.crt'),
    adminKey: join(folder, 'admin.key'),
    signingKey: join(folder, 'service-account.key'),
    verifyingKey: join(folder, 'service-account.pub'),
  }
}

/** Makes a cluster's certificates and keys, once. */
export async function prepareClusterFiles(files: ClusterFiles): Promise<void> {
  await once(files.folder, async () => {
    const { createAuthority, createSigningKey } = await import('../certificates.js')
    const authority = await createAuthority('icebreaker sandbox kubernetes')
    const [server, admin, signing] = await Promise.all([
      authority.server(['kubernetes', 'kubernetes.default', 'kubernetes.default.svc']),
      authority.client('icebreaker-sandbox-admin', 'system:masters'),
      createSigningKey(),
    ])
    return {
      'ca.crt': authority.certificate,
      'server.crt': server.certificate,
      'server.key': server.key,
      'admin.crt': admin.certificate,
      'admin.key': admin.key,
      'service-account.key': signing.privateKey,
      'service-account.pub': signing.publicKey,
    }
  })
}

export interface VaultFiles {
  readonly folder: string
  readonly ca: string
  readonly serverCertificate: string
  readonly serverKey: string
}

export function vaultFiles(folder: string): VaultFiles {
  return {
    folder,
    ca: join(folder, 'ca.crt'),
    serverCertificate: join(folder, 'server.crt'),
    serverKey: join(folder, 'server.key'),
  }
}

/** Makes Vault's certificate, once. Its CA is not the cluster's, so that whoever mixes them up notices. */
export async function prepareVaultFiles(files: VaultFiles): Promise<void> {
  await once(files.folder, async () => {
    const { createAuthority } = await import('../certificates.js')
    const authority = await createAuthority('icebreaker sandbox vault')
    const server = await authority.server()
    return { 'ca.crt': authority.certificate, 'server.crt': server.certificate, 'server.key': server.key }
  })
}

/** As whom the sandbox asks a cluster's servers. */
export function administrator(files: ClusterFiles): Asker {
  return { ca: text(files.ca), certificate: text(files.adminCertificate), key: text(files.adminKey) }
}

const text = (file: string): string => readFileSync(file, 'utf8')

/** A folder appears with all its files or not at all. */
async function once(folder: string, make: () => Promise<Readonly<Record<string, string>>>): Promise<void> {
  if (existsSync(folder)) return
  const making = `${folder}.new`
  rmSync(making, { recursive: true, force: true })
  privateFolder(making)
  for (const [name, content] of Object.entries(await make())) writePrivate(join(making, name), content)
  renameSync(making, folder)
}
