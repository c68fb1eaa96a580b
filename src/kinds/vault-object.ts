import { APPLY, IceError } from '../catalogue/index.js'
import { vaultAddress, type Address } from './address.js'
import { vaultWrite, type CommandLine, type Programs } from './command-line.js'
import type { ApiCall, Change, Draft, FileSection, Io, Json, Kind, Removal, Stages } from './contract.js'
import type { Exports } from './export.js'
import {
  apiBody,
  besides,
  diffFields,
  fingerprint,
  keptValues,
  observedValues,
  readable,
  requireTaken,
  sectionOf,
  type Fields,
  type Values,
} from './fields.js'
import type { Context, File } from '../config/file.js'
import type { VaultPath } from '../vault/types.js'

/** Objects that the API reads and writes whole at one path (roles, connections, configs). */
export interface VaultObject<Id> {
  readonly kind: string
  readonly title: string
  readonly about: string
  readonly sections: readonly string[]
  readonly fields: Fields
  readonly ownership?: 'within'
  readonly removal?: Removal<Id, Values, VaultMark>
  /** Its endpoint has no existence check, so every write is an update to Vault. */
  readonly onlyUpdates?: true
  path(id: Id): VaultPath
  expand(file: File, context: Context): Iterable<Draft<Id, Values>>
  stages(desired: Values, observed: Values | undefined): Stages<Values>
  cautions?(desired: Values): readonly string[]
  /** See `Kind`. */
  readonly locked?: (id: Id, observed: Values) => string | undefined
  /** What the API returned, where it nests what it took flat. */
  fromApi?(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>
  /** The body, where it is more than the fields under their API names. */
  body?(desired: Values, observed: Values | undefined): Record<string, Json>
  /** See `Kind`. */
  prove?(id: Id, desired: Values, io: Io): Promise<void>
  /** Where the names of all of them are, and what each name means. */
  readonly listing?: { path(mount: string): VaultPath; id(mount: string, name: string): Id }
  /** What the API shows besides that nobody can set, or that repeats a field. */
  readonly shows?: readonly string[]
  /** What its section needs beside the fields. Pure. */
  inFile?(section: Readonly<Record<string, Json>>, id: Id): Partial<Omit<FileSection, 'unsaid'>>
  /** See `Kind`. */
  readonly export?: Exports<Id, Values>
  /** Where there is a command of its own for this body. */
  commands?(id: Id, body: Record<string, Json>, programs: Programs): readonly CommandLine[] | undefined
}

export interface VaultMark {
  readonly [key: string]: string
  readonly fingerprint: string
}

/** A kind for such objects: everything follows from the table of fields. */
export function vaultObject<Id>(spec: VaultObject<Id>): Kind<Id, Values, Values, VaultMark> {
  const mark = (values: Values): VaultMark => ({ fingerprint: fingerprint(readable(spec.fields, values)) })
  const bodyOf = (desired: Values, observed: Values | undefined): Record<string, Json> =>
    spec.body?.(desired, observed) ?? apiBody(spec.fields, desired, observed)
  return {
    kind: spec.kind,
    title: spec.title,
    about: spec.about,
    sections: spec.sections,
    fields: spec.fields,
    ownership: spec.ownership ?? 'inventory',
    expand: (file, context) => spec.expand(file, context),
    address: (id): Address => vaultAddress(spec.path(id).text),
    calls: (id): { read: ApiCall[]; write: ApiCall[] } => readAndWrite(spec.path(id), spec.onlyUpdates),
    async read(id, io: Io): Promise<Values | undefined> {
      const answer = await io.vault.read(spec.path(id))
      return answer && observedValues(spec.fields, spec.fromApi?.(answer.data) ?? answer.data)
    },
    ...(spec.listing && { list: listed(spec.listing) }),
    toFile(id, observed, raw): FileSection {
      const section = sectionOf(spec.fields, observed)
      const unsaid = Object.keys(besides(spec.fields, raw, spec.shows))
      return { section, holes: [], remarks: [], unsaid, ...spec.inFile?.(section, id) }
    },
    diff: (desired, observed): Change[] => diffFields(spec.fields, desired, observed),
    stages: (desired, observed) => spec.stages(desired, observed),
    keep: (desired, observed, said) => keptValues(spec.fields, desired, observed, said),
    cautions: (desired) => spec.cautions?.(desired) ?? [],
    ...(spec.locked && { locked: spec.locked }),
    prove: async (id, desired, io) => spec.prove?.(id, desired, io),
    async write(id, desired, observed, io): Promise<VaultMark> {
      if (spec.locked !== undefined && observed !== undefined) requireOpen(id, await this.read(id, io), spec.locked)
      await io.vault.write(spec.path(id), bodyOf(desired, observed), { repeatable: true })
      await requireTaken(spec.fields, spec.path(id), desired, () => this.read(id, io))
      return mark(desired)
    },
    commands: (id, desired, observed, programs) => {
      const body = bodyOf(desired, observed)
      return spec.commands?.(id, body, programs) ?? [vaultWrite(programs, spec.path(id), body)]
    },
    ...(spec.export && { export: spec.export }),
    ...(spec.removal && { removal: spec.removal }),
    fits: (observed, written) => mark(observed).fingerprint === written.fingerprint,
    intended: (_id, desired) => mark(desired),
  }
}

/** Between the plan and the write somebody may have locked it. @throws IceError APPLY.roleLocked */
function requireOpen<Id>(
  id: Id,
  now: Values | undefined,
  locked: (id: Id, observed: Values) => string | undefined,
): void {
  const reason = now && locked(id, now)
  if (reason !== undefined) throw new IceError(APPLY.roleLocked, { message: `It was not written: ${reason}.` })
}

/** All names at a path, as ids. */
export const listed =
  <Id>(names: { path(mount: string): VaultPath; id(mount: string, name: string): Id }) =>
  async (io: Io, mount: string): Promise<Id[]> =>
    (await io.vault.list(names.path(mount))).map((name) => names.id(mount, name))

/** The calls of an object that is read and written at one path. */
export function readAndWrite(path: VaultPath, onlyUpdates = false): { read: ApiCall[]; write: ApiCall[] } {
  return {
    read: [{ api: 'vault', path: path.text, capabilities: ['read'] }],
    write: [{ api: 'vault', path: path.text, capabilities: onlyUpdates ? ['update'] : ['create', 'update'] }],
  }
}

/** For what allows nobody anything by itself, or changes what it gives as one. */
export const sideways = <Desired>(desired: Desired): Stages<Desired> => ({ switch: desired })

/** A new object may serve grants that name its path already. */
export const widensWhenNew = <Desired>(desired: Desired, observed: unknown): Stages<Desired> =>
  observed === undefined ? { widen: desired } : { switch: desired }
