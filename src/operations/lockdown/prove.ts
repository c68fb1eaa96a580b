import { setTimeout as sleep } from 'node:timers/promises'
import { isIceError, KUBERNETES } from '../../catalogue/index.js'
import type { ClusterView } from '../../access/model.js'
import { mapBounded } from '../../http/limit.js'
import { splitAccount } from '../../kinds/service-account.js'
import type { Vault } from '../../vault/index.js'
import { borrow } from '../../verify/borrow.js'
import { mustNotLogIn } from '../../verify/probe.js'
import { givingBack, type StepSession } from '../step-session.js'
import type { Place } from './look.js'
import { admits, letIn, reopened, type Workload } from './narrow.js'
import { readBoundRole, sameList, type BoundRole } from './roles.js'
import type { LockdownCheck, LockdownLeases, LockedRole } from './types.js'

/** A role, and accounts that it let in before. */
interface Door {
  readonly role: BoundRole
  readonly accounts: readonly string[]
}

/** So many accounts of a role are tried, and so many logins in all. */
const OF_ROLE = 3
const MOST = 60

/** What Vault says where it refuses an account for its name or its namespace, and for nothing else. */
const NOT_BOUND = /(?:name|namespace) not authorized|claim "\/kubernetes\.io\/[^"]+" does not match/

/** An earlier lockdown keeps out by this role whoever is meant now. */
export function isLockedFor({ bindings }: BoundRole, { workload }: Pick<Place, 'workload'>): boolean {
  if (bindings === undefined) return false
  const { names, namespaces } = reopened(bindings, workload)
  return !sameList(names, bindings.names) || !sameList(namespaces, bindings.namespaces)
}

/** Each role is read once more: somebody may have written it meanwhile. */
export async function provenClosed(
  place: Place,
  before: readonly BoundRole[],
  roles: readonly LockedRole[],
  view: ClusterView,
  vault: Vault,
): Promise<LockdownCheck[]> {
  const { mount, method, batchMount, workload } = place
  const earlier = new Set(before.filter((role) => isLockedFor(role, place)).map(({ name }) => name))
  const closed = roles.filter(({ outcome, role }) => outcome?.state === 'done' || earlier.has(role))
  return mapBounded(closed, async ({ role }): Promise<LockdownCheck> => {
    const check = `role ${role}`
    const now = await readBoundRole({ mount, method, batchMount, name: role }, vault)
    if (now === undefined) return { check, verdict: 'passed', detail: 'it is gone' }
    const { bindings = { names: [], namespaces: [] } } = now
    const isOpen =
      workload === undefined ? letIn(bindings, view).length > 0 : admits(bindings, workload, view) !== false
    return isOpen
      ? { check, verdict: 'failed', detail: 'somebody has opened it again meanwhile: run the lockdown again' }
      : { check, verdict: 'passed', detail: workload === undefined ? 'lets nobody in' : 'does not let it in any more' }
  })
}

/** Logs in as those that were let in before, each with a real token: Vault must refuse it. */
export async function provenRefused(
  place: Place,
  before: readonly BoundRole[],
  roles: readonly LockedRole[],
  view: ClusterView,
  session: StepSession,
): Promise<{ readonly checks: readonly LockdownCheck[]; readonly left: readonly string[] }> {
  const { cluster, mount, workload } = place
  const changed = new Set(roles.filter(({ action }) => action !== 'none').map(({ role }) => role))
  const doors = before
    .filter((role) => changed.has(role.name) || isLockedFor(role, place))
    .map((role): Door => ({ role, accounts: workload === undefined ? knownOf(role, view) : [accountOf(workload)] }))
  const logins = doors.flatMap(({ role, accounts }) => accounts.map((account) => ({ role, account }))).slice(0, MOST)
  const untried = doors
    .filter(({ accounts }) => accounts.length === 0)
    .map(({ role }): LockdownCheck => nobodyKnown(role.name))
  if (logins.length === 0) return { checks: untried, left: [] }
  let io: Awaited<ReturnType<StepSession['io']>>
  try {
    io = await session.io()
  } catch (error) {
    if (!isIceError(error)) throw error
    return { checks: [{ check: 'logins', verdict: 'skipped', detail: `not tried: ${error.message}` }], left: [] }
  }
  const [jwts, entered] = [borrow(io, session.file.name), borrow(io, session.file.name)]
  const attempt = () =>
    mapBounded(logins, async ({ role, account }): Promise<LockdownCheck> => {
      const check = `login as ${account} by ${role.name}`
      try {
        const audiences = role.audience === undefined ? [] : [role.audience]
        const jwt = await jwts.serviceAccountToken(cluster, account, audiences)
        const outcome = await patient(() =>
          mustNotLogIn(() => entered.login({ mount, role: role.name, uses: 0 }, jwt), NOT_BOUND),
        )
        if (outcome.verdict === 'passed') return { check, verdict: 'passed', detail: 'Vault refuses it' }
        const detail = outcome.verdict === 'failed' ? 'it is still let in' : outcome.detail
        // Whatever the reason, it is not let in; but the lock has not shown.
        return { check, verdict: outcome.verdict, detail }
      } catch (error) {
        return { check, ...untriedFor(error, account) }
      }
    })
  const giveBack = async () => [...(await entered.giveBack()), ...(await jwts.giveBack())]
  const { value, left } = await givingBack(attempt, giveBack, io.emit)
  return { checks: [...value, ...untried], left }
}

const accountOf = ({ namespace, name }: Workload): string => `${namespace}/${name}`

/** Some of those that it would let in if nothing of it were locked. */
function knownOf({ bindings }: BoundRole, view: ClusterView): readonly string[] {
  if (bindings === undefined) return []
  const all = letIn({ ...bindings, ...reopened(bindings) }, view)
  return all.filter((one) => /^[^\s/]+\/[^\s/]+$/.test(one)).slice(0, OF_ROLE)
}

const nobodyKnown = (role: string): LockdownCheck => ({
  check: `login by ${role}`,
  verdict: 'passed',
  detail: 'no account is known that it let in',
})

function untriedFor(error: unknown, account: string): Pick<LockdownCheck, 'verdict' | 'detail'> {
  if (!isIceError(error)) throw error
  if (error.code === KUBERNETES.notFound.code)
    return { verdict: 'passed', detail: `there is no account ${splitAccount(account).name} that could log in` }
  return { verdict: 'skipped', detail: `not tried: ${error.message.replace(/\.$/, '')}` }
}

const TRIES = 4
const PAUSE_MS = 500

/** Another node of Vault hears of a role that was written a moment later. */
async function patient<T extends { readonly verdict: string }>(attempt: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    const outcome = await attempt()
    if (outcome.verdict !== 'failed' || left === 1) return outcome
    await sleep(PAUSE_MS)
  }
}

export function leaseChecks({ before, gone, others, stuck, unknown }: LockdownLeases): LockdownCheck[] {
  const check = 'leases'
  if (unknown !== undefined) return [{ check, verdict: 'skipped', detail: `not looked at: ${unknown}` }]
  if (stuck.length > 0) {
    const some = `${stuck.slice(0, 3).join(', ')}${stuck.length > 3 ? ` and ${stuck.length - 3} more` : ''}`
    const detail = `they have ended, but Vault cannot remove what they stand for: ${some}`
    return [{ check, verdict: 'failed', detail }]
  }
  if (before.length === 0) return [{ check, verdict: 'passed', detail: 'there were none' }]
  const rest =
    others.length === 0 ? '' : `; ${others.length} that could have been theirs belong to other tokens, and live`
  return [{ check, verdict: 'passed', detail: `${gone.length} of theirs are gone${rest}` }]
}
