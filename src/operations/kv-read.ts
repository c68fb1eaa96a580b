import { path, wrapped, type SecretData, type Vault, type VaultPath } from '../vault/index.js'
import type { PlacedPath } from './engine-mount.js'

/** A KV secret as it stands. */
export interface LiveSecret {
  /** Undefined: this version was deleted or destroyed. */
  readonly data: SecretData | undefined
  /** Version 2 only, as all that follows. */
  readonly version?: number
  /** ISO 8601. */
  readonly createdTime?: string
  /** When it was, or will be, deleted. */
  readonly deletionTime?: string
  readonly destroyed?: boolean
  readonly customMetadata?: Readonly<Record<string, string>>
}

interface V2 {
  readonly data: unknown
  readonly metadata: {
    readonly version: number
    readonly created_time: string
    readonly deletion_time: string
    readonly destroyed: boolean
    readonly custom_metadata: Readonly<Record<string, string>> | null
  }
}

/** Where the values are. */
export const valuesPath = ({ engine, path: name }: PlacedPath): VaultPath =>
  engine.version === 2 ? path`${engine.mount}/data/${name}` : path`${engine.mount}/${name}`

/**
 * Reads a secret; only its values become Secrets, since what is said about it may be shown.
 * @param version of a KV version 2 engine; default: the newest
 * @returns undefined where there is none
 */
export async function readKv(place: PlacedPath, vault: Vault, version?: number): Promise<LiveSecret | undefined> {
  const target = valuesPath(place)
  if (place.engine.version !== 2) {
    const answer = await vault.readSecret(target)
    return answer && { data: answer.data }
  }
  const answer = await vault.read<V2>(version === undefined ? target : atVersion(target, version))
  if (answer === undefined) return undefined
  const { data, metadata } = answer.data
  return {
    data: data === null || data === undefined ? undefined : (wrapped(data) as SecretData),
    version: metadata.version,
    createdTime: metadata.created_time,
    ...(metadata.deletion_time !== '' && { deletionTime: metadata.deletion_time }),
    destroyed: metadata.destroyed,
    ...(metadata.custom_metadata && { customMetadata: metadata.custom_metadata }),
  }
}

/** The API takes it in the query. */
const atVersion = ({ text, encoded }: VaultPath, version: number): VaultPath => ({
  text,
  encoded: `${encoded}?version=${version}`,
})
