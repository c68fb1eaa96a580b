import type { Answers, Facts, MountFact, Seen } from '../../../src/operations/init/types.js'

const away = (why: string, code: string): Seen<never> => ({ seen: false, why, code })

/** Neither server is there. */
export const NOTHING: Facts = {
  contexts: away('No kubeconfig was found at /nowhere', 'ICE3001'),
  vault: away('vault.example.com:8200: connection refused', 'ICE2003'),
  cluster: away('No kubeconfig was found at /nowhere', 'ICE3001'),
  accounts: {},
}

const seen = <T>(value: T): Seen<T> => ({ seen: true, value })

/** Both servers, with what is said of them. */
export function everything({
  auth = [],
  engines = [],
  policies = [],
  namespaces = [],
  accounts = {},
}: {
  auth?: readonly MountFact[]
  engines?: readonly MountFact[]
  policies?: readonly string[]
  namespaces?: readonly string[]
  accounts?: Readonly<Record<string, readonly string[]>>
} = {}): Facts {
  return {
    contexts: seen({ current: 'kind-demo', names: ['kind-demo', 'prod'] }),
    vault: seen({
      address: 'https://vault.example.com:8200',
      namespace: undefined,
      version: '2.0.0',
      authMounts: seen([{ path: 'token', type: 'token' }, ...auth]),
      engines: seen([{ path: 'sys', type: 'system' }, ...engines]),
      policies: seen(['default', 'root', ...policies]),
    }),
    cluster: seen({
      context: 'kind-demo',
      server: 'https://10.0.0.1:6443',
      version: 'v1.33.0',
      namespaces: seen(namespaces),
    }),
    accounts: Object.fromEntries(Object.entries(accounts).map(([name, list]) => [name, seen(list)])),
  }
}

/** Answers to every question of every template. */
export const ANSWERS: Answers = {
  name: 'shop',
  context: 'kind-demo',
  cluster: 'demo',
  'vault-address': 'https://vault.example.com:8200',
  'auth-path': 'demo',
  'reviewer-namespace': 'vault-auth',
  'reviewer-service-account': 'vault-reviewer',
  namespace: 'app',
  'service-account': 'cart',
  role: 'cart',
  policy: 'cart',
  audience: 'vault',
  'token-ttl': '1h',
  engine: 'secret',
  secret: 'cart/config',
  'connection-url': 'db.example.com:5432/shop',
  username: 'vault',
  'password-env': 'PGPASSWORD',
  'transit-engine': 'transit',
  'operator-namespace': 'vault-secrets-operator-system',
  'operator-service-account': 'vault-secrets-operator-controller-manager',
  'operator-role': 'vault-secrets-operator',
}
