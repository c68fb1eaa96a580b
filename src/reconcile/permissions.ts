import { APPLY, IceError } from '../catalogue/index.js'
import type { AccessQuery } from '../kubernetes/index.js'
import type { ApiCall, Io } from '../kinds/contract.js'
import { capabilitiesSelf } from '../vault/index.js'

type VaultCall = Extract<ApiCall, { api: 'vault' }>
type KubernetesCall = Extract<ApiCall, { api: 'kubernetes' }>

/**
 * Asks both servers whether all these calls are allowed, before the first write.
 * @param verifying what is only needed to verify afterwards
 * @throws IceError APPLY.notPermitted with everything that lacks, as a policy and rules to add
 */
export async function checkPermissions(
  calls: readonly ApiCall[],
  io: Io,
  verifying: readonly ApiCall[] = [],
): Promise<void> {
  const all = [...calls, ...verifying]
  const [capabilities, access] = await Promise.all([
    missingCapabilities(
      all.filter((call) => call.api === 'vault'),
      io,
    ),
    missingAccess(
      all.filter((call) => call.api === 'kubernetes'),
      io,
    ),
  ])
  const missing = [...capabilities, ...access]
  if (missing.length === 0) return
  const needed = new Set(calls.map(subjectOf))
  const always = missing.filter((call) => needed.has(subjectOf(call)))
  const toVerify = missing.filter((call) => !needed.has(subjectOf(call)))
  throw new IceError(APPLY.notPermitted, {
    message: 'Nothing was written: the run would need more than it is allowed to do.',
    next: [
      ...always.map(toAllow),
      ...(toVerify.length > 0 ? ['Only to verify, which --no-verify leaves out:', ...toVerify.map(toAllow)] : []),
    ],
  })
}

/** What is asked about: all that is needed of a path is asked for in one. */
const subjectOf = (call: ApiCall): string =>
  call.api === 'vault' ? call.path : `${call.cluster} ${accessText(call.access)}`

async function missingCapabilities(calls: readonly VaultCall[], io: Io): Promise<VaultCall[]> {
  const byPath = Map.groupBy(calls, ({ path }) => path)
  const granted = await capabilitiesSelf(io.vault, [...byPath.keys()])
  return [...byPath].flatMap(([path, ofPath]) => {
    const capabilities = [...new Set(ofPath.flatMap((call) => call.capabilities))]
    const has = granted.get(path) ?? []
    const isAllowed = has.includes('root') || capabilities.every((capability) => has.includes(capability))
    return isAllowed ? [] : [{ api: 'vault', path, capabilities }]
  })
}

async function missingAccess(calls: readonly KubernetesCall[], io: Io): Promise<KubernetesCall[]> {
  const byCluster = Map.groupBy(calls, ({ cluster }) => cluster)
  const missing = await Promise.all(
    [...byCluster].map(async ([name, ofCluster]) => {
      const each = [...new Map(ofCluster.map((call) => [accessText(call.access), call])).values()]
      const allowed = await io.cluster(name).can(each.map(({ access }) => access))
      return each.filter((_call, index) => allowed[index] !== true)
    }),
  )
  return missing.flat()
}

function toAllow(call: ApiCall): string {
  return call.api === 'vault'
    ? `path ${JSON.stringify(call.path)} { capabilities = ${JSON.stringify(call.capabilities)} }`
    : `On cluster ${call.cluster}, allow: ${accessText(call.access)}`
}

export function accessText({ verb, group, resource, subresource, namespace, name }: AccessQuery): string {
  const what = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`
  return `${verb} ${what}${name === undefined ? '' : ` ${name}`}${namespace === undefined ? '' : ` in namespace ${namespace}`}`
}
