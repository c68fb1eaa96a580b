import type { Json } from '../kinds/contract.js'
import type { IntegrationContext } from './contract.js'
import { secretFiles } from './templates.js'

/** Where things are in the pod. */
export const PLACES = {
  /** The ConfigMap with the configuration. */
  config: '/vault/agent',
  ca: '/vault/ca',
  caFile: '/vault/ca/ca.crt',
  /** The projected token of the service account. */
  account: '/vault/account',
  jwt: '/vault/account/token',
  /** Vault's token, for the agent alone. */
  login: '/vault/login',
  sink: '/vault/login/token',
  /** What the application reads. */
  secrets: '/vault/secrets',
} as const

/** How often a KV secret is looked at again, since nothing tells that it has changed. */
export const LOOK_AGAIN = '5m'

/**
 * The configuration of Vault Agent and OpenBao Agent. Both read JSON as well as HCL, and no value of ours can become
 * structure in JSON. The method `kubernetes` sends role and token, which is what a mount of the method `jwt` takes, too;
 * the agent's own `jwt` method would delete the token's file after reading it.
 *
 * https://developer.hashicorp.com/vault/docs/agent-and-proxy/autoauth
 * https://openbao.org/docs/agent-and-proxy/autoauth/
 * @param once for an init container: it ends when all is rendered, and fails where that fails
 */
export function agentConfig({ vault, mount, workload, secrets }: IntegrationContext, once: boolean): Json {
  return {
    exit_after_auth: once,
    vault: {
      address: vault.address,
      ...(vault.ca !== undefined && { ca_cert: PLACES.caFile }),
      ...(vault.tlsServerName !== undefined && { tls_server_name: vault.tlsServerName }),
      retry: { num_retries: 5 },
    },
    auto_auth: {
      method: {
        type: 'kubernetes',
        mount_path: `auth/${mount}`,
        ...(vault.namespace !== undefined && { namespace: vault.namespace }),
        // Where it cannot log in, an init container that ends is seen; the sidecar tries on.
        ...(once ? { exit_on_err: true } : { min_backoff: '1s', max_backoff: '30s' }),
        config: { role: workload.role, token_path: PLACES.jwt },
      },
      sink: [{ type: 'file', config: { path: PLACES.sink, mode: 0o600 } }],
    },
    template_config: {
      exit_on_retry_failure: once,
      static_secret_render_interval: LOOK_AGAIN,
    },
    template: secretFiles(secrets).map(({ file, contents }) => ({
      destination: `${PLACES.secrets}/${file}`,
      contents,
      perms: '0644',
      // A key that is missing is an error, not the text `<no value>`.
      error_on_missing_key: true,
    })),
  }
}

/** As it stands in the ConfigMap. */
export const configText = (config: Json): string => `${JSON.stringify(config, null, 2)}\n`
