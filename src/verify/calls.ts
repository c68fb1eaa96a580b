import type { File } from '../config/file.js'
import type { ApiCall } from '../kinds/contract.js'
import { isScratch } from '../kinds/scratch.js'
import { splitAccount } from '../kinds/service-account.js'
import { namespacesOf, type Subject } from './subjects.js'

/**
 * What verify does with the operator's own rights and cannot do without: tokens of the workloads and of the strangers, the
 * marker Secrets that end them, accounts that have to be made. What only makes a proof better (ending a lease at once) is
 * left out: a probe says where it was refused. Pure.
 */
export function verifyCalls(subjects: readonly Subject[], file: File): ApiCall[] {
  return [
    ...[...namespacesOf(subjects)].flatMap(([cluster, namespaces]) =>
      // A marker's name is random, so it cannot be named here.
      [...namespaces].flatMap((namespace) =>
        ['create', 'delete'].map((verb) => on(cluster, { verb, resource: 'secrets', namespace })),
      ),
    ),
    ...subjects.flatMap((subject) => [...accountCalls(subject), ...tokenCalls(subject, file)]),
  ]
}

type Access = Extract<ApiCall, { api: 'kubernetes' }>['access']

const on = (cluster: string, access: Omit<Access, 'group'>): ApiCall => ({
  api: 'kubernetes',
  cluster,
  access: { group: '', ...access },
})

function accountCalls({ cluster, account, strangers }: Subject): ApiCall[] {
  const others = strangers.flatMap((stranger) => ('account' in stranger ? [stranger] : []))
  const mints = [account, ...others.map((stranger) => stranger.account)].map((each) =>
    on(cluster, { verb: 'create', resource: 'serviceaccounts', subresource: 'token', ...named(each) }),
  )
  const makes = others
    .filter(({ isThere }) => !isThere)
    .flatMap((stranger) => {
      const { namespace } = splitAccount(stranger.account)
      return [
        on(cluster, { verb: 'create', resource: 'serviceaccounts', namespace }),
        on(cluster, { verb: 'delete', resource: 'serviceaccounts', ...named(stranger.account) }),
      ]
    })
  return [...mints, ...makes]
}

/** A scratch account has another name each time. */
function named(account: string): { readonly namespace: string; readonly name?: string } {
  const { namespace, name } = splitAccount(account)
  return isScratch(name) ? { namespace } : { namespace, name }
}

/** Without the default policy a token may not end itself; a batch token nobody can end. */
function tokenCalls({ role, policies }: Subject, { roles }: File): ApiCall[] {
  if (policies.byDefault.length > 0 || roles[role]?.tokenType === 'batch') return []
  return [{ api: 'vault', path: 'auth/token/revoke-accessor', capabilities: ['update'] }]
}
