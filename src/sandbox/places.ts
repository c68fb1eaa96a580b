import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { IceError, SANDBOX } from '../catalogue/index.js'
import type { Variable } from '../catalogue/variable.js'

/** Where all sandboxes of this user live: `$XDG_STATE_HOME/icebreaker/sandbox`. */
export function sandboxesFolder(): string {
  return join(xdg('XDG_STATE_HOME', '.local/state'), 'icebreaker', 'sandbox')
}

/** Where servers are installed once for all sandboxes: `$XDG_CACHE_HOME/icebreaker/servers`. */
export function serversCache(): string {
  return join(xdg('XDG_CACHE_HOME', '.cache'), 'icebreaker', 'servers')
}

/** What says where the sandbox's things are, here and in found.ts. */
export const FOLDER_VARIABLES: readonly Variable[] = [
  {
    names: ['XDG_STATE_HOME'],
    meaning: "The sandbox's data, in icebreaker/sandbox of it; default: ~/.local/state.",
  },
  {
    names: ['XDG_CACHE_HOME'],
    meaning: 'What the sandbox installs, and compiled code (0700), in icebreaker of it; default: ~/.cache.',
  },
  { names: ['KUBEBUILDER_ASSETS', 'PATH'], meaning: 'Where the sandbox looks for servers before it installs them.' },
]

// The XDG Base Directory Specification: a relative path is invalid and must be ignored.
function xdg(variable: string, otherwise: string): string {
  const value = process.env[variable]
  return value && isAbsolute(value) ? value : join(homedir(), otherwise)
}

/** The folder of the files that belong to the sandbox and are no code: pinned modules, the demo's file. */
export function templatesFolder(): string {
  // This module runs from src/ and from wherever the bundle puts it, so the package is found, not counted.
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'templates', 'sandbox'))) folder = dirname(folder)
  return join(folder, 'templates', 'sandbox')
}

/**
 * A folder of root's sandbox that another user can reach, where a reboot leaves it. No path is taken from a record: what
 * is removed by this name can be nothing but a folder of ours. @throws Error for an id that is not 12 hexadecimal digits
 */
export function sharedFolder(name: string, id: string): string {
  if (!/^[0-9a-f]{12}$/.test(id)) throw new Error('A folder id is 12 hexadecimal digits.')
  return join(existsSync('/var/tmp') ? '/var/tmp' : '/tmp', `icebreaker-sandbox-${name}-${id}`)
}

/** Where everything of one sandbox stands. */
export interface Places {
  readonly name: string
  readonly folder: string
  readonly lock: string
  readonly record: string
  readonly kubeconfig: string
  /** Vault's folder, that of its certificate, and the CA that clients must trust. */
  readonly vault: string
  readonly vaultTls: string
  readonly vaultCA: string
  readonly rootToken: string
  readonly unsealKey: string
  readonly superuserPassword: string
  readonly vaultPassword: string
  /** The reference scenario, ready for `icebreaker apply`. */
  readonly file: string
  log(server: string): string
}

/** Refuses (ICE6001) a name that could leave the folder. */
export function placesOf(name: string): Places {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) {
    throw new IceError(SANDBOX.badName, { message: `${JSON.stringify(name)} cannot be the name of a sandbox.` })
  }
  const folder = join(sandboxesFolder(), name)
  return {
    name,
    folder,
    lock: `${folder}.lock`,
    record: join(folder, 'sandbox.json'),
    kubeconfig: join(folder, 'kubeconfig'),
    vault: join(folder, 'vault'),
    vaultTls: join(folder, 'vault', 'tls'),
    vaultCA: join(folder, 'vault', 'tls', 'ca.crt'),
    rootToken: join(folder, 'root-token'),
    unsealKey: join(folder, 'unseal-key'),
    superuserPassword: join(folder, 'postgres-superuser-password'),
    vaultPassword: join(folder, 'postgres-vault-password'),
    file: join(folder, 'icebreaker.yaml'),
    log: (server) => join(folder, 'logs', `${server}.log`),
  }
}
