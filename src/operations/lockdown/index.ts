import * as v from 'valibot'
import { APPLY, EXIT, IceError, isIceError, USAGE } from '../../catalogue/index.js'
import { readBase } from '../../config/index.js'
import { mapBounded } from '../../http/limit.js'
import type { ApiCall } from '../../kinds/contract.js'
import { accountName } from '../../kinds/service-account.js'
import { checkPermissions } from '../../reconcile/permissions.js'
import type { ClusterView } from '../../access/model.js'
import { withStepSession, type StepSession } from '../step-session.js'
import { closeTokens, previewTokens } from './cut.js'
import { placeIn, planned, rolesIn, seeTokens, viewOf, type Place, type Seen } from './look.js'
import { isLockedFor, leaseChecks, provenClosed, provenRefused } from './prove.js'
import { openRecord, type LockdownRecord } from './record.js'
import { writeLists, type BoundRole } from './roles.js'
import { againText, notesOf, refusalsOf } from './say.js'
import type { LockdownOptions, LockdownResult, LockedRole } from './types.js'

export type { LockdownOptions, LockdownResult } from './types.js'

/** What was shown is compared once more where it was looked at for longer. */
const FRESH_MS = 2000

/**
 * Closes Vault to an intruder: narrows the roles so that nothing new is issued, ends the tokens and with them their leases,
 * and proves it. Or takes that back. What it changes on a role says itself that it is locked: `apply` does not write it.
 * @throws IceError USAGE.wrongUsage; VAULT.notThere; APPLY.notOurs, APPLY.othersLockedOut, APPLY.changedMeanwhile
 */
export async function lockdown(options: LockdownOptions): Promise<LockdownResult> {
  if (options.workload !== undefined && !v.is(accountName, options.workload))
    throw new IceError(USAGE.wrongUsage, { message: '--workload: expected NAMESPACE/NAME, such as app/exampleapp.' })
  return withStepSession(
    options,
    async (session) => {
      await requireNamed(options)
      const record = await openRecord(options, session)
      try {
        return await run(options, session, record)
      } finally {
        await record.close()
      }
    },
    true,
  )
}

/**
 * Without a file the name of a cluster says nothing: another mount than the one that is meant would be closed.
 * @throws IceError USAGE.wrongUsage
 */
async function requireNamed({ workload, role, step, file, fileMustExist }: LockdownOptions): Promise<void> {
  const isWhole = workload === undefined && role === undefined
  if (!isWhole || (step.auth as { readonly path?: string } | undefined)?.path !== undefined) return
  if ((await readBase(file, fileMustExist === true)) !== undefined) return
  throw new IceError(USAGE.wrongUsage, {
    message: 'There is no file that says which auth mount the cluster has; --path says it.',
    next: ['Add --path MOUNT; icebreaker auth list shows the mounts.'],
  })
}

/** What is there, and what is to become of it. */
interface Looked {
  readonly before: readonly BoundRole[]
  readonly view: ClusterView
  readonly roles: readonly LockedRole[]
}

async function run(options: LockdownOptions, session: StepSession, record: LockdownRecord): Promise<LockdownResult> {
  const began = performance.now()
  const vault = await session.vault()
  const place = await placeIn(session, options, vault)
  const look = async (): Promise<Looked> => {
    const before = await rolesIn(place, vault)
    const view = await viewOf(session, before)
    return { before, view, roles: planned(before, place, options.reopen, view, record.ours) }
  }
  const looked = await look()
  const seen = options.reopen ? undefined : await seeTokens(place, looked.view, session)
  session.stop.throwIfAborted()

  const result = (more: Partial<LockdownResult>): LockdownResult => ({
    operation: 'lockdown',
    reopen: options.reopen,
    cluster: place.cluster,
    mount: place.mount,
    scope: place.shown,
    dryRun: options.dryRun,
    roles: looked.roles,
    ...previewTokens(seen),
    checks: [],
    refusals: refusalsOf(looked.roles, options, record),
    notes: notesOf(looked.roles, seen, place),
    errors: [],
    again: againText(place),
    left: [],
    interrupted: options.stop.aborted,
    seconds: (performance.now() - began) / 1000,
    ...more,
  })
  const shown = result({})
  if (options.dryRun || isIdle(shown, looked.before, place)) return shown
  const changes = looked.roles.some(({ lists }) => lists !== undefined) || shown.tokens.logins.length > 0
  if (changes) {
    refuse(looked.roles, options, record)
    await checkPermissions(callsOf(looked.roles, place, seen), await session.vaultIo())
    const asked = performance.now()
    if (!(await options.confirm(shown))) throw new IceError(APPLY.declined, { message: 'Nothing was changed.' })
    if (performance.now() - asked > FRESH_MS) requireSame(looked.roles, (await look()).roles)
  }

  const roles = await writeRoles(looked, session)
  if (options.reopen) return result({ roles })
  const told: Partial<LockdownResult>[] = [{ roles }]
  const errors: IceError[] = []
  // From here on what fails is told beside what was done: the roles are closed, and whoever reads this must know it.
  for await (const step of closing({ place, looked, roles, options, session, record, seen })) {
    if (isIceError(step)) errors.push(step)
    else told.push(step)
  }
  const all = Object.assign({}, ...told) as Partial<LockdownResult>
  return result({ ...all, errors: [...(all.errors ?? []), ...errors] })
}

interface Closing {
  readonly place: Place
  readonly looked: Looked
  readonly roles: readonly LockedRole[]
  readonly options: LockdownOptions
  readonly session: StepSession
  readonly record: LockdownRecord
  /** What was shown. */
  readonly seen: Seen | undefined
}

/** What follows once the roles are narrowed, as far as it comes; at the end, where something broke, the error. */
async function* closing(work: Closing): AsyncGenerator<Partial<LockdownResult> | IceError> {
  const { place, looked, roles, options, session, record, seen } = work
  const { before, view } = looked
  try {
    // Whoever logged in while the roles were written is among those that are looked at now.
    const cut = await closeTokens(place, view, options, session, seen)
    const done = { ...cut.result, notes: notesOf(roles, cut.seen, place) }
    yield done
    if (session.stop.aborted) return
    const later = [...leaseChecks(cut.result.leases), ...cut.databases]
    yield { checks: later }
    const closed = await provenClosed(place, before, roles, view, await session.vault())
    const { checks, left } = await provenRefused(place, before, roles, view, session)
    yield { checks: [...closed, ...checks, ...later], left }
    const { tokens, errors, check } = await cut.again()
    const running = await record.running()
    const free = running === undefined ? [] : [{ check: 'other runs', verdict: 'skipped', detail: running } as const]
    yield { tokens, errors, checks: [...closed, ...checks, check, ...later, ...free] }
  } catch (error) {
    if (!isIceError(error)) throw error
    yield error
  }
}

/** Nothing is to be done, and there is nothing that an earlier lockdown did to be proven once more. */
const isIdle = ({ roles, tokens, reopen }: LockdownResult, before: readonly BoundRole[], place: Place): boolean =>
  roles.every(({ action }) => action === 'none') &&
  (reopen || (tokens.logins.length === 0 && !before.some((role) => isLockedFor(role, place))))

/** What is refused before anything is asked. */
function refuse(roles: readonly LockedRole[], options: LockdownOptions, record: LockdownRecord): void {
  const changing = roles.filter(({ lists }) => lists !== undefined)
  const strangers = changing.filter(({ ours }) => !ours)
  if (strangers.length > 0 && !options.foreign) {
    const why =
      record.ours === undefined ? `the record cannot be read: ${record.why ?? '?'}` : 'this file did not make it'
    throw new IceError(APPLY.notOurs, {
      message: `${strangers.length === 1 ? 'A role is' : `${strangers.length} roles are`} not known to be ours; nothing was changed.`,
      evidence: Object.fromEntries(strangers.map(({ address }) => [address, why])),
      next: ['Add --foreign to change it all the same.'],
    })
  }
  const others = changing.filter((role) => role.others.length > 0)
  if (others.length === 0 || options.acceptOthers || options.asks) return
  throw new IceError(APPLY.othersLockedOut, {
    message: 'Others would be locked out with it; nothing was changed.',
    evidence: Object.fromEntries(others.map((role) => [role.address, role.others.slice(0, 20).join(', ')])),
    exit: EXIT.refused,
  })
}

/** @throws IceError APPLY.changedMeanwhile */
function requireSame(shown: readonly LockedRole[], now: readonly LockedRole[]): void {
  if (JSON.stringify(shown) === JSON.stringify(now)) return
  throw new IceError(APPLY.changedMeanwhile, {
    message: 'Roles were changed while the question was open; nothing was changed by this.',
  })
}

function callsOf(roles: readonly LockedRole[], { mount }: Place, seen: Seen | undefined): ApiCall[] {
  const writes = roles.flatMap(({ role, lists }): ApiCall[] =>
    lists === undefined ? [] : [{ api: 'vault', path: `auth/${mount}/role/${role}`, capabilities: ['read', 'update'] }],
  )
  if (seen === undefined) return writes
  return [...writes, { api: 'vault', path: 'auth/token/revoke-accessor', capabilities: ['update'] }]
}

/** Side by side; what fails does not keep the others from being closed. */
function writeRoles({ before, roles }: Looked, session: StepSession): Promise<LockedRole[]> {
  const live = new Map(before.map((role) => [role.name, role]))
  return mapBounded(roles, async (role): Promise<LockedRole> => {
    const { lists } = role
    const was = live.get(role.role)
    if (lists === undefined || was === undefined) return role
    if (session.stop.aborted) return { ...role, outcome: { state: 'skipped' } }
    const io = await session.vaultIo()
    const action = role.action === 'reopen' ? 'update' : 'narrow'
    const base = { address: role.address, kind: 'AuthRole', action } as const
    const tell = (state: 'started' | 'done' | 'failed', reason?: string): void =>
      io.emit({ type: 'object', ...base, state, ...(reason !== undefined && { reason }) })
    tell('started')
    try {
      await writeLists(was, lists, io.vault)
      tell('done')
      return { ...role, outcome: { state: 'done' } }
    } catch (error) {
      if (!isIceError(error)) throw error
      tell('failed', error.message)
      return { ...role, outcome: { state: 'failed', error } }
    }
  })
}
