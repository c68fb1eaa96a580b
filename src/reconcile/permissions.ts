import { APPLY, IceError } from '../catalogue/index.js'
import type { AccessQuery } from '../kubernetes/index.js'
import type { ApiCall, Io } from '../kinds/contract.js'
import { capabilitiesSelf } from '../vault/index.js'

type VaultCall = Extract<ApiCall, { api: 'vault' }>
type KubernetesCall = Extract<ApiCall, { api: 'kubernetes' }>

/**
 * Asks both servers whether all these calls are allowed, before the first write.
 * @throws IceError APPLY.notPermitted with everything that lacks, as a policy and rules to add
 */
export async function checkPermissions(calls: readonly ApiCall[], io: Io): Promise<void> {
  const vaultCalls = calls.filter((call): call is VaultCall => call.api === 'vault')
  const kubernetesCalls = calls.filter((call): call is KubernetesCall => call.api === 'kubernetes')
  const [capabilities, queries] = await Promise.all([
    missingCapabilities(vaultCalls, io),
    missingAccess(kubernetesCalls, io),
  ])
  if (capabilities.size === 0 && queries.length === 0) return
  throw new IceError(APPLY.notPermitted, {
    message: 'Nothing was written: the run would need more than it is allowed to do.',
    next: [
      ...[...capabilities].map(policyStanza),
      ...queries.map(({ cluster, access }) => `On cluster ${cluster}, allow: ${accessText(access)}`),
    ],
  })
}

async function missingCapabilities(calls: readonly VaultCall[], io: Io): Promise<Map<string, string[]>> {
  const wanted = new Map<string, Set<string>>()
  for (const { path, capabilities } of calls) {
    wanted.set(path, new Set([...(wanted.get(path) ?? []), ...capabilities]))
  }
  const granted = await capabilitiesSelf(io.vault, [...wanted.keys()])
  const missing = new Map<string, string[]>()
  for (const [path, capabilities] of wanted) {
    const has = granted.get(path) ?? []
    if (has.includes('root')) continue
    const lacks = [...capabilities].filter((capability) => !has.includes(capability))
    if (lacks.length > 0) missing.set(path, [...capabilities])
  }
  return missing
}

async function missingAccess(calls: readonly KubernetesCall[], io: Io): Promise<KubernetesCall[]> {
  const byCluster = Map.groupBy(calls, ({ cluster }) => cluster)
  const missing = await Promise.all(
    [...byCluster].map(async ([name, ofCluster]) => {
      const allowed = await io.cluster(name).can(ofCluster.map(({ access }) => access))
      return ofCluster.filter((_call, index) => allowed[index] !== true)
    }),
  )
  return missing.flat()
}

function policyStanza([path, capabilities]: [string, string[]]): string {
  return `path ${JSON.stringify(path)} { capabilities = ${JSON.stringify(capabilities)} }`
}

export function accessText({ verb, group, resource, subresource, namespace, name }: AccessQuery): string {
  const what = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`
  return `${verb} ${what}${name === undefined ? '' : ` ${name}`}${namespace === undefined ? '' : ` in namespace ${namespace}`}`
}
