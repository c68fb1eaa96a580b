import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { IceError, SANDBOX } from '../../catalogue/index.js'
import { privateFolder, readSecret, writePrivate } from '../files.js'
import { ask } from '../http.js'
import { prepareVaultFiles, type VaultFiles } from './pki.js'
import type { Server } from './server.js'

export type Product = 'openbao' | 'vault'

export interface VaultOptions {
  readonly product: Product
  readonly folder: string
  readonly files: VaultFiles
  readonly port: number
  readonly clusterPort: number
  /** Where the root token and the unseal key are kept once there are any. */
  readonly rootToken: string
  readonly unsealKey: string
}

/** OpenBao or HashiCorp Vault as in production: TLS, integrated storage, one unseal key; not the dev mode. */
export function vault(options: VaultOptions): Server {
  const { product, folder, files, port, rootToken, unsealKey } = options
  const raft = join(folder, 'raft')
  const configuration = join(folder, 'server.json')
  const address = `https://127.0.0.1:${port}`
  return {
    name: 'vault',
    title: product === 'openbao' ? 'OpenBao' : 'HashiCorp Vault',
    program: product === 'openbao' ? 'bao' : 'vault',
    needs: [],
    port,
    folder,
    stopSignal: 'SIGTERM',
    // Killed between initialising and writing the key: nothing can be in it yet, and nobody can open it any more.
    mustRestart: () => !existsSync(unsealKey),
    prepare: async () => {
      if (!existsSync(unsealKey)) rmSync(raft, { recursive: true, force: true })
      privateFolder(raft)
      await prepareVaultFiles(files)
      writePrivate(configuration, JSON.stringify(settings(options, raft), null, 2))
    },
    command: (program) => ({ program, args: ['server', `-config=${configuration}`] }),
    isReady: async () => {
      const asker = { ca: readFileSync(files.ca, 'utf8') }
      // sys/health tells by its status: 200 active, 429 standby, 501 not initialised, 503 sealed.
      const health = await ask(asker, `${address}/v1/sys/health`)
      if (health?.status === 501) await initialise(asker, address, options)
      if (health?.status === 503) await unseal(asker, address, unsealKey)
      return health?.status === 200 && existsSync(rootToken)
    },
  }
}

function settings({ product, files, port, clusterPort }: VaultOptions, raft: string): unknown {
  return {
    storage: { raft: { path: raft, node_id: 'sandbox', performance_multiplier: 1 } },
    listener: [
      {
        tcp: {
          address: `127.0.0.1:${port}`,
          cluster_address: `127.0.0.1:${clusterPort}`,
          tls_cert_file: files.serverCertificate,
          tls_key_file: files.serverKey,
        },
      },
    ],
    api_addr: `https://127.0.0.1:${port}`,
    cluster_addr: `https://127.0.0.1:${clusterPort}`,
    // OpenBao never locks its memory, and warns of the setting.
    ...(product === 'vault' ? { disable_mlock: true } : {}),
    log_level: 'warn',
  }
}

type VaultAsker = Parameters<typeof ask>[0]

async function initialise(asker: VaultAsker, address: string, places: VaultOptions): Promise<void> {
  const answer = await ask(asker, `${address}/v1/sys/init`, {
    method: 'PUT',
    body: { secret_shares: 1, secret_threshold: 1 },
  })
  const { root_token, keys_base64 } = (answer?.body ?? {}) as { root_token?: string; keys_base64?: string[] }
  const key = keys_base64?.[0]
  if (answer?.status !== 200 || !root_token || !key) {
    throw new IceError(SANDBOX.serverRefused, {
      message: 'The fresh Vault could not be initialised.',
      evidence: { status: answer?.status ?? 'no answer' },
    })
  }
  writePrivate(places.rootToken, `${root_token}\n`)
  // Last: where this file is, the token's is too.
  writePrivate(places.unsealKey, `${key}\n`)
}

async function unseal(asker: VaultAsker, address: string, unsealKey: string): Promise<void> {
  await ask(asker, `${address}/v1/sys/unseal`, { method: 'PUT', body: { key: readSecret(unsealKey) } })
}
