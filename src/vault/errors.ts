import { IceError, isIceError, VAULT, type CodeRecord } from '../catalogue/index.js'
import { redact } from '../secrets/index.js'
import type { Answer } from './transport.js'
import type { VaultHealth } from './types.js'

/** What was asked of Vault, for error messages. */
export interface Call {
  readonly verb: 'read' | 'list' | 'write' | 'delete' | 'login'
  readonly path: string
  readonly namespace: string | undefined
  readonly hasToken: boolean
}

/** `policies` where the token may look itself up. */
export type TokenState =
  | { readonly state: 'known'; readonly policies?: readonly string[] }
  | { readonly state: 'unknown' }
  | { readonly state: 'notTold' }

/** What can be asked once a call has failed. */
export interface Questions {
  health(): Promise<VaultHealth | undefined>
  token(): Promise<TokenState>
}

/** The HTTP status behind an error of this room; undefined where there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const status = isIceError(error) ? error.details.evidence?.['status'] : undefined
  return typeof status === 'number' ? status : undefined
}

/** The server's own words, fit to be shown: one line, no secret, no control character, at most 300 characters. */
export function serverText(text: string): string {
  const errors = (parse(text) as { errors?: unknown } | undefined)?.errors
  const words = Array.isArray(errors) ? errors.map(String).join('; ') : text
  // Go's multierror puts one error in three lines.
  const line = redact(words.replace(/^\d+ errors? occurred:\s*\* /, ''))
    .replace(/\s+/g, ' ')
    .replace(/[. ]+$/, '')
    .trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

/** JSON, or undefined. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Names an answer that is a failure for what it is: by its status, its words, and what the server says when it is asked. */
export async function answerError(answer: Answer, call: Call, ask: Questions): Promise<IceError> {
  const { status, text } = answer
  const said = serverText(text)
  const error = (record: CodeRecord, happened: string, extra: Record<string, string> = {}, next?: string[]) =>
    new IceError(record, {
      message: `${happened}.`,
      evidence: {
        status,
        ...(isVaultError(text) && said && { said }),
        ...(call.namespace !== undefined && { namespace: call.namespace }),
        ...extra,
      },
      ...(next && { next }),
    })

  if (/HTTP request to an HTTPS server/.test(text)) return error(VAULT.needsHttps, 'The server speaks https, not http')
  if (status >= 300 && status < 400) return redirectError(answer, error)
  if (!isVaultError(text))
    return error(VAULT.notVault, `What answered with ${status} is not Vault`, contentType(answer))
  if (said === 'namespace not found')
    return error(VAULT.namespaceNotFound, `There is no Vault namespace ${call.namespace ?? ''}`)
  if (call.verb === 'login' && (status === 403 || status === 400))
    return error(VAULT.loginRefused, `Vault refused the login at ${call.path}: ${said}`)
  if (status === 403 || (status === 400 && said === 'missing client token')) return permissionError(call, ask, error)
  if (status === 429) return error(VAULT.rateLimited, `Vault’s rate limit kept us from ${doing(call)}`)
  if (status === 404 || status === 405)
    return error(VAULT.unsupportedPath, `Vault cannot ${call.verb} ${call.path}: ${said}`)
  if (status >= 500) return serverError(call, said, ask, error)
  return error(VAULT.badRequest, `Vault rejected ${doing(call)}: ${said}`)
}

type Fail = (record: CodeRecord, happened: string, extra?: Record<string, string>, next?: string[]) => IceError

const DOING = {
  read: 'reading',
  list: 'listing',
  write: 'writing',
  delete: 'deleting',
  login: 'logging in at',
} as const
export const doing = (call: Pick<Call, 'verb' | 'path'>) => `${DOING[call.verb]} ${call.path}`

const isVaultError = (text: string) => Array.isArray((parse(text) as { errors?: unknown } | null | undefined)?.errors)

function contentType({ headers }: Answer): Record<string, string> {
  const type = headers['content-type']
  return typeof type === 'string' ? { contentType: redact(type) } : {}
}

function redirectError({ headers }: Answer, error: Fail): IceError {
  const location = typeof headers['location'] === 'string' ? URL.parse(headers['location'])?.origin : undefined
  return error(VAULT.redirect, 'Vault redirects to where the token was not sent', {
    location: redact(location ?? '(nowhere)'),
  })
}

async function permissionError(call: Call, ask: Questions, error: Fail): Promise<IceError> {
  if (!call.hasToken) return error(VAULT.noToken, `${call.path} needs a token`)
  const token = await ask.token()
  if (token.state === 'unknown') {
    return error(
      VAULT.tokenInvalid,
      `Vault does not accept the token (${doing(call)}): it is expired, revoked or of another server`,
    )
  }
  const needs = capabilities(call)
  const policies = token.state === 'known' ? token.policies?.join(', ') : undefined
  return error(
    VAULT.notPermitted,
    `The token may not ${call.verb} ${call.path}`,
    { needs: needs.join(', '), ...(policies && { policies: redact(policies) }) },
    ['Add to a policy of the token:', policyStanza(call.path, needs)],
  )
}

/** Paths where Vault demands `sudo` besides (`Root` in its system and token backends), as far as this tool uses them. */
const SUDO =
  /^(?:sys\/(?:auth|audit|config|plugins\/catalog|leases\/(?:lookup|revoke-prefix|revoke-force))\/|auth\/token\/accessors)/

function capabilities({ verb, path }: Call): string[] {
  const needed = { read: ['read'], list: ['list'], write: ['create', 'update'], delete: ['delete'], login: [] }[verb]
  const sudo = SUDO.test(path) && !(verb === 'read' && path.startsWith('sys/auth/'))
  return sudo ? [...needed, 'sudo'] : needed
}

/** HCL that gives capabilities on a path. */
function policyStanza(path: string, needed: readonly string[]): string {
  return `path ${JSON.stringify(path)} {\n  capabilities = [${needed.map((name) => `"${name}"`).join(', ')}]\n}`
}

/** A standby's words while there is no leader. */
export const hasNoActiveNode = (text: string) =>
  /active cluster node not found|no active Vault instance found/.test(text)

async function serverError(call: Call, said: string, ask: Questions, error: Fail): Promise<IceError> {
  const health = await ask.health()
  if (health && !health.initialized) return error(VAULT.uninitialized, 'Vault is not initialised')
  if (health?.sealed || /\bis sealed\b/.test(said)) return error(VAULT.sealed, `Vault is sealed (${doing(call)})`)
  if (hasNoActiveNode(said)) return error(VAULT.noActiveNode, `Vault has no active node (${doing(call)})`)
  return error(VAULT.serverError, `Vault failed at ${doing(call)}: ${said}`)
}
