import { IceError, VAULT, isIceError } from '../../catalogue/index.js'
import { Secret } from '../../secrets/index.js'
import { readSmallFile } from '../../secrets/small-file.js'
import { path } from '../path.js'
import type { Payload, Vault, VaultLogin, VaultPath } from '../types.js'
import { oidcLogin } from './oidc.js'
import { unwrapSecretID } from './unwrap.js'
import type { AppRole, KubernetesLogin, Login, LoginHelp, PasswordLogin } from './types.js'

/** Where Kubernetes puts a pod's token. */
const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/**
 * Logs in once. A login is never repeated once it was sent: it would make two tokens, or use up what works once.
 * @param vault a client without a token
 * @throws IceError VAULT.loginRefused, mfaNeeded, wrappedSecret, browserLogin; FILE.secret… where a source gives nothing
 */
export async function logIn(vault: Vault, login: Login, help: LoginHelp): Promise<VaultLogin> {
  try {
    return await byMethod(vault, login, help)
  } catch (error) {
    throw isIceError(error) && error.code === VAULT.loginRefused.code ? explained(error, login) : error
  }
}

async function byMethod(vault: Vault, login: Login, help: LoginHelp): Promise<VaultLogin> {
  switch (login.method) {
    case 'approle':
      return vault.loginAt(mountOf(login), { body: await appRole(vault, login, help) })
    case 'kubernetes':
      return withAccount(login, help, (jwt) => vault.loginAt(mountOf(login), { body: { role: login.role, jwt } }))
    case 'jwt': {
      const jwt = await help.resolve(login.token)
      return vault.loginAt(mountOf(login), { body: { role: login.role, jwt } })
    }
    case 'oidc':
      return oidcLogin(vault, login, help)
    case 'userpass':
    case 'ldap':
      return vault.loginAt(path`auth/${login.path}/login/${login.username}`, {
        body: { password: await passwordOf(vault, login, help) },
      })
  }
}

const mountOf = (login: { readonly path: string }): VaultPath => path`auth/${login.path}/login`

async function appRole(vault: Vault, login: AppRole, help: LoginHelp): Promise<Payload> {
  const { roleID, secretID, wrappedSecretID } = login
  // First, so that the wrapped secret is not used up where there is no role ID.
  const role_id = await help.resolve(roleID)
  if (wrappedSecretID !== undefined) {
    const secret_id = await unwrapSecretID(vault, login.path, asSecret(await help.resolve(wrappedSecretID)))
    return { role_id, secret_id }
  }
  return { role_id, ...(secretID !== undefined && { secret_id: await help.resolve(secretID) }) }
}

const asSecret = (value: Secret | string): Secret => (value instanceof Secret ? value : new Secret(value))

async function withAccount<T>(login: KubernetesLogin, help: LoginHelp, use: (jwt: Secret) => Promise<T>): Promise<T> {
  const { tokenFile, serviceAccount } = login
  if (serviceAccount !== undefined) return help.borrow(login, use)
  const file = tokenFile ?? POD_TOKEN
  const read = await readSmallFile(file)
  const jwt = 'text' in read ? read.text.trim() : ''
  if (jwt !== '') return use(new Secret(jwt))
  throw new IceError(VAULT.noToken, {
    message: `The service-account token ${file} ${'text' in read ? 'is empty' : read.problem}.`,
    evidence: { path: file },
    next: [
      tokenFile === undefined
        ? 'Outside a pod name an account whose token the cluster gives out: serviceAccount: NAMESPACE/NAME.'
        : 'Name the file that holds the token: tokenFile.',
    ],
  })
}

/** The question names the server: whoever answers it must see who gets the password. */
async function passwordOf(vault: Vault, { method, username, password }: PasswordLogin, help: LoginHelp) {
  return help.resolve(password ?? { prompt: `Password of ${username} (${method}) for ${vault.address}` })
}

/** The catalogue's remedy speaks of workloads; here it is the operator who could not get in. */
function explained(error: IceError, { method, path: mount }: Login): IceError {
  return new IceError(error.record, {
    ...error.details,
    evidence: { ...error.details.evidence, method },
    next: [`Check what the login is made with, and that ${method} is mounted at auth/${mount}.`, ...HINTS[method]],
  })
}

const HINTS: Readonly<Record<Login['method'], readonly string[]>> = {
  approle: [
    'A secret ID may be used up (secret_id_num_uses), expired (secret_id_ttl), or bound to other addresses (secret_id_bound_cidrs).',
  ],
  kubernetes: ['The role must name the account, its namespace and the audience of its token.'],
  jwt: ['The role must fit the claims of the token: bound_audiences, bound_subject, bound_claims.'],
  oidc: ['The role must allow the address that the browser comes back to (allowed_redirect_uris).'],
  userpass: [],
  ldap: [],
}
