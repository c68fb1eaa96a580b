import * as v from 'valibot'
import { dnsLabel, dnsName, duration, nameOf, vaultName, vaultPath } from '../kinds/atoms.js'
import { accountName } from '../kinds/service-account.js'
import { secretSource } from '../secrets/index.js'

/** How icebreaker itself comes to Vault: `vault.login` and `vault.portForward`. */

const mount = (method: string) =>
  v.optional(v.pipe(vaultPath, v.description('Where the auth method is mounted: auth/PATH.')), method)

const given = v.pipe(
  secretSource,
  v.check((source) => !('generate' in source), 'a credential is not generated: Vault would not know it'),
)

const secret = (text: string) =>
  v.pipe(
    given,
    v.check(
      (source) => !('literal' in source),
      'a secret is not written down here: say where it comes from, with env, file, prompt or kubernetes',
    ),
    v.description(text),
  )

/** A file of the machine; see schema.ts. */
const filePath = v.pipe(v.string(), v.nonEmpty())

const username = v.pipe(vaultName, v.description('As whom.'))
const password = v.optional(secret('The password; default: asked for at the terminal.'))

export const loginSchema = v.pipe(
  v.union([
    v.strictObject({
      method: v.pipe(
        v.literal('token'),
        v.description('A token that is there: VAULT_TOKEN, BAO_TOKEN, a token helper, ~/.vault-token or --token-file.'),
      ),
    }),
    v.pipe(
      v.strictObject({
        method: v.pipe(v.literal('approle'), v.description('A role ID and a secret ID.')),
        path: mount('approle'),
        roleID: v.pipe(given, v.description('The role ID.')),
        secretID: v.optional(secret('The secret ID; a role may do without.')),
        wrappedSecretID: v.optional(
          secret('Instead: a response-wrapping token, which holds the secret ID and opens it once.'),
        ),
      }),
      v.forward(
        v.check(
          ({ secretID, wrappedSecretID }) => secretID === undefined || wrappedSecretID === undefined,
          'secretID and wrappedSecretID exclude each other',
        ),
        ['wrappedSecretID'],
      ),
    ),
    v.pipe(
      v.strictObject({
        method: v.pipe(v.literal('kubernetes'), v.description('The token of a service account.')),
        path: mount('kubernetes'),
        role: v.pipe(vaultName, v.description('The role to log in with.')),
        tokenFile: v.optional(
          v.pipe(
            filePath,
            v.description(
              'Holds the token; default: the one of the pod that icebreaker runs in, where no account is named.',
            ),
          ),
        ),
        serviceAccount: v.optional(
          v.pipe(
            accountName,
            v.description('NAMESPACE/NAME: its token is asked of the cluster, for ten minutes, with TokenRequest.'),
          ),
        ),
        audience: v.optional(
          v.pipe(v.string(), v.nonEmpty(), v.description('Whom that token is for; default: the API server.')),
        ),
        cluster: v.optional(
          v.pipe(nameOf('clusters'), v.description('Whose account it is; default: the cluster of the inventory.')),
        ),
      }),
      v.forward(
        v.check(
          ({ tokenFile, serviceAccount }) => tokenFile === undefined || serviceAccount === undefined,
          'tokenFile and serviceAccount exclude each other',
        ),
        ['tokenFile'],
      ),
      v.forward(
        v.check(
          ({ audience, serviceAccount }) => audience === undefined || serviceAccount !== undefined,
          'an audience is only asked for with serviceAccount',
        ),
        ['audience'],
      ),
    ),
    v.strictObject({
      method: v.pipe(v.literal('jwt'), v.description('A token of another issuer, such as a pipeline’s.')),
      path: mount('jwt'),
      role: v.optional(v.pipe(vaultName, v.description('The role to log in with; default: the mount’s own default.'))),
      token: secret('The JWT.'),
    }),
    v.strictObject({
      method: v.pipe(v.literal('oidc'), v.description('A person, in a browser; only at a terminal.')),
      path: mount('oidc'),
      role: v.optional(v.pipe(vaultName, v.description('The role to log in with; default: the mount’s own default.'))),
      callbackPort: v.optional(
        v.pipe(
          v.number(),
          v.integer(),
          v.minValue(1),
          v.maxValue(65_535),
          v.description(
            'Where the browser comes back to: http://localhost:PORT/oidc/callback, which the role must allow.',
          ),
        ),
        8250,
      ),
      timeout: v.optional(v.pipe(duration, v.description('How long the browser may take.')), '2m'),
    }),
    v.strictObject({
      method: v.pipe(v.literal('userpass'), v.description('A user of Vault’s own, with a password.')),
      path: mount('userpass'),
      username,
      password,
    }),
    v.strictObject({
      method: v.pipe(v.literal('ldap'), v.description('A user of a directory, with a password.')),
      path: mount('ldap'),
      username,
      password,
    }),
  ]),
  v.description(
    'How icebreaker itself logs in to Vault. Whatever it logs in with goes only to the server that VAULT_ADDR, BAO_ADDR or a flag names.',
  ),
)

const tunnel = {
  cluster: v.pipe(nameOf('clusters'), v.description('The cluster in which Vault runs.')),
  namespace: v.pipe(dnsLabel, v.description('The namespace in which it runs.')),
}
const behind = {
  port: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535), v.description('The port of Vault there.')),
    8200,
  ),
  scheme: v.optional(
    v.pipe(v.picklist(['https', 'http']), v.description('What Vault speaks there, unless the address says it.')),
    'https',
  ),
}

export const portForwardSchema = v.pipe(
  v.union([
    v.strictObject({
      ...tunnel,
      service: v.pipe(dnsLabel, v.description('The service; one ready pod of it is taken.')),
      ...behind,
    }),
    v.strictObject({ ...tunnel, pod: v.pipe(dnsName, v.description('One pod by its name.')), ...behind }),
  ]),
  v.description(
    'Vault is in a cluster and not reachable from here: through the API server, as `kubectl port-forward` does. The address is then the name of the service in the cluster, unless the file has one.',
  ),
)
