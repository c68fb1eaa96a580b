import { EXIT, isIceError, type IceError } from '../catalogue/index.js'
import { mapBounded } from '../http/limit.js'
import type { Address, Io } from '../kinds/contract.js'
import type { ObjectOutcome } from './apply.js'
import { freshIo } from './observe.js'
import { isAnew, isOurs, listed, readLeft, type Candidate, type Removals } from './removal.js'

/**
 * Removes one kind after the other, looking once more before each: between the plan and the deletion somebody was asked. What
 * fails keeps what holds it; where logins could not be ended nothing else changes, and where a server is gone nothing new
 * is begun. What holds the record is planned last, and goes alone.
 */
export async function remove(removals: Removals, io: Io, stop: AbortSignal): Promise<readonly RemovalOutcome[]> {
  const { planned, candidates, home } = removals
  const outcomes: RemovalOutcome[] = []
  const failed = new Set<Address>()
  let [gone, loginsLeft] = [false, false]
  const groups = Map.groupBy(
    planned.filter(({ action }) => action === 'delete'),
    ({ address, kind }) => (address === home ? home : kind),
  )
  for (const group of groups.values()) {
    const done = await mapBounded(group, async ({ address, kind }): Promise<RemovalOutcome> => {
      const base = { address, kind, action: 'delete' } as const
      const candidate = candidates.get(address) as Candidate
      const skip = (reason: string, error?: IceError): RemovalOutcome => {
        io.emit({ type: 'object', ...base, state: 'skipped', reason })
        return { ...base, state: 'skipped', seconds: 0, reason, ...(error && { error }) }
      }
      if (stop.aborted)
        return isIceError(stop.reason) ? skip(stop.reason.message, stop.reason) : skip('the run was stopped')
      if (gone) return skip('a server is gone')
      if (loginsLeft && candidate.kind.removal?.endsLogins !== true) return skip('logins could not be ended first')
      return removeOne(candidate, base, { ...removals, failed, io, skip })
    })
    for (const outcome of done) {
      outcomes.push(outcome)
      if (outcome.state === 'done') continue
      failed.add(outcome.address)
      loginsLeft ||= candidates.get(outcome.address)?.kind.removal?.endsLogins === true
      gone ||= outcome.error?.exitCode === EXIT.unreachable
    }
  }
  return outcomes
}

export type RemovalOutcome = Omit<ObjectOutcome, 'action'> & { readonly action: 'delete' }

interface Removing extends Removals {
  readonly failed: ReadonlySet<Address>
  readonly io: Io
  readonly skip: (reason: string, error?: IceError) => RemovalOutcome
}

async function removeOne(
  { address, kind, id, observed: before, mark }: Candidate,
  base: Pick<RemovalOutcome, 'address' | 'kind' | 'action'>,
  { file, failed, going, record, io, skip }: Removing,
): Promise<RemovalOutcome> {
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1000
  io.emit({ type: 'object', ...base, state: 'started' })
  const done = (): RemovalOutcome => {
    io.emit({ type: 'object', ...base, state: 'done', seconds: seconds() })
    return { ...base, state: 'done', seconds: seconds() }
  }
  try {
    const now = freshIo(io)
    const observed = await readLeft(kind, id, now)
    if (observed === undefined) return done()
    const live = { kind, mark, observed }
    if (!isOurs(live, file) || isAnew(live) || kind.fits(observed, mark) !== kind.fits(before, mark))
      return skip('somebody changed it meanwhile')
    const prefix = kind.removal?.holds?.(id)
    const inside = [
      ...[...failed].filter((each) => prefix !== undefined && each.startsWith(prefix)),
      ...((await kind.removal?.contents?.(id, now)) ?? []).filter(
        (each) => !going.has(each) || failed.has(each) || (failed.size > 0 && record.has(each)),
      ),
    ]
    if (inside.length > 0) return skip(`it holds ${listed([...new Set(inside)])}`)
    await kind.removal?.remove(id, observed, now, mark)
    return done()
  } catch (error) {
    if (!isIceError(error)) throw error
    io.emit({ type: 'object', ...base, state: 'failed', seconds: seconds(), reason: `${address}: ${error.message}` })
    return { ...base, state: 'failed', seconds: seconds(), error }
  }
}
