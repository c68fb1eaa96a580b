import { overlaps } from '../match.js'
import type { Placed } from './stanzas.js'
import type { Facts } from './types.js'

/** One path of an API, as it follows the mount (a pattern), and the capabilities that requests there can ask for. */
export interface Endpoint {
  readonly path: string
  readonly capabilities: readonly string[]
  /** What OpenBao's asks for besides. */
  readonly onOpenBao?: readonly string[]
}

const at = (path: string, ...capabilities: readonly string[]): Endpoint => ({ path, capabilities })

/** LIST (and OpenBao's SCAN) of a path, which is a request with a slash at the end. */
const list = (path: string): Endpoint[] => [at(path, 'list', 'scan'), at(`${path}/`, 'list', 'scan')]

/** OpenBao looks whether it exists, Vault does not. */
const write = (path: string, ...capabilities: readonly string[]): Endpoint => ({
  ...at(path, ...capabilities, 'update'),
  onOpenBao: ['create'],
})

const object = (path: string): Endpoint => at(path, 'create', 'read', 'update', 'delete')

/**
 * The APIs of the engines that Icebreaker knows. What takes writes without looking whether something exists takes `update`
 * alone: "No existence check, so always treat it as an update operation" (vault/request_handling.go). Which these are is
 * read from the sources of Vault 1.21 (path_*.go: ExistenceCheck) and tried on both servers.
 */
const APIS: Readonly<Record<string, readonly Endpoint[]>> = {
  kv1: [at('*', 'create', 'read', 'update', 'delete', 'list', 'scan', 'subscribe', 'recover')],
  kv2: [
    write('config', 'read'),
    at('data/*', 'create', 'read', 'update', 'patch', 'delete', 'subscribe', 'recover'),
    at('metadata', 'list', 'scan'),
    at('metadata/*', 'create', 'read', 'update', 'patch', 'delete', 'list', 'scan'),
    at('detailed-metadata/*', 'list', 'scan'),
    at('subkeys/*', 'read'),
    write('delete/*'),
    write('undelete/*'),
    write('destroy/*'),
  ],
  transit: [
    ...list('keys'),
    at('keys/+', 'read', 'update', 'delete'),
    ...['config', 'rotate', 'trim', 'import', 'import_version', 'csr', 'set-certificate'].map((action) =>
      at(`keys/+/${action}`, 'update'),
    ),
    at('keys/+/soft-delete', 'delete'),
    at('keys/+/soft-delete-restore', 'update'),
    at('encrypt/+', 'create', 'update'),
    ...['decrypt', 'rewrap', 'hmac', 'sign', 'verify', 'derive-key'].map((verb) => at(`${verb}/+`, 'update')),
    ...['hmac', 'sign', 'verify', 'datakey'].map((verb) => at(`${verb}/+/+`, 'update')),
    ...['random', 'random/+', 'random/+/+', 'hash', 'hash/+'].map((path) => at(path, 'update')),
    ...['export/+/+', 'export/+/+/+', 'byok-export/+/+', 'byok-export/+/+/+', 'backup/+', 'wrapping_key'].map((path) =>
      at(path, 'read'),
    ),
    at('restore', 'update'),
    at('restore/+', 'update'),
    write('cache-config', 'read'),
    at('config/keys', 'read', 'update'),
  ],
  database: [
    ...['config', 'roles', 'static-roles'].flatMap(list),
    ...['config/+', 'roles/+', 'static-roles/+'].map(object),
    at('creds/+', 'read'),
    at('static-creds/+', 'read'),
    ...['reset/+', 'reload/+', 'rotate-root/+', 'rotate-role/+'].map((path) => at(path, 'update')),
  ],
  'auth/kubernetes': [at('config', 'read', 'update'), at('login', 'update'), ...list('role'), object('role/+')],
}

/** The API behind a mount; undefined: not one that is known here. */
export function apiOf({ mount, fact: { type, version } }: Placed): readonly Endpoint[] | undefined {
  if (mount.startsWith('auth/')) return APIS[`auth/${type}`]
  if (type === 'kv' || type === 'generic') return APIS[version === 2 ? 'kv2' : 'kv1']
  return APIS[type]
}

/** What requests to these endpoints can ask for, where it is not known which product it is, in either. */
export const asked = (endpoints: readonly Endpoint[], product: Facts['product']): readonly string[] => [
  ...new Set(
    endpoints.flatMap(({ capabilities, onOpenBao = [] }) => [
      ...capabilities,
      ...(product === 'vault' ? [] : onOpenBao),
    ]),
  ),
]

export const isKv = ({ fact }: Placed, version: 1 | 2): boolean =>
  (fact.type === 'kv' || fact.type === 'generic') && (fact.version === 2 ? 2 : 1) === version

/** What of an API a stanza speaks of. */
export const endpointsAt = (api: readonly Endpoint[], rest: string): readonly Endpoint[] =>
  api.filter(({ path }) => overlaps(path, rest))

/** The first parts of its paths. */
export const firstSegments = (api: readonly Endpoint[]): readonly string[] => [
  ...new Set(api.map(({ path }) => path.split('/')[0] ?? '')),
]

/**
 * Paths that take `sudo` besides, on Vault and OpenBao alike: `Root` of vault/logical_system.go and vault/token_store.go;
 * for seal and step-down it is in the code (RootPrivsRequired).
 */
export const ROOT_PATHS: readonly string[] = [
  'sys/auth/*',
  'sys/audit',
  'sys/audit/*',
  'sys/raw',
  'sys/raw/*',
  'sys/config/cors',
  'sys/config/auditing/*',
  'sys/config/ui/headers/*',
  'sys/plugins/catalog/*',
  'sys/leases/revoke-prefix/*',
  'sys/leases/revoke-force/*',
  'sys/leases/lookup/*',
  'sys/remount',
  'sys/seal',
  'sys/step-down',
  'auth/token/accessors/',
]
