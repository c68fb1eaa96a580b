import type { File } from '../config/file.js'
import type { Scene } from './contract.js'
import type { RoleSubject } from './subject.js'

type Said = Pick<Scene, 'file' | 'isWritten'>

/** The role as the file wants it on this mount; undefined where it says nothing of it. Pure. */
export function roleInFile(
  { role, cluster }: Pick<RoleSubject, 'role' | 'cluster'>,
  { file, isWritten }: Said,
): File['roles'][string] | undefined {
  if (!isWritten) return undefined
  const found = Object.entries(file.roles).find(([name]) => name.toLowerCase() === role.toLowerCase())?.[1]
  return found === undefined || !(found.clusters ?? [cluster]).includes(cluster ?? '') ? undefined : found
}
