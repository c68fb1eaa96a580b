import { vaultAddress, type Address } from './address.js'
import type { ApiCall, Change, Draft, Io, Json, Kind, Stages } from './contract.js'
import {
  apiBody,
  diffFields,
  fingerprint,
  observedValues,
  readable,
  requireTaken,
  type Fields,
  type Values,
} from './fields.js'
import type { Context, File } from '../config/file.js'
import type { VaultPath } from '../vault/types.js'

/** Objects that the API reads and writes whole at one path (roles, connections, configs). */
export interface VaultObject<Id> {
  readonly kind: string
  readonly title: string
  readonly fields: Fields
  readonly ownership?: 'within'
  /** Its endpoint has no existence check, so every write is an update to Vault. */
  readonly onlyUpdates?: true
  path(id: Id): VaultPath
  expand(file: File, context: Context): Iterable<Draft<Id, Values>>
  stages(desired: Values, observed: Values | undefined): Stages<Values>
  cautions?(desired: Values): readonly string[]
  /** What the API returned, where it nests what it took flat. */
  fromApi?(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>
  /** The body, where it is more than the fields under their API names. */
  body?(desired: Values, observed: Values | undefined): Record<string, Json>
}

export interface VaultMark {
  readonly [key: string]: string
  readonly fingerprint: string
}

/** A kind for such objects: everything follows from the table of fields. */
export function vaultObject<Id>(spec: VaultObject<Id>): Kind<Id, Values, Values, VaultMark> {
  const mark = (values: Values): VaultMark => ({ fingerprint: fingerprint(readable(spec.fields, values)) })
  return {
    kind: spec.kind,
    title: spec.title,
    fields: spec.fields,
    ownership: spec.ownership ?? 'inventory',
    expand: (file, context) => spec.expand(file, context),
    address: (id): Address => vaultAddress(spec.path(id).text),
    calls: (id): { read: ApiCall[]; write: ApiCall[] } => readAndWrite(spec.path(id), spec.onlyUpdates),
    async read(id, io: Io): Promise<Values | undefined> {
      const answer = await io.vault.read(spec.path(id))
      return answer && observedValues(spec.fields, spec.fromApi?.(answer.data) ?? answer.data)
    },
    diff: (desired, observed): Change[] => diffFields(spec.fields, desired, observed),
    stages: (desired, observed) => spec.stages(desired, observed),
    cautions: (desired) => spec.cautions?.(desired) ?? [],
    async write(id, desired, observed, io): Promise<VaultMark> {
      const body = spec.body?.(desired, observed) ?? apiBody(spec.fields, desired, observed)
      await io.vault.write(spec.path(id), body, { repeatable: true })
      await requireTaken(spec.fields, spec.path(id), desired, () => this.read(id, io))
      return mark(desired)
    },
    fits: (observed, written) => mark(observed).fingerprint === written.fingerprint,
    intended: (_id, desired) => mark(desired),
  }
}

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
