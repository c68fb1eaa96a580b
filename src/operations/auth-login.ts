import * as v from 'valibot'
import { IceError, USAGE } from '../catalogue/index.js'
import { durationText } from '../kinds/atoms.js'
import { accountName } from '../kinds/service-account.js'
import { redact, Shown, type Secret } from '../secrets/index.js'
import { path, type Vault, type VaultLogin } from '../vault/index.js'
import { borrow } from '../verify/borrow.js'
import { askAbout, questionsOf, type Allowed } from './auth-login-can.js'
import { withSecretFile, type HandoverOptions } from './reviewer-token.js'
import { readRole } from './role-section.js'
import { orUndefined } from './step-shown.js'
import { givingBack, withStepSession, type StepOptionsBase, type StepSession } from './step-session.js'

export interface AuthLoginOptions extends StepOptionsBase, HandoverOptions {
  /** NAMESPACE/NAME */
  readonly as: string
  readonly role: string
  /** Default: the role's, as far as it may be read. */
  readonly audience?: string
  /** Grants (`read kv static/app`) and paths of the API (`static/data/app`). */
  readonly can: readonly string[]
}

/** Who Vault takes the workload for. */
export interface LoginEntity {
  readonly id: string
  readonly name: string
  readonly policies: readonly string[]
  readonly aliases: readonly {
    readonly name: string
    readonly mount: string
    readonly metadata: Readonly<Record<string, string>>
  }[]
}

export interface AuthLoginResult extends Omit<VaultLogin, 'token'> {
  readonly operation: 'auth login'
  readonly cluster: string
  readonly mount: string
  readonly role: string
  readonly account: string
  /** For which the workload's own token was made; undefined: for the API server's. */
  readonly audience?: string
  readonly token: Secret | Shown
  readonly savedTo?: string
  /** `1h30m` */
  readonly ttl: string
  /** ISO 8601. */
  readonly expiresAt: string
  /** Undefined where it may not be read, or there is none (batch tokens). */
  readonly entity?: LoginEntity
  readonly can: readonly Allowed[]
  /** The token lives on, since it was asked for. */
  readonly kept: boolean
  /** What could not be given back. */
  readonly left: readonly string[]
}

/**
 * Logs in as a workload, and looks what it got. All that it made is given back at the end, the login too unless it is
 * handed over.
 * @throws IceError USAGE.wrongUsage, FILE.badGrant; VAULT.loginRefused
 */
export function authLogin(options: AuthLoginOptions): Promise<AuthLoginResult> {
  if (!v.is(accountName, options.as))
    throw new IceError(USAGE.wrongUsage, { message: '--as: expected NAMESPACE/NAME, such as app/exampleapp.' })
  return withStepSession(options, (session) => logIn(options, session), true)
}

async function logIn(options: AuthLoginOptions, session: StepSession): Promise<AuthLoginResult> {
  const { showSecret, secretOut, role, as, emit } = options
  const { cluster, mount } = session.place
  const kept = showSecret || secretOut !== undefined
  const io = await session.io()
  const [jwts, logins] = [borrow(io, session.file.name), borrow(io, session.file.name)]
  let isHandedOver = false
  const attempt = (): Promise<Omit<AuthLoginResult, 'left'>> =>
    withSecretFile(secretOut, async (file) => {
      const audience = options.audience ?? (await audienceOf(mount, role, io.vault))
      const questions = await questionsOf(options.can, session, io.vault)
      session.stop.throwIfAborted()
      const jwt = await jwts.serviceAccountToken(cluster, as, audience === undefined ? [] : [audience])
      const { login } = await logins.login({ mount, role, uses: 0 }, jwt)
      const expiresAt = new Date(Date.now() + login.ttlSeconds * 1000).toISOString()
      const [entity, can] = await Promise.all([entityOf(login, io.vault), askAbout(questions, login, io.vault)])
      await file?.write(login.token)
      isHandedOver = kept
      const { token, ...facts } = login
      return {
        operation: 'auth login',
        cluster,
        mount,
        role,
        account: as,
        ...(audience !== undefined && { audience }),
        token: showSecret ? new Shown(token) : token,
        ...(file && { savedTo: file.path }),
        ...facts,
        ttl: durationText(facts.ttlSeconds),
        expiresAt,
        ...(entity && { entity }),
        can,
        kept,
      }
    })
  const giveBack = async () => [...(isHandedOver ? [] : await logins.giveBack()), ...(await jwts.giveBack())]
  const { value, left } = await givingBack(attempt, giveBack, emit)
  return { ...value, left }
}

/** What the role asks for; unknown where it may not be read. */
async function audienceOf(mount: string, name: string, vault: Vault): Promise<string | undefined> {
  const role = await orUndefined(() => readRole({ mount, name }, vault))
  const audience = role?.fields.find(({ field }) => field === 'audience')?.value
  return typeof audience === 'string' && audience !== '' ? audience : undefined
}

interface EntityData {
  readonly id: string
  readonly name: string
  readonly policies?: readonly string[] | null
  readonly aliases?: readonly {
    readonly name: string
    readonly mount_path: string
    readonly metadata?: Readonly<Record<string, string>> | null
  }[]
}

/** As the operator: a workload may not look at itself there. */
async function entityOf({ entityId }: VaultLogin, vault: Vault): Promise<LoginEntity | undefined> {
  if (entityId === '') return undefined
  const answer = await orUndefined(() => vault.read<EntityData>(path`identity/entity/id/${entityId}`))
  if (answer === undefined) return undefined
  const { id, name, policies, aliases = [] } = answer.data
  return {
    id,
    // Names of ours are shown as they are; these are anybody's.
    name: redact(name),
    policies: policies ?? [],
    aliases: aliases.map((alias) => ({
      name: redact(alias.name),
      mount: alias.mount_path,
      metadata: alias.metadata ?? {},
    })),
  }
}
