import type { Variable } from '../catalogue/variable.js'
import { PROXY_VARIABLES } from '../http/proxy.js'
import { KUBERNETES_VARIABLES } from '../kubernetes/kubeconfig-file.js'
import { VAULT_VARIABLES } from '../vault/variables.js'

/** What the rooms that speak to servers read of the environment. */
export const SERVER_VARIABLES: Readonly<Record<'vault' | 'kubernetes' | 'proxies', readonly Variable[]>> = {
  vault: VAULT_VARIABLES,
  kubernetes: KUBERNETES_VARIABLES,
  proxies: PROXY_VARIABLES,
}
