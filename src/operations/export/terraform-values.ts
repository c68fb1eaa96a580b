import { Variable } from '../../kinds/command-line.js'
import type { Address, Resource } from '../../kinds/contract.js'
import {
  Encoded,
  Nested,
  Reference,
  Version,
  type Arguments,
  type TerraformBlock,
  type Unsaid,
  type Value,
} from '../../kinds/export.js'
import { describeSource } from '../../secrets/index.js'
import { Call, Joined, Raw, type Expression, type Item } from './hcl.js'
import { NameSpace } from './names.js'
import type { Input } from './types.js'

/** One block, with its name. */
export interface Place {
  readonly resource: Resource
  readonly block: TerraformBlock
  readonly name: string
  readonly unsaid: readonly Unsaid[]
  /** What it needs, whoever of those that are one in it. */
  readonly after: readonly Address[]
}

/** `vault_mount.static`. */
export const placeText = ({ block: { sort, type }, name }: Place): string =>
  `${sort === 'ephemeral' ? 'ephemeral.' : ''}${type}.${name}`

/** Turns values into expressions, and remembers which variables they take. */
export class Writer {
  readonly #places: ReadonlyMap<Address, readonly Place[]>
  readonly #names = new NameSpace()
  readonly #secrets = new Map<string, Secret>()
  readonly #versions = new Map<string, { readonly name: string; readonly purpose: string }>()
  #seed: string | undefined

  constructor(places: readonly Place[]) {
    this.#places = Map.groupBy(places, ({ resource }) => resource.address)
  }

  /** Attributes first, then blocks, as people write them. */
  body(values: Arguments, isSeed: boolean): Item[] {
    const given = Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    )
    const attributes = given.flatMap(([attribute, value]): Item[] =>
      value instanceof Nested
        ? []
        : [{ attribute, value: this.#expression(value, { isWriteOnly: attribute.endsWith('_wo'), isSeed }) }],
    )
    const blocks = given.flatMap(([block, value]): Item[] =>
      value instanceof Nested
        ? value.bodies
            .map((inner) => this.body(inner, isSeed))
            .filter((body) => body.length > 0)
            .flatMap((body): Item[] => ['gap', { block, body }])
        : [],
    )
    return attributes.length === 0 ? blocks.slice(1) : [...attributes, ...blocks]
  }

  /** Says whether KV secrets are to be made. */
  seed(): Raw {
    this.#seed ??= this.#names.name(['seed', 'kv', 'secrets'])
    return new Raw(`var.${this.#seed} ? 1 : 0`)
  }

  /** The block of an object; `type`: which, where it has several. */
  placeOf(address: Address, type?: string): Place | undefined {
    return this.#places.get(address)?.find(({ block }) => type === undefined || block.type === type)
  }

  /** The variables, in the order in which a reader meets them. */
  variables(): Item[] {
    return [
      ...(this.#seed === undefined ? [] : [seedVariable(this.#seed)]),
      ...[...this.#versions.values()].map(versionVariable),
      ...[...this.#secrets.values()].map((secret) => secretVariable(secret, this.#seed)),
    ].flatMap((block, index): Item[] => (index === 0 ? [block] : ['gap', block]))
  }

  inputs(): Input[] {
    return [...this.#secrets.values()].map(inputOf)
  }

  #expression(value: Value, use: Use): Expression {
    if (value === null || typeof value !== 'object') return value
    if (value instanceof Variable) return new Raw(`var.${this.#secret(value, use).name}`)
    if (value instanceof Version) return new Raw(`var.${this.#version(value)}`)
    if (value instanceof Encoded) return new Call('jsonencode', this.#expression(value.value, use))
    if (value instanceof Reference) return this.#referred(value)
    if (Array.isArray(value)) return (value as readonly Value[]).map((member) => this.#expression(member, use))
    const members = Object.entries(value as Readonly<Record<string, Value | undefined>>)
    return Object.fromEntries(
      members.flatMap(([key, member]) => (member === undefined ? [] : [[key, this.#expression(member, use)]])),
    )
  }

  #referred({ address, type, attribute, otherwise, suffix }: Reference): Expression {
    const place = this.placeOf(address, type)
    if (place === undefined) return `${otherwise}${suffix}`
    const raw = new Raw(`${placeText(place)}${attribute}`)
    return suffix === '' ? raw : new Joined(raw, suffix)
  }

  /** A source is one variable; what has none, or is made up, is another one each time. */
  #secret(variable: Variable, { isWriteOnly, isSeed }: Use): Secret {
    const { purpose, from } = variable
    const key = JSON.stringify(from === undefined || 'generate' in from ? purpose : from)
    const known = this.#secrets.get(key) ?? {
      name: this.#names.name(purpose),
      variable,
      isEphemeral: true,
      isSeed: true,
    }
    const secret = {
      ...known,
      isEphemeral: known.isEphemeral && isWriteOnly,
      isSeed: known.isSeed && isSeed,
    }
    this.#secrets.set(key, secret)
    return secret
  }

  #version({ purpose }: Version): string {
    const key = purpose.join(' ')
    const version = this.#versions.get(key) ?? { name: this.#names.name(purpose), purpose: key }
    this.#versions.set(key, version)
    return version.name
  }
}

/** Where a variable is used. */
interface Use {
  /** Terraform keeps nothing of it. */
  readonly isWriteOnly: boolean
  readonly isSeed: boolean
}

interface Secret {
  readonly name: string
  readonly variable: Variable
  /** Every use is write-only, so that Terraform need not keep it. */
  readonly isEphemeral: boolean
  /** It is only needed where KV secrets are made. */
  readonly isSeed: boolean
}

function inputOf({ name, variable: { purpose, from } }: Secret): Input {
  const origin = from === undefined || 'text' in from ? {} : { from: describeSource(from) }
  return { name, purpose: purpose.join(' '), ...origin }
}

function secretVariable(secret: Secret, seed: string | undefined): Item {
  const { name, isEphemeral, isSeed } = secret
  const { purpose, from } = inputOf(secret)
  return variable(name, `${purpose}${from === undefined ? '' : ` (icebreaker: ${from})`}.`, [
    { attribute: 'type', value: new Raw('string') },
    { attribute: 'sensitive', value: true },
    ...(isEphemeral ? [{ attribute: 'ephemeral', value: true }] : []),
    ...(isSeed && seed !== undefined
      ? [
          { attribute: 'default', value: null },
          'gap' as const,
          {
            block: 'validation',
            body: [
              { attribute: 'condition', value: new Raw(`!var.${seed} || var.${name} != null`) },
              { attribute: 'error_message', value: `The KV secrets are to be made, and ${name} has no value.` },
            ],
          },
        ]
      : []),
  ])
}

const versionVariable = ({ name, purpose }: { readonly name: string; readonly purpose: string }): Item =>
  variable(name, `${purpose}: raise it to have the value sent once more.`, [
    { attribute: 'type', value: new Raw('number') },
    { attribute: 'default', value: 1 },
  ])

const seedVariable = (name: string): Item =>
  variable(
    name,
    'Make the KV secrets. Only for a Vault that has none of them: false leaves those that are there alone.',
    [
      { attribute: 'type', value: new Raw('bool') },
      { attribute: 'default', value: false },
    ],
  )

const variable = (name: string, description: string, body: readonly Item[]): Item => ({
  block: 'variable',
  labels: [name],
  body: [{ attribute: 'description', value: description }, ...body],
})
