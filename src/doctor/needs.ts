import type { File } from '../config/file.js'
import { hasWildcard, type PathRule } from '../policy/index.js'
import { subjectsOf } from '../verify/subjects.js'

/** What a workload needs for what the file grants it, at paths that are no patterns. Pure. */
export function neededBy(file: File, role: string, account: string | undefined): readonly PathRule[] {
  if (file.roles[role] === undefined) return []
  const { subjects } = subjectsOf(file, { roles: [role], sample: Infinity })
  const subject = subjects.find((one) => one.account === account)
  return (subject?.can ?? [])
    .flatMap(({ grant, type, engine, path }) => type.verbs[grant.verb]?.rules(engine, path) ?? [])
    .filter(({ path }) => !hasWildcard(path))
}
