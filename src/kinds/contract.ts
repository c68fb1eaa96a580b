import type { Address } from './address.js'
export type { Address } from './address.js'
import type { Context, File } from '../config/file.js'
import type { CommandLine, Programs } from './command-line.js'
import type { Emit } from '../events/index.js'
import type { Exports } from './export.js'
import type { AccessQuery, Cluster } from '../kubernetes/types.js'
import type { SecretResolver, SecretSource } from '../secrets/index.js'
import type { Vault } from '../vault/types.js'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

/** The two APIs and what writing needs; the only way a kind reaches the world. */
export interface Io {
  readonly vault: Vault
  cluster(name: string): Cluster
  readonly secrets: SecretResolver
  readonly emit: Emit
  readonly signal: AbortSignal
  /** One answer for many objects (the table of mounts): loaded once for each round of reading. */
  shared<T>(key: string, load: () => Promise<T>): Promise<T>
}

/** One call of one API, as permissions speak of it. */
export type ApiCall =
  | {
      readonly api: 'vault'
      readonly path: string
      readonly capabilities: ReadonlyArray<'create' | 'read' | 'update' | 'delete' | 'list' | 'sudo'>
    }
  | { readonly api: 'kubernetes'; readonly cluster: string; readonly access: AccessQuery }

/**
 * readWrite: read back and compared. writeOnly: never read back, so never compared. createOnly: sent at creation, later
 * differences are shown, not changed. immutable: a difference needs a new object.
 */
export type Mode = 'readWrite' | 'writeOnly' | 'createOnly' | 'immutable'

/** How two values of a field are compared. set: lists without order. cidrs: the same, `10.0.0.1/32` being `10.0.0.1`. text: without white space around it. */
export type Compare = 'exact' | 'set' | 'cidrs' | 'text'

export interface Field {
  /** The API's own name of it. */
  readonly api: string
  readonly mode: Mode
  /** What it says, one sentence. */
  readonly about?: string
  readonly compare?: Compare
}

/** One difference, fit to be shown: a secret is the text `(secret)`. `from` is undefined where nothing was. */
export interface Change {
  readonly field: string
  readonly from: Json | undefined
  readonly to: Json | undefined
  /** Why it differs or what it means, where the values alone do not say it. */
  readonly why?: string
  /** Only shown: the object cannot be changed in this (createOnly) or must be replaced (immutable). */
  readonly mode?: Mode
}

/**
 * When a write happens in a run, so that at every moment nobody may do more than the old or the new file allows: first all
 * that narrows (every object then allows what both files allow), then what changes sideways, then all that widens.
 */
export const STAGES = ['narrow', 'switch', 'widen'] as const
export type Stage = (typeof STAGES)[number]

/** The states an object goes through, each written in its stage; the last one is the desired state. */
export type Stages<Desired> = Partial<Record<Stage, Desired>>

/** Something to say of an entry of a section; `at`: the keys that lead to it. */
export interface Remark {
  readonly at: readonly string[]
  readonly text: string
}

/** An object that stands on a server, as the file has it. */
export interface FileSection {
  readonly section: Readonly<Record<string, Json>>
  /** What the API does not show: a source to fill in stands there. */
  readonly holes: readonly Remark[]
  /** What whoever reads the section should know: a consent that it needs, what could not be taken as it is. */
  readonly remarks: readonly Remark[]
  /** What is set and the file has no word for, under the API's names. */
  readonly unsaid: readonly string[]
}

/** What an object of the file wants to be, before anything is known of the servers. */
export interface Draft<Id, Desired> {
  readonly id: Id
  readonly desired: Desired
  /** Objects that must stand before this one. */
  readonly after: readonly Address[]
  /** The object that holds it (a mount, a namespace): where that is absent, so is this, without asking. */
  readonly within?: Address
  /** Where in the file it comes from: the path of keys. */
  readonly from: readonly (string | number)[]
}

/**
 * Everything that is known of one kind of object. Desired and Observed are plain JSON; a secret is a reference in Desired
 * and absent from Observed.
 */
export interface Kind<Id = any, Desired = any, Observed = any, Mark extends Json = any> {
  readonly kind: string
  /** For people: `auth role`. */
  readonly title: string
  /** For people: what such an object is, and why it is needed. */
  readonly about: string
  /** The sections of the file that it comes from, without the names in between: `engines.database.roles`. */
  readonly sections: readonly string[]
  readonly fields: Readonly<Record<string, Field>>
  /**
   * How it is known to be ours. labels: Kubernetes labels. inventory: the inventory's record. shared: it is only made
   * where it is missing, and one that exists is as good as ours (namespaces, service accounts). within: as the object that
   * holds it (an engine's config).
   */
  readonly ownership: 'labels' | 'inventory' | 'shared' | 'within'
  /** The objects of this kind that a file asks for. Pure. */
  expand(file: File, context: Context): Iterable<Draft<Id, Desired>>
  address(id: Id): Address
  calls(id: Id, desired: Desired): { readonly read: readonly ApiCall[]; readonly write: readonly ApiCall[] }
  /** @returns undefined where there is none */
  read(id: Id, io: Io): Promise<Observed | undefined>
  /** The objects of this kind that stand in Vault, those in a mount by the mount's path. */
  list?(io: Io, mount: string): Promise<readonly Id[]>
  /** The inverse of `expand`. Pure. `raw`: what the API returned of it. */
  toFile?(id: Id, observed: Observed, raw: Readonly<Record<string, unknown>>): FileSection
  /** Pure. The empty list: nothing to do. The mark of the last write tells what cannot be read (a renewed token). */
  diff(desired: Desired, observed: Observed | undefined, mark?: Mark): Change[]
  /** Pure. Called where `diff` found something. */
  stages(desired: Desired, observed: Observed | undefined): Stages<Desired>
  /** The desired state of an object of which only these fields were said: what was not said stays as it is. Pure. */
  keep?(desired: Desired, observed: Observed, said: ReadonlySet<string>): Desired
  /** Somebody has closed it on purpose, and writing it would open it again: why it is refused until that is said. Pure. */
  locked?(id: Id, observed: Observed): string | undefined
  /** What an operator should know of it, though it is allowed. Pure. */
  cautions?(desired: Desired): readonly string[]
  /** The secret sources that a write would open. Pure. */
  sources?(desired: Desired, observed: Observed | undefined, mark?: Mark): readonly SecretSource[]
  /** Proves, before the first write of this object, what a write alone would not show (a CA against its server). */
  prove?(id: Id, desired: Desired, io: Io): Promise<void>
  /** @returns the mark: what later proves, without a secret, which state was written by us */
  write(id: Id, desired: Desired, observed: Observed | undefined, io: Io, mark?: Mark): Promise<Mark>
  /** The commands that do by hand what `write` does. Pure. */
  commands(
    id: Id,
    desired: Desired,
    observed: Observed | undefined,
    programs: Programs,
    mark?: Mark,
  ): readonly CommandLine[]
  /** The same in the words of other tools. */
  readonly export?: Exports<Id, Desired>
  /** How it is removed; an object without goes with what holds it (an engine's config with the engine). */
  readonly removal?: Removal<Id, Observed, Mark>
  /** Is the live state the one that we wrote, or meant to write? Needed before anything of ours is deleted. Pure. */
  fits(observed: Observed, mark: Mark): boolean
  /** Is it still the object that the mark speaks of, whatever was changed in it? Default: yes. Pure. */
  identity?(observed: Observed, mark: Mark): boolean
  /** The mark of an intent: what `fits` can compare with the live state if we die right after the write. Pure. */
  intended(id: Id, desired: Desired): Mark
  /** The mark of a write that was carried out as intended, but whose record is missing. `last`: the mark before it. Default: the intent. Pure. */
  settled?(observed: Observed, intent: Mark, last: Mark | undefined): Mark
  /** Whose it is, where the object itself says so (Kubernetes labels). */
  owner?(observed: Observed): Owner
}

export interface Removal<Id = any, Observed = any, Mark extends Json = any> {
  calls(id: Id, mark: Mark): readonly ApiCall[]
  /** What goes with it that no file brings back, for people: then the operator must say so. Pure. */
  loses?(observed: Observed, mark: Mark): string | undefined
  /** Did somebody remove what we wrote, and make another under its name? Pure. Where nobody can tell: no. */
  isAnew?(observed: Observed, mark: Mark): boolean
  /** What is in it: it stays while anything in it stays, or is not ours. */
  contents?(id: Id, io: Io): Promise<readonly Address[]>
  /** How the addresses of all that is in it begin, where they tell. Pure. */
  holds?(id: Id): string
  /** What it lives on, which must stay while it stays. Pure. */
  needs?(id: Id, mark: Mark): readonly Address[]
  /** Logins end with it, so it goes before what they are allowed changes. */
  readonly endsLogins?: true
  /** What goes with it beside what is in it. Pure. */
  takes?(id: Id, mark: Mark): readonly Address[]
  /** What an operator should know though it is removed (tokens that live on). Pure. */
  caution?(id: Id): string
  /** Removes it, with the leases that hang on it; returns when it is gone. */
  remove(id: Id, observed: Observed, io: Io, mark: Mark): Promise<void>
}

export interface Owner {
  /** The name of the file whose object this is; undefined where it was not made by this tool. */
  readonly file: string | undefined
  /** Who else lays hands on it: field managers. */
  readonly managers: readonly string[]
}

/** One object that the file wants to exist. */
export interface Resource<Id = any, Desired = any> {
  readonly kind: Kind<Id, Desired>
  readonly id: Id
  readonly address: Address
  readonly desired: Desired
  readonly after: readonly Address[]
  readonly within?: Address
  readonly from: readonly (string | number)[]
}
