import { IceError } from '../catalogue/index.js'
import { path, type Vault } from '../vault/index.js'
import { requireMount } from './engine-mount.js'
import { notThere, orUndefined } from './step-shown.js'

/** What transit says of a key. */
export interface LiveKey {
  readonly type: string
  readonly latest_version: number
  readonly min_decryption_version: number
  readonly min_encryption_version: number
  readonly derived?: boolean
  readonly supports_encryption?: boolean
  readonly supports_signing?: boolean
}

/** A key, read before anything is done with it: some operations would make one that is missing. @throws IceError VAULT.notThere */
export async function requireKey(mount: string, name: string, vault: Vault): Promise<LiveKey> {
  await requireMount(mount, 'transit', vault)
  const answer = await vault.read<LiveKey>(path`${mount}/keys/${name}`)
  if (answer !== undefined) return answer.data
  const others = await orUndefined(() => vault.list(path`${mount}/keys`))
  const { record, details } = notThere(`The key ${name} of ${mount}`, name, others)
  throw new IceError(record, {
    ...details,
    next: [...(details.next ?? []), `To make it: icebreaker transit key ${mount}/${name}`],
  })
}

/** Which versions of a key are used. */
export interface KeyVersions {
  readonly latestVersion: number
  readonly minDecryptionVersion: number
  /** 0: the latest. */
  readonly minEncryptionVersion: number
}

export const versionsOf = (key: LiveKey): KeyVersions => ({
  latestVersion: key.latest_version,
  minDecryptionVersion: key.min_decryption_version,
  minEncryptionVersion: key.min_encryption_version,
})
