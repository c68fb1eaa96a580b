import type { AuthConfigId } from './auth-config.js'
import { authConfigFields, type DesiredAuthConfig } from './auth-config-fields.js'
import { Variable } from './command-line.js'
import {
  Nested,
  onMount,
  Reference,
  said,
  Version,
  type Exports,
  type Sayings,
  type TerraformBlock,
  type Value,
} from './export.js'
import { apiBody } from './fields.js'
import { accountAddress, tokenSecretAddress, tokenSecretName, type Asking } from './reviewer.js'

const sayings: Sayings<typeof authConfigFields> = {
  kubernetesHost: true,
  kubernetesCACert: true,
  pemKeys: true,
  issuer: true,
  disableISSValidation: true,
  disableLocalCAJWT: true,
  useAnnotationsAsAliasMetadata: true,
}

const TRAP = [
  'Vault replaces this config as a whole and never shows the token of the reviewer. Terraform sends the token only where',
  'its version differs: whoever changes anything else here without raising that variable erases the reviewer, and then',
  'every login is refused.',
]

type Bound = Extract<Asking, { readonly token: 'bound' }>

/** Asked for at every run, sent where its version differs. */
const tokenRequest = (cluster: string, { namespace, serviceAccount, expiration }: Bound): TerraformBlock => {
  const account = (attribute: string, otherwise: string): Reference =>
    new Reference(accountAddress(cluster, namespace, serviceAccount), attribute, otherwise)
  return {
    sort: 'ephemeral',
    type: 'kubernetes_token_request_v1',
    name: [cluster, namespace, serviceAccount],
    cluster,
    arguments: {
      metadata: new Nested({
        name: account('.metadata[0].name', serviceAccount),
        namespace: account('.metadata[0].namespace', namespace),
      }),
      spec: new Nested({ expiration_seconds: expiration }),
    },
    comment: ['It expires: raise the variable of its version, and apply, before it does.'],
  }
}

/** With whose token Vault asks, where it holds one. */
function tokenOf(id: AuthConfigId, cluster: string, reviewer: Asking): Value | undefined {
  if (reviewer.token === 'secret') {
    return new Reference(tokenSecretAddress(cluster, reviewer), '.data["token"]', '')
  }
  if (reviewer.token !== 'bound') return undefined
  return new Reference(`vault:auth/${id.mount}/config`, '.token', '', 'kubernetes_token_request_v1')
}

export const authConfigExport: Exports<AuthConfigId, DesiredAuthConfig> = {
  terraform(id, { cluster, reviewer, values }) {
    const { arguments: all, unsaid } = said(authConfigFields, values, sayings)
    const token = tokenOf(id, cluster, reviewer)
    return {
      parts: [
        {
          sort: 'resource',
          type: 'vault_kubernetes_auth_backend_config',
          name: [id.mount],
          arguments: {
            backend: onMount('auth', id.mount),
            ...all,
            ...(token !== undefined && {
              token_reviewer_jwt_wo: token,
              token_reviewer_jwt_wo_version: new Version([cluster, 'reviewer', 'token', 'version']),
            }),
          },
          importId: `auth/${id.mount}/config`,
          ...(token !== undefined && { comment: TRAP }),
        },
        ...(reviewer.token === 'bound' ? [tokenRequest(cluster, reviewer)] : []),
      ],
      unsaid: [
        ...unsaid,
        ...(reviewer.token === 'bound'
          ? [
              {
                field: 'tokenReviewerJWT',
                why: 'nothing can end the token before it expires, since it is bound to no Secret',
              },
            ]
          : []),
      ],
    }
  },
  bankVaults({ mount }, { cluster, reviewer, values }) {
    const token =
      reviewer.token === 'secret'
        ? new Variable([cluster, 'reviewer', 'token'], {
            kubernetes: { secret: `${reviewer.namespace}/${tokenSecretName(reviewer)}`, key: 'token', cluster },
          })
        : reviewer.token === 'bound'
          ? new Variable([cluster, 'reviewer', 'token'])
          : undefined
    return {
      parts: [
        {
          list: 'auth',
          mount,
          entry: {
            config: { ...apiBody(authConfigFields, values), ...(token !== undefined && { token_reviewer_jwt: token }) },
          },
        },
      ],
      ...(reviewer.token === 'bound' && {
        unsaid: [
          {
            field: 'tokenReviewerJWT',
            why: `bank-vaults asks the cluster for no token: hand it a fresh one (kubectl create token ${reviewer.serviceAccount} --namespace ${reviewer.namespace}) before the last one expires`,
          },
        ],
      }),
    }
  },
}
