import { IceError, VERIFY } from '../catalogue/index.js'
import { Secret } from '../secrets/index.js'

/** A database as the file describes it: the connection's section. */
export interface Target {
  readonly plugin: string
  /** The URL template, with `{{username}}` and `{{password}}`. */
  readonly url?: string
  /** PEM: who signed the database's certificate. */
  readonly tlsCA?: string
  /** HOST:PORT under which the operator's machine reaches the database, where it differs from the URL's. */
  readonly probeAddress?: string
}

export interface Credential {
  readonly username: Secret | string
  readonly password: Secret
}

/** A leased credential can be renewed and revoked; one of a static role has no lease. */
export interface Lease {
  /** @returns what came of it, for people */
  renew(): Promise<string>
  /** @returns false where nobody here may revoke it now */
  revoke(): Promise<boolean>
}

/** `allowed` is all that can be said of what is skipped: Vault did give the credential. */
export type Proof = { readonly verdict: 'passed' | 'skipped'; readonly detail: string }

/** What one attempt to log in came to; `untried` says why the database could not be asked. */
export type Login = 'accepted' | 'refused' | { readonly untried: string }

/** Logs in and out again, with one attempt. Never rejects for what the database or the network does. */
export type Connect = (target: Target, credential: Credential, signal: AbortSignal) => Promise<Login>

const DRIVERS: Readonly<Record<string, Connect>> = {
  'postgresql-database-plugin': async (...attempt) => (await import('./postgresql.js')).connectPostgresql(...attempt),
}

/**
 * Uses a credential as an application would: logs in, renews and revokes the lease, and sees the login refused
 * afterwards. What could not be tried from here makes the verdict `skipped`, with the reason.
 * @param issued what Vault answered
 * @param target undefined where the file does not know the database
 * @throws IceError VERIFY.credentialRefused, VERIFY.credentialOutlives, and whatever the lease throws
 */
export async function proveCredential(
  target: Target | undefined,
  issued: Readonly<Record<string, unknown>>,
  { signal, lease }: { signal: AbortSignal; lease?: Lease },
): Promise<Proof> {
  const login = loginWith(target, issued, signal)
  const before = await login()
  if (before === 'refused') {
    throw new IceError(VERIFY.credentialRefused, {
      message: 'The database refused the credential that Vault had just issued.',
    })
  }
  const steps = [before === 'accepted' ? 'logged in' : 'issued']
  const skipped = (why: string): Proof => ({ verdict: 'skipped', detail: `${steps.join(', ')}; ${why}` })

  if (lease) {
    steps.push(await lease.renew())
    if (!(await lease.revoke())) return skipped('not revoked at once, so the end of the login was not tried')
    steps.push('revoked')
  }
  if (before !== 'accepted') return skipped(`not logged in with: ${before.untried}`)
  if (!lease) return { verdict: 'passed', detail: 'logged in (a static role has no lease)' }

  const after = await login()
  if (after === 'accepted') {
    throw new IceError(VERIFY.credentialOutlives, {
      message: 'The database still lets the user in after its lease was revoked.',
    })
  }
  if (after !== 'refused') return skipped(`then it could not be asked again: ${after.untried}`)
  return { verdict: 'passed', detail: `${steps.join(', ')}, then refused` }
}

/** One attempt to log in, and out again. Never rejects for what the database or the network does. */
export function tryLogin(target: Target, credential: Credential, signal: AbortSignal): Promise<Login> {
  const connect = DRIVERS[target.plugin]
  return connect === undefined
    ? Promise.resolve({ untried: `icebreaker does not speak to databases of ${target.plugin}` })
    : connect(target, credential, signal)
}

function loginWith(
  target: Target | undefined,
  { username, password }: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): () => Promise<Login> {
  const untried = (why: string) => () => Promise.resolve({ untried: why })
  if (target === undefined) return untried('the file does not say which database it is for')
  if (!(username instanceof Secret) || !(password instanceof Secret))
    return untried('it is not a user name and a password')
  return () => tryLogin(target, { username, password }, signal)
}
