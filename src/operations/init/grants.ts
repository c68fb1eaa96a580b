import { engineTypes } from '../../kinds/engines/index.js'
import { hasWildcard, parseGrant, splitMount } from '../../policy/index.js'
import type { About } from './about.js'
import { seenOr } from './names.js'
import type { MountFact } from './types.js'

/** The entries of an answer to a question for many. */
export const list = (answer: string): readonly string[] => answer.split(',').map((entry) => entry.trim())

/** Grants will speak of it, and in a grant `*` and `+` stand for others. */
export function grantable(path: string): string | undefined {
  if (hasWildcard(path)) return 'expected the path of one thing, without * or +'
  const grant = parseGrant({ verb: 'read', engine: 'kv', mount: path, path: 'x' }, { kv: ['read'] })
  return 'error' in grant ? grant.error.replace(`${path}/x`, path) : undefined
}

/** What is wrong with a grant: its words, or that there is no such engine. */
export function grantProblem(grant: string, { answers, facts, file }: About): string | undefined {
  const verbs = Object.fromEntries(Object.values(engineTypes).map(({ type, verbs }) => [type, Object.keys(verbs)]))
  const parsed = parseGrant(grant, verbs)
  if ('error' in parsed) return `${parsed.error}${parsed.hint === undefined ? '' : `. ${parsed.hint}`}`
  const known = [...Object.keys(file?.engines ?? {}), ...(answers.engine === undefined ? [] : [answers.engine])]
  const there = facts.vault.seen ? seenOr(facts.vault.value.engines, []) : []
  if (splitMount(parsed.ok.target, known) !== undefined || mountFor(grant, known, there) !== undefined) return undefined
  return `"${grant}" is in no engine of the file, and none was seen in Vault; --add engine adds one`
}

/** The engine in Vault that a grant speaks of, where the file does not know it. */
export function mountFor(grant: string, known: readonly string[], there: readonly MountFact[]): MountFact | undefined {
  const [, type, target = ''] = grant.trim().split(/\s+/)
  if (splitMount(target, known) !== undefined) return undefined
  const alike = there.filter((mount) => mount.type === type)
  const found = splitMount(
    target,
    alike.map(({ path }) => path),
  )
  return alike.find(({ path }) => path === found?.mount)
}
