import { IceError, VAULT, type CodeRecord } from '../../src/catalogue/index.js'
import type { Address, Draft, Io, Kind, Stages } from '../../src/kinds/contract.js'
import type { Graph } from '../../src/reconcile/graph.js'
import { buildGraph } from '../../src/reconcile/graph.js'

/** A fake kind: objects with one value, on a fake server. */
export interface FakeObject {
  readonly name: string
  readonly value: string
  readonly after?: readonly string[]
  readonly within?: string
  readonly stages?: Stages<string>
}

export interface FakeServer {
  /** What stands there, by name. */
  readonly objects: Map<string, string>
  /** `name=value` in the order in which writes began, and `name.` where they ended. */
  readonly log: string[]
  /** How a write of this value ends: an error, or a wait. */
  fate: (name: string, value: string) => Promise<void> | void
}

export const fakeAddress = (name: string): Address => `vault:${name}`

export function fakeServer(objects: Record<string, string> = {}): FakeServer {
  return { objects: new Map(Object.entries(objects)), log: [], fate: () => undefined }
}

export const failing = (record: CodeRecord = VAULT.serverError): IceError =>
  new IceError(record, { message: 'as told' })

type Mark = { readonly value: string }

export function fakeKind(
  wanted: readonly FakeObject[],
  server: FakeServer = fakeServer(),
  more: Partial<Kind<FakeObject, string, string, Mark>> = {},
): Kind<FakeObject, string, string, Mark> {
  return {
    kind: 'Fake',
    title: 'fake',
    about: 'A fake.',
    sections: ['fakes'],
    fields: {},
    ownership: 'inventory',
    *expand(): Generator<Draft<FakeObject, string>> {
      for (const object of wanted) {
        yield {
          id: object,
          desired: object.value,
          after: (object.after ?? []).map(fakeAddress),
          ...(object.within !== undefined && { within: fakeAddress(object.within) }),
          from: ['fakes', object.name],
        }
      }
    },
    address: ({ name }) => fakeAddress(name),
    calls: () => ({ read: [], write: [] }),
    read: ({ name }) => Promise.resolve(server.objects.get(name)),
    diff: (desired, observed) => (desired === observed ? [] : [{ field: 'value', from: observed, to: desired }]),
    stages: (desired) => ({ switch: desired }),
    async write({ name }, desired) {
      server.log.push(`${name}=${desired}`)
      await server.fate(name, desired)
      server.objects.set(name, desired)
      server.log.push(`${name}.`)
      return { value: desired }
    },
    commands: ({ name }, desired) => [{ words: ['fake', name, desired] }],
    fits: (observed, mark) => observed === mark.value,
    intended: (_id, desired) => ({ value: desired }),
    ...more,
  }
}

export const graphOf = (...kinds: readonly Kind[]): Graph => buildGraph(kinds, {} as never, { clusters: {}, texts: {} })

/** An Io that leads nowhere. */
export const noIo = { emit: () => undefined, signal: new AbortController().signal } as unknown as Io
