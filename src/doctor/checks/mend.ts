import { shellWord } from '../../catalogue/shell-word.js'
import type { Remedy, Scene } from '../contract.js'
import type { MountSubject } from '../subject.js'

/** Of an auth mount, under the API’s names. */
export type Config = Readonly<Record<string, unknown>>
export type Around = Pick<Scene, 'file' | 'isWritten'>

export const isKubernetes = ({ method }: MountSubject): boolean => method === 'kubernetes'

export const textOf = (config: Config, name: string): string => (typeof config[name] === 'string' ? config[name] : '')
export const listOf = (config: Config, name: string): readonly string[] =>
  Array.isArray(config[name]) ? config[name].map(String) : []

/** What the file says of the config of a kubernetes mount; undefined: there is no file. */
export function authOf({ cluster = '' }: MountSubject, { file, isWritten }: Around) {
  const auth = isWritten ? file.clusters[cluster]?.auth : undefined
  return auth?.method === 'kubernetes' ? auth : undefined
}

/**
 * Writes the config of an auth mount whole. By the file, where there is one that says it right; otherwise by a step, with a
 * reviewer, since what Vault holds of one cannot be read back.
 * @param flags of `icebreaker auth configure`
 */
export function mendConfig(mount: string, isWritten: boolean, flags: readonly string[] = []): Remedy {
  const address = `vault:auth/${mount}/config` as const
  if (isWritten) return { apply: [address] }
  return {
    text: 'The config is written as a whole, with a token of a reviewer: the one that Vault holds cannot be read back.',
    commands: [
      'icebreaker reviewer create',
      ['icebreaker', 'auth', 'configure', '--path', mount, '--adopt', address, ...flags].map(shellWord).join(' '),
    ],
  }
}

/** How a config is mended about which the file may be wrong too. */
interface Mending {
  /** The file says it right, so that applying it helps. */
  readonly isRight: boolean
  /** The member of `auth` that is meant. */
  readonly key: string
  /** Of `icebreaker auth configure`. */
  readonly flags: readonly string[]
  /** What to do in the file where it says it wrong. */
  readonly edit: string
}

/** Applied where the file says it right; otherwise the file is what is to be mended. */
export function mended(subject: MountSubject, { isWritten }: Around, { isRight, key, flags, edit }: Mending) {
  const remedy: Remedy = isRight || !isWritten ? mendConfig(subject.mount, isWritten, flags) : { manual: [edit] }
  return { remedy, ...(isWritten && { at: ['clusters', subject.cluster ?? '', 'auth', key] }) }
}
