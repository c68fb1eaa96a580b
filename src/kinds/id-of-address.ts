import type { Address } from './address.js'
import type { Json } from './contract.js'

/** What the record says of an object beside its address. */
interface Entry {
  readonly kind: string
  readonly mark?: Json
}

type Id = Readonly<Record<string, Json>>
type Reader = (text: string, entry: Entry, engines: readonly string[]) => Id | undefined

const behind =
  (prefix: string, name: string): Reader =>
  (text) =>
    text.startsWith(prefix) ? { [name]: text.slice(prefix.length) } : undefined

/** A name holds no slash, so the last one parts it from its mount. */
const onAuthMount: Reader = (text) => named(/^auth\/(.+)\/role\/([^/]+)$/.exec(text))

const inEngine =
  (place: string): Reader =>
  (text, _entry, engines) => {
    const engine = engineOf(text, engines)
    return engine === undefined
      ? named(new RegExp(`^(.+)/${place}/([^/]+)$`).exec(text))
      : named(new RegExp(`^(.{${engine.length}})/${place}/(.+)$`).exec(text))
  }

/** Only its mark tells `data/app` in version 1 from `app` in version 2, and only its engine where the mount ends. */
const kvSecret: Reader = (text, { mark }, engines) => {
  const mount = engineOf(text, engines)
  if (mount === undefined) return undefined
  const rest = text.slice(mount.length + 1)
  const [isSecond, looksSecond] = [hasVersion(mark), rest.startsWith('data/')]
  if (isSecond) return looksSecond ? { mount, path: rest.slice('data/'.length), version: 2 } : undefined
  return mark === undefined && looksSecond ? undefined : { mount, path: rest, version: 1 }
}

const hasVersion = (mark: Json | undefined): boolean =>
  typeof mark === 'object' && mark !== null && (mark as Id)['version'] !== undefined

/** No engine can be mounted in another, so there is but one. */
const engineOf = (text: string, engines: readonly string[]): string | undefined =>
  engines.find((mount) => text.startsWith(`${mount}/`))

const named = (found: RegExpExecArray | null): Id | undefined =>
  found?.[1] === undefined || found[2] === undefined ? undefined : { mount: found[1], name: found[2] }

/** An auth config is missing here: its address does not tell its cluster. */
const READERS: Readonly<Record<string, Reader>> = {
  AuthMount: behind('sys/auth/', 'mount'),
  EngineMount: behind('sys/mounts/', 'mount'),
  Policy: behind('sys/policies/acl/', 'name'),
  AuthRole: onAuthMount,
  AuthJWTRole: onAuthMount,
  DatabaseConnection: inEngine('config'),
  DatabaseRole: inEngine('roles'),
  DatabaseStaticRole: inEngine('static-roles'),
  TransitKey: inEngine('keys'),
  KVSecret: kvSecret,
}

/**
 * The id of an object of which a record holds the address alone, as the first format did; later ones hold the id, so kinds
 * that came later need nothing here.
 * @param engines the paths of the secrets engines that are on the same record
 * @returns undefined where the address does not tell it for certain
 */
export function idOfAddress(address: Address, entry: Entry, engines: readonly string[]): Id | undefined {
  return READERS[entry.kind]?.(address.replace('vault:', ''), entry, engines)
}
