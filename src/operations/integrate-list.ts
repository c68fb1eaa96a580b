import { loadConfig } from '../config/index.js'
import { contextsOf, WAYS, type Fit, type Properties, type Selection } from '../integrations/index.js'

export interface IntegrateListOptions extends Selection {
  readonly file: string
}

interface ListedWay extends Properties {
  readonly way: string
  readonly title: string
  readonly about: string
}

interface ListedWorkload {
  readonly cluster: string
  /** NAMESPACE/NAME */
  readonly workload: string
  readonly role: string
  readonly secrets: readonly string[]
  readonly ways: readonly ({ readonly way: string } & Fit)[]
}

export interface IntegrateListResult {
  readonly operation: 'integrate list'
  readonly file: string
  readonly ways: readonly ListedWay[]
  readonly workloads: readonly ListedWorkload[]
  /** Roles that name nobody. */
  readonly unnamed: readonly { readonly cluster: string; readonly role: string }[]
}

/**
 * For every workload of the file which ways there are to bring it its secrets, and why. Contacts nothing.
 * @throws IceError INTEGRATE.noWorkload
 */
export async function integrateList(options: IntegrateListOptions): Promise<IntegrateListResult> {
  const { file } = await loadConfig(options.file)
  // Which ways fit does not depend on where Vault is, or on what flags say.
  const { contexts, unnamed } = contextsOf(file, { address: '' }, options, {
    product: 'vault',
    containers: 'both',
    tokenExpiration: 600,
  })
  return {
    operation: 'integrate list',
    file: file.name,
    ways: WAYS.map(({ way, title, about, properties }) => ({ way, title, about, ...properties })),
    workloads: contexts.map((context) => ({
      cluster: context.workload.cluster,
      workload: `${context.workload.namespace}/${context.workload.serviceAccount}`,
      role: context.workload.role,
      secrets: context.secrets.map(({ mount, path }) => `${mount}/${path}`),
      ways: WAYS.map((one) => ({ way: one.way, ...one.fits(context) })),
    })),
    unnamed,
  }
}
