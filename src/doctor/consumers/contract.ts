import type { KubernetesObject } from '../../kubernetes/index.js'

/** The login that an object of the cluster makes somebody do, worked out from the object alone. */
export interface Implied {
  /** The path of the auth mount, without `auth/`. */
  readonly mount: string
  /** What the object says, where it is no path under `auth/` at all, so that no login can happen there. */
  readonly noPath?: string
  readonly role: string
  /** Undefined: a token that stands in a Secret, or that of a controller; it cannot be asked for. */
  readonly account?: { readonly namespace: string; readonly name: string }
  /** What the token is made for; empty: the API server. Undefined: not known. */
  readonly audiences?: readonly string[]
  /** The address of Vault, where the object says it. */
  readonly address?: string
  /** The Vault namespace, where the object says it. */
  readonly vaultNamespace?: string
}

/** Something of the object itself that keeps it from working, whatever Vault says. */
export interface Broken {
  readonly what: 'reference' | 'token' | 'injector'
  readonly message: string
  readonly evidence?: Readonly<Record<string, string>>
  /** What to do, a sentence each. */
  readonly next: readonly string[]
}

/** An object that makes somebody log in to Vault. */
export interface Consumer {
  /** By which way: `injector`, `csi` … */
  readonly way: string
  readonly object: KubernetesObject
  readonly implied: readonly Implied[]
  readonly broken: readonly Broken[]
  /** Why (some of) its logins cannot be worked out, a sentence each. */
  readonly unread?: readonly string[]
  /** What made it as it is: objects with the same cause and the same logins have the same faults. */
  readonly cause?: string
  /** The Secrets that are filled by this login, as NAMESPACE/NAME. */
  readonly fills?: readonly string[]
}

/** All that was listed of a cluster, by kind: `Pod`, `VaultAuth`. A kind that is not here is not installed, or could not be listed. */
export type World = ReadonlyMap<string, readonly KubernetesObject[]>

/** One way in which secrets come to pods, as its objects show it. Adding one is one file, named in index.ts. */
export interface Way {
  readonly way: string
  /** The kinds whose objects it reads, in any version: group and kind, as `secrets.hashicorp.com/VaultAuth`. */
  readonly kinds: readonly string[]
  /** Pure. */
  consumers(world: World): readonly Consumer[]
}

export type Json = Readonly<Record<string, unknown>>

/** A member that is an object; the empty one where it is none. */
export const at = (value: unknown, ...keys: readonly string[]): Json => {
  const found = keys.reduce<unknown>((one, key) => (isObject(one) ? one[key] : undefined), value)
  return isObject(found) ? found : {}
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text; undefined where it is none, or empty. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []

/** A list of objects. */
export const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])

/** A path that is put behind `auth/` as it stands; whoever writes `auth/` there himself has it twice. */
export const behindAuth = (written: string): Pick<Implied, 'mount'> => ({ mount: written.replace(/^\/+|\/+$/g, '') })

/** A path that must name `auth/`, or more, itself. */
export function withAuth(written: string, prefix: 'auth/' | 'v1/auth/'): Pick<Implied, 'mount' | 'noPath'> {
  const { mount } = behindAuth(written)
  return mount.startsWith(prefix) ? { mount: mount.slice(prefix.length) } : { mount, noPath: written }
}

/** `NAMESPACE/NAME`, or the name of what is in none. */
export const placeOf = ({ metadata }: KubernetesObject): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`

/** Members for what is known alone. */
export const known = <K extends string>(key: K, value: string | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { readonly [_ in K]?: string }
