import { isLoopback } from '../../http/host.js'
import { redact } from '../../secrets/redact.js'
import type { Keys } from './document.js'
import type { Answers, Facts, MountFact, Seen } from './types.js'

/** Something in the file that somebody should look at, and why; without its full stop. */
export interface Check {
  readonly at: Keys
  readonly why: string
  /** What is not in the file and could stand there; the mark goes before `at` then. */
  readonly standsFor?: string
}

/** As a comment, to be found with `grep CHECK`. */
export const checkText = (why: string): string => `CHECK: ${why}.`

/** The example that stands for a database that nobody named. */
export const EXAMPLE_DATABASE = 'db.example.com:5432/app'

/** What of the answers could not be seen, will be refused, or is an example. Pure. */
export function checks({ answers, facts }: { readonly answers: Answers; readonly facts: Facts }): readonly Check[] {
  const all = [addressChecks, clusterChecks, authChecks, engineChecks, policyChecks]
  // What servers said must neither break the file nor steer a terminal.
  return all
    .flatMap((about) => about(answers, facts))
    .map((check) => ({ ...check, why: redact(check.why).replace(/\s+/g, ' ') }))
}

function addressChecks(answers: Answers, { vault }: Facts): Check[] {
  const address = answers['vault-address']
  if (address === undefined) {
    return [
      {
        at: ['clusters'],
        why: 'no address of Vault was given, so VAULT_ADDR or BAO_ADDR of whoever runs this counts. It can stand here',
        standsFor: 'vault:\n  address: https://vault.example.com:8200',
      },
    ]
  }
  const at = ['vault', 'address']
  const url = new URL(address)
  return [
    ...(vault.seen ? [] : [{ at, why: `Vault could not be looked at: ${told(vault)}` }]),
    ...(url.protocol === 'http:' && !isLoopback(url)
      ? [{ at, why: 'plain http is refused unless `accept: [plaintext]` stands beside it' }]
      : []),
  ]
}

function clusterChecks(
  { cluster: name = '', context, 'api-server': apiServer, ...answers }: Answers,
  facts: Facts,
): Check[] {
  const { cluster, vault } = facts
  const at = ['clusters', name]
  const address = answers['vault-address'] ?? (vault.seen ? vault.value.address : undefined)
  const isApart = address !== undefined && !isLoopback(new URL(address))
  return [
    ...(context === undefined
      ? [{ at, why: 'no context was given, so the current one of whoever runs this counts. `context:` can name one' }]
      : []),
    ...(cluster.seen ? [] : [{ at, why: `the cluster could not be looked at: ${told(cluster)}` }]),
    ...(cluster.seen && apiServer === undefined && isApart && isLoopback(new URL(cluster.value.server))
      ? [
          {
            at,
            why: `the kubeconfig’s address ${cluster.value.server} leads Vault to its own machine. \`apiServer:\` says the one that Vault must use`,
          },
        ]
      : []),
  ]
}

function authChecks({ cluster = '', 'auth-path': path = '' }: Answers, { vault }: Facts): Check[] {
  const at = ['clusters', cluster, 'auth', 'path']
  const mounts = within(vault, 'authMounts')
  if (!mounts.seen) return [{ at, why: `whether auth/${path} is free could not be seen` }]
  const there = mounts.value.find((mount) => mount.path === path)
  return there === undefined ? [] : [{ at, why: `auth/${path} is there already, of type ${there.type}: ${NOT_OURS}` }]
}

const NOT_OURS = 'plan refuses to change what this file did not make'

function engineChecks(answers: Answers, { vault }: Facts): Check[] {
  const mounts: Seen<readonly MountFact[]> = within(vault, 'engines')
  const paths = [answers.engine, answers['transit-engine']].filter((path) => path !== undefined)
  const url = answers['connection-url']
  return [
    ...(mounts.seen
      ? []
      : paths.map((path) => ({ at: ['engines', path], why: `whether ${path}/ is free could not be seen` }))),
    ...(url === EXAMPLE_DATABASE && !(mounts.seen && mounts.value.some(({ path }) => path === answers.engine))
      ? [{ at: ['engines', answers.engine ?? '', 'connections', 'main', 'url'], why: 'this is an example' }]
      : []),
  ]
}

function policyChecks(answers: Answers, { vault }: Facts): Check[] {
  const seen = within(vault, 'policies')
  const names = [answers.policy, answers['operator-role']].filter((name) => name !== undefined)
  const others = seen.seen ? [] : (answers.policies?.split(',') ?? [])
  const unseen = others.map((name) => ({ at: ['policies', name], why: 'whether Vault has it could not be seen' }))
  const own = names.flatMap((name) => {
    const at = ['policies', name]
    if (!seen.seen) return [{ at, why: 'whether Vault has another policy of this name could not be seen' }]
    return seen.value.includes(name) ? [{ at, why: `Vault has such a policy already: ${NOT_OURS}` }] : []
  })
  return [...own, ...unseen]
}

/** One part of what was seen of Vault; not seen where Vault was not. */
function within<K extends 'authMounts' | 'engines' | 'policies'>(vault: Facts['vault'], part: K) {
  return vault.seen ? vault.value[part] : vault
}

const told = ({ why, code }: Extract<Seen<never>, { seen: false }>): string =>
  code === undefined ? why : `${why} (${code})`
