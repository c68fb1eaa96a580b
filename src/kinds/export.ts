import { vaultAddress, type Address } from './address.js'
import type { Variable } from './command-line.js'
import type { Json } from './contract.js'
import { canonical, emptied, type Fields, type FieldSpec, type Values } from './fields.js'

/**
 * The same trust for another tool: what each kind says of an object in the tool's own words, as data. Names, references and
 * text are made where all objects are known. A secret is a `Variable`, never a value.
 */
export interface Exports<Id = any, Desired = any> {
  /** Pure. */
  terraform(id: Id, desired: Desired): Exported<TerraformBlock>
  /** Pure. */
  bankVaults(id: Id, desired: Desired): Exported<BankVaultsPart>
}

export interface Exported<Part> {
  readonly parts: readonly Part[]
  /** What is set and the other tool has no word for. */
  readonly unsaid?: readonly Unsaid[]
}

export interface Unsaid {
  readonly field: string
  /** A sentence without its first capital and its stop. */
  readonly why: string
}

/** An attribute of another object's block: `.path`. */
export class Reference {
  readonly address: Address
  readonly attribute: string
  /** What stands there where that object is not exported: it is somebody else's. */
  readonly otherwise: string
  /** Which of its blocks, where it has several. */
  readonly type: string | undefined
  /** Text that follows it. */
  readonly suffix: string

  constructor(address: Address, attribute: string, otherwise: string, type?: string, suffix = '') {
    this.address = address
    this.attribute = attribute
    this.otherwise = otherwise
    this.type = type
    this.suffix = suffix
  }
}

/** The path of a mount, by which what is in it waits for it. */
export const onMount = (table: 'auth' | 'mounts', mount: string): Reference =>
  new Reference(vaultAddress(`sys/${table}/${mount}`), '.path', mount)

/** A value as JSON, made when the other tool runs. */
export class Encoded {
  readonly value: Value

  constructor(value: Value) {
    this.value = value
  }
}

/** A number that operators raise, so that a value which is never read back is sent once more. */
export class Version {
  readonly purpose: readonly string[]

  constructor(purpose: readonly string[]) {
    this.purpose = purpose
  }
}

/** Blocks in a block, in place of an attribute. */
export class Nested {
  readonly bodies: readonly Arguments[]

  constructor(...bodies: readonly Arguments[]) {
    this.bodies = bodies
  }
}

export type Value =
  | string
  | number
  | boolean
  | null
  | Variable
  | Reference
  | Encoded
  | Version
  | readonly Value[]
  | { readonly [key: string]: Value | undefined }

/** What stands in a block, in this order. */
export interface Arguments {
  readonly [name: string]: Value | Nested | undefined
}

export interface TerraformBlock {
  readonly sort: 'resource' | 'ephemeral'
  readonly type: string
  /** Its name is made of them, from the outside in. */
  readonly name: readonly string[]
  /** Of a Kubernetes object: which cluster it is on. */
  readonly cluster?: string
  readonly arguments: Arguments
  /** As the provider's documentation has it; undefined: it cannot, or should not, be imported. */
  readonly importId?: string
  /** Adds its arguments to the block of another object, which is one with it there. */
  readonly joins?: Address
  /** Data is lost with it, or what is not ours: Terraform is to refuse its destruction. */
  readonly isProtected?: true
  /** KV data: it is made only where the operator says so, since Terraform would write over what is there. */
  readonly isSeed?: true
  /** What Terraform must not compare. */
  readonly ignores?: readonly string[]
  readonly comment?: readonly string[]
}

type Plain = Readonly<Record<string, Value | undefined>>

/**
 * A part of bank-vaults' file. `entry` alone: a member of the list. With `mount`: a part of that mount's entry. With
 * `under`, too: a member of the list that these keys of that entry lead to.
 */
export type BankVaultsPart =
  | { readonly list: 'policies'; readonly entry: Plain }
  | {
      readonly list: 'auth' | 'secrets'
      readonly mount: string
      readonly under?: readonly string[]
      readonly entry: Plain
    }
  /** What bank-vaults does not make. */
  | { readonly cluster: string; readonly manifest: Plain }

/**
 * How a field is said. true: under the API's name. as: under another one, mostly as another value. cannot: not at all, and
 * why.
 */
export type Saying = true | { readonly as: string; readonly value?: (value: Json) => Value } | Cannot
interface Cannot {
  readonly cannot: string
}

/** A way to say every field; none can be forgotten. */
export type Sayings<F extends Fields> = Readonly<Record<keyof F, Saying>>

export const NO_ARGUMENT = { cannot: 'the provider has no argument for it' } as const

/** The fields in other words; what is as if it had never been set is not spoken of. */
export function said<F extends Fields>(
  fields: F,
  values: Values,
  sayings: Sayings<F>,
): { readonly arguments: Readonly<Record<string, Value>>; readonly unsaid: readonly Unsaid[] } {
  const entries: [string, Value][] = []
  const unsaid: Unsaid[] = []
  for (const [field, spec] of Object.entries(fields)) {
    const value = values[field]
    const saying = sayings[field as keyof F]
    if (value === undefined || isSilent(spec, value)) continue
    if (saying === true) entries.push([spec.api, value])
    else if (typeof saying === 'object' && 'as' in saying) entries.push([saying.as, saying.value?.(value) ?? value])
    else if (typeof saying === 'object' && isSet(spec, value)) unsaid.push({ field, why: saying.cannot })
  }
  return { arguments: Object.fromEntries(entries), unsaid }
}

/** Is it what any tool takes it for where nothing is said? */
const isSilent = (spec: FieldSpec, value: Json): boolean =>
  canonical(value) === canonical(emptied(value)) && canonical(value) === canonical(spec.absent ?? emptied(value))

const isSet = (spec: FieldSpec, value: Json): boolean => canonical(value) !== canonical(spec.absent ?? emptied(value))

/** Fields that are set, under these names, for a tool that does not know them. */
export function without<F extends Fields>(fields: F, values: Values, why: Partial<Record<keyof F, string>>): Unsaid[] {
  return Object.entries(why).flatMap(([field, reason]) => {
    const [spec, value] = [fields[field], values[field]]
    return spec === undefined || value === undefined || !isSet(spec, value) ? [] : [{ field, why: String(reason) }]
  })
}

/** Durations as text: `3600s`. */
export const inSeconds = (value: Json): string => `${Number(value)}s`
