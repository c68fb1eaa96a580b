import type { Values } from './fields.js'
import type { RoleId } from './role-drafts.js'

/**
 * Stands before a name or a namespace that a role does not let in for now. Names in Kubernetes hold no `_` and no `:`, so
 * nobody can make an account that fits, whatever the rest is; and the rest is what opens the role again.
 */
const LOCK = 'icebreaker_locked:'

export const locked = (entry: string): string => `${LOCK}${entry}`
export const isLocked = (entry: string): boolean => entry.startsWith(LOCK)
export const unlocked = (entry: string): string => (isLocked(entry) ? entry.slice(LOCK.length) : entry)

/** Why a role is not to be written though it differs; undefined: nothing of it is locked. Pure. */
export function lockReason({ mount, name }: RoleId, values: Values): string | undefined {
  const entries = [values['serviceAccounts'], values['namespaces']].flat().filter((entry) => typeof entry === 'string')
  if (!entries.some(isLocked)) return undefined
  return `it is locked; to open it again: icebreaker lockdown --reopen --role ${name} --path ${mount}`
}
