import { EXIT, isIceError } from '../../catalogue/index.js'
import type { Json, Remark } from '../../kinds/contract.js'
import { AUTH_DELEGATOR, bindingName, tokenSecretName } from '../../kinds/reviewer.js'
import { refs, type Cluster } from '../../kubernetes/index.js'
import { splitAccount } from '../../kinds/service-account.js'
import { mapBounded } from '../../http/limit.js'
import type { Left, LiveConfig } from './types.js'

export interface FoundReviewer {
  /** Of `clusters.NAME.auth.reviewer`. */
  readonly section: Readonly<Record<string, Json>>
  /** Keys start at `clusters.NAME`. */
  readonly holes: readonly Remark[]
  readonly remarks: readonly Remark[]
  readonly left?: readonly Left[]
}

/** An account that may ask about tokens. */
interface Candidate {
  readonly namespace: string
  readonly name: string
  /** The ClusterRoleBinding that lets it. */
  readonly binding?: string
  readonly hasSecret: boolean
}

const AT = ['auth', 'reviewer']

/** What stands for a reviewer of whom nothing is known. */
const STANDS_FOR = { namespace: 'vault-auth', serviceAccount: 'vault-reviewer' }

/** A reviewer that is to be filled in. */
export function unknownReviewer(config: LiveConfig | undefined, why: string): FoundReviewer {
  if (config !== undefined && !config.reviewerSet && !config.usesPod) return CLIENT
  return {
    section: { ...STANDS_FOR, ...(isPod(config) && { token: 'pod' }) },
    holes: [{ at: AT, text: `The account with whose token Vault asks the cluster: ${why}.` }],
    remarks: [],
  }
}

/** Vault has no token, and may not take that of its pod. */
const CLIENT: FoundReviewer = {
  section: { token: 'client' },
  holes: [],
  remarks: [{ at: AT, text: 'Vault holds no token of a reviewer: whoever logs in asks about himself.' }],
}

const isPod = (config: LiveConfig | undefined): boolean => config !== undefined && !config.reviewerSet && config.usesPod

/**
 * Finds the account with whose token Vault asks. Vault never shows the token, so it is told by who may ask: the accounts
 * that a ClusterRoleBinding gives system:auth-delegator, and of several the one that has a long-lived token.
 * @param given NAMESPACE/NAME that the operator says
 */
export async function findReviewer(
  cluster: Cluster,
  config: LiveConfig | undefined,
  given: string | undefined,
): Promise<FoundReviewer> {
  if (config !== undefined && !config.reviewerSet && !config.usesPod) return CLIENT
  try {
    const candidates = await candidatesOf(cluster)
    const named = given === undefined ? undefined : splitAccount(given)
    const said = named && {
      ...named,
      ...(candidates.find(({ namespace, name }) => namespace === named.namespace && name === named.name) ?? {
        hasSecret: await hasTokenSecret(cluster, named),
      }),
    }
    const likely = candidates.some(({ hasSecret }) => hasSecret)
      ? candidates.filter((one) => one.hasSecret)
      : candidates
    const [first, ...others]: readonly (Candidate | undefined)[] = said === undefined ? likely : [said]
    if (first === undefined) return unknownReviewer(config, `no ClusterRoleBinding gives an account ${AUTH_DELEGATOR}`)
    return found(
      first,
      others.filter((one) => one !== undefined),
      isPod(config),
    )
  } catch (error) {
    if (!isIceError(error) || error.exitCode !== EXIT.notPermitted) throw error
    const left = [
      { what: `who may review tokens in the cluster ${cluster.name}`, why: error.message.replace(/\.$/, '') },
    ]
    return { ...unknownReviewer(config, 'the ClusterRoleBindings may not be read'), left }
  }
}

function found(
  { namespace, name, binding, hasSecret }: Candidate,
  others: readonly Candidate[],
  pod: boolean,
): FoundReviewer {
  const own = bindingName({ namespace, serviceAccount: name })
  const secret = tokenSecretName({ serviceAccount: name })
  const names = others.map((other) => `${other.namespace}/${other.name}`)
  const remarks = [
    ...(binding === own
      ? []
      : [
          `${binding === undefined ? 'No ClusterRoleBinding lets it ask' : `ClusterRoleBinding ${binding} lets it ask`}; apply makes ${own}.`,
        ]),
    ...(pod || hasSecret ? [] : [`There is no Secret ${namespace}/${secret} with its token; apply makes it.`]),
  ]
  return {
    section: { namespace, serviceAccount: name, ...(pod && { token: 'pod' }) },
    holes:
      names.length === 0
        ? []
        : [
            {
              at: AT,
              text: `Which account it is: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''} may ask, too.`,
            },
          ],
    remarks: remarks.map((text) => ({ at: AT, text })),
  }
}

interface Binding {
  readonly roleRef?: { readonly kind?: string; readonly name?: string }
  readonly subjects?: readonly { readonly kind?: string; readonly namespace?: string; readonly name?: string }[]
}

async function candidatesOf(cluster: Cluster): Promise<readonly Candidate[]> {
  const bindings = await cluster.list(refs.clusterRoleBinding(''))
  const bound = bindings.flatMap((object) => {
    const { roleRef, subjects = [] } = object as Binding
    if (roleRef?.kind !== 'ClusterRole' || roleRef.name !== AUTH_DELEGATOR) return []
    return subjects.flatMap(({ kind, namespace, name }) =>
      kind === 'ServiceAccount' && namespace !== undefined && name !== undefined
        ? [{ namespace, name, binding: object.metadata.name }]
        : [],
    )
  })
  // Of several bindings of one account its own counts.
  const isOwn = ({ namespace, name, binding }: (typeof bound)[number]): boolean =>
    binding === bindingName({ namespace, serviceAccount: name })
  const accounts = new Map(
    [...bound.filter((one) => !isOwn(one)), ...bound.filter(isOwn)].map((one) => [`${one.namespace}/${one.name}`, one]),
  )
  return mapBounded(accounts.values(), async (account) => ({
    ...account,
    hasSecret: await hasTokenSecret(cluster, account),
  }))
}

async function hasTokenSecret(
  cluster: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<boolean> {
  const secret = await cluster.get(refs.secret(namespace, tokenSecretName({ serviceAccount: name })))
  return secret?.['type'] === 'kubernetes.io/service-account-token'
}
