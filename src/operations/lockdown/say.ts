import type { Place, Seen } from './look.js'
import type { LockdownRecord } from './record.js'
import type { LockdownOptions, LockedRole } from './types.js'

/** What to type to take it back. */
export function againText({ shown, cluster, mount }: Place): string {
  const what = shown.kind === 'cluster' ? '' : ` --${shown.kind} ${shown.of}`
  return `icebreaker lockdown --reopen${what} --cluster ${cluster} --path ${mount}`
}

/** Why it would be refused as it was asked for; for a dry run. */
export function refusalsOf(
  roles: readonly LockedRole[],
  { foreign, acceptOthers, asks }: LockdownOptions,
  { ours }: LockdownRecord,
): string[] {
  const changing = roles.filter(({ lists }) => lists !== undefined)
  const strangers = changing.filter((role) => !role.ours)
  const known = ours === undefined ? 'nobody can tell whether they are' : 'they are not'
  return [
    ...(strangers.length > 0 && !foreign
      ? [`without --foreign: ${known} of this file: ${strangers.map(({ role }) => role).join(', ')}`]
      : []),
    ...(changing.some(({ others }) => others.length > 0) && !acceptOthers && !asks
      ? ['without --accept others: others are locked out with it']
      : []),
  ]
}

/** What whoever does this should know, and what is to be done by hand. */
export function notesOf(roles: readonly LockedRole[], seen: Seen | undefined, { mount, scope }: Place): string[] {
  if (seen === undefined) return []
  const touched = roles.filter(({ action }) => action !== 'none')
  const batch = touched.filter((role) => role.batch).map(({ role }) => role)
  const unknown = touched.filter(({ action }) => action === 'unknown').map(({ role }) => role)
  const entities = [...new Set([...seen.entities, ...seen.held.logins.flatMap(({ entityId }) => entityId ?? [])])]
  const disable = entities.slice(0, 3).map((id) => `vault write identity/entity/id/${id} disabled=true`)
  const what = scope.kind === 'workload' ? 'the workload' : 'an account'
  return [
    ...(batch.length === 0
      ? []
      : [
          `Batch tokens (${batch.join(', ')}) cannot be listed or revoked: they end by themselves. At once they end where the identity of ${what} is disabled${disable.length === 0 ? '' : `: ${disable.join('; ')}`}.`,
        ]),
    ...(unknown.length === 0
      ? []
      : [
          `Whom ${unknown.join(', ')} of auth/${mount} lets in cannot be told from its claims, so nothing was narrowed there: close it whole with --role.`,
        ]),
    ...(seen.makesOrphans
      ? [
          `Its policies allow making tokens that do not end with their maker. ${seen.held.orphans.length} such tokens were made since its first login, by whomever: look at them (vault token lookup -accessor …) and revoke those that nobody knows.`,
        ]
      : []),
  ]
}
