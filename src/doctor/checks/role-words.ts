import type { CodeRecord } from '../../catalogue/index.js'
import { shellWord } from '../../catalogue/shell-word.js'
import { splitAccount } from '../../kinds/service-account.js'
import type { Remedy, Scene } from '../contract.js'
import { roleInFile } from '../role-in-file.js'
import { addressOf, type RoleSubject, type WorkloadSubject } from '../subject.js'

type Said = Pick<Scene, 'file' | 'isWritten'>
type OfRole = Pick<RoleSubject, 'mount' | 'method' | 'cluster' | 'role'>

/** Codes of what shows only because a login does not come that far, or gets less than it should. */
export const AT_THE_LOGIN: readonly CodeRecord['code'][] = ['ICE9406', 'ICE9505']

/** The role as the file says it, or, where the file says nothing of it, what else mends it. */
export const rewritten = (subject: OfRole, scene: Said, otherwise: Remedy): Remedy =>
  roleInFile(subject, scene) === undefined
    ? otherwise
    : { apply: [addressOf({ ...subject, kind: 'role' }) as `vault:${string}`] }

/** `icebreaker role write` with these flags; it takes over a role that somebody else has made. */
export function roleWrite({ mount, role }: OfRole, flags: readonly (readonly [flag: string, value: string])[]): string {
  const words = [
    ...['icebreaker', 'role', 'write', role, '--path', mount],
    ...flags.flatMap(([flag, value]) => [`--${flag}`, value]),
    ...['--adopt', `vault:auth/${mount}/role/${role}`],
  ]
  return words.map(shellWord).join(' ')
}

/** Several values of one flag. */
export const eachOf = (flag: string, values: readonly string[]): (readonly [string, string])[] =>
  values.map((value) => [flag, value] as const)

/** kubectl for the cluster of a subject, as the file reaches it. */
export function kubectl(words: readonly string[], cluster: string | undefined, { file }: Said): string {
  const context = cluster === undefined ? undefined : file.clusters[cluster]?.context
  return ['kubectl', ...(context === undefined ? [] : ['--context', context]), ...words].map(shellWord).join(' ')
}

export const listed = (values: readonly string[]): string => values.join(', ') || 'none'

/** Asks for a token of the account, to try it. */
export function tokenCommand(
  { account = '', cluster }: Pick<WorkloadSubject, 'account' | 'cluster'>,
  audiences: readonly string[],
  scene: Said,
): string {
  const { namespace, name } = splitAccount(account)
  const [audience] = audiences
  const words = ['create', 'token', name, '--namespace', namespace]
  return kubectl([...words, ...(audience === undefined ? [] : ['--audience', audience])], cluster, scene)
}
