import type { Secret, SecretSource } from '../../secrets/index.js'

/** How the tool itself logs in, as `vault.login` of the file says it; secrets are references. */
export type Login = AppRole | KubernetesLogin | JwtLogin | OidcLogin | PasswordLogin

export interface AppRole {
  readonly method: 'approle'
  readonly path: string
  readonly roleID: SecretSource
  readonly secretID?: SecretSource | undefined
  /** A response-wrapping token that holds the secret ID. */
  readonly wrappedSecretID?: SecretSource | undefined
}

export interface KubernetesLogin extends Borrowed {
  readonly method: 'kubernetes'
  readonly path: string
  readonly role: string
  /** Default: the pod's own, unless an account is named. */
  readonly tokenFile?: string | undefined
}

/** Whose token is to be asked of the cluster. */
export interface Borrowed {
  /** NAMESPACE/NAME */
  readonly serviceAccount?: string | undefined
  readonly audience?: string | undefined
  readonly cluster?: string | undefined
}

export interface JwtLogin {
  readonly method: 'jwt'
  readonly path: string
  /** Undefined: the mount's `default_role`. */
  readonly role?: string | undefined
  readonly token: SecretSource
}

export interface OidcLogin {
  readonly method: 'oidc'
  readonly path: string
  readonly role?: string | undefined
  readonly callbackPort: number
  /** Seconds. */
  readonly timeout: number
}

export interface PasswordLogin {
  readonly method: 'userpass' | 'ldap'
  readonly path: string
  readonly username: string
  /** Undefined: asked for. */
  readonly password?: SecretSource | undefined
}

/** What a login has at hand beside Vault. */
export interface LoginHelp {
  /** Opens a reference. @throws IceError FILE.secret… */
  readonly resolve: (source: SecretSource) => Promise<Secret | string>
  /** Lends the token of a service account for as long as `use` runs. */
  readonly borrow: <T>(account: Borrowed, use: (jwt: Secret) => Promise<T>) => Promise<T>
  /**
   * Shows a text to whoever is at the terminal, and keeps everything else from it while `wait` runs; undefined: nobody is
   * there.
   */
  readonly attend?: Attend | undefined
  /** Opens a web page; undefined: whoever is there opens it. */
  readonly browse?: ((url: string) => void) | undefined
  /** Ends the waiting for a browser. */
  readonly signal?: AbortSignal | undefined
}

export type Attend = <T>(text: string, wait: () => Promise<T>) => Promise<T>
