import * as v from 'valibot'
import { IceError, USAGE } from '../../catalogue/index.js'
import { accountName } from '../../kinds/service-account.js'
import type { Vault } from '../../vault/index.js'
import { placeIn, viewOf } from '../lockdown/look.js'
import type { StepOptionsBase, StepSession } from '../step-session.js'
import { leasesBelow, leasesOf, lookUpLease, type FoundLease } from './leases.js'
import { entitiesOf, heldTokens, type Held } from './tokens.js'

/** What is asked for: at most one of these; none: all tokens of the auth mount, and all leases. */
export interface LeaseOptions extends StepOptionsBase {
  readonly role?: string
  /** NAMESPACE/NAME */
  readonly workload?: string
  /** The mount of a secrets engine. */
  readonly engine?: string
  /** How the ids begin, by whole segments. */
  readonly prefix?: string
  /** Leases by name. */
  readonly ids: readonly string[]
}

/** What was asked for, for people. */
export interface LeaseScope {
  readonly kind: 'role' | 'workload' | 'engine' | 'prefix' | 'ids' | 'all'
  readonly of: string
  /** The auth mount, where tokens were looked for. */
  readonly mount?: string
}

export interface Found {
  readonly scope: LeaseScope
  /** Undefined: no tokens are meant. */
  readonly held?: Held
  readonly leases: readonly FoundLease[]
  /** The leases may hang on these tokens: Vault does not say. */
  readonly maybe: boolean
}

/** @throws IceError USAGE.wrongUsage where several are said, or one that cannot be */
export function scopeOf({
  role,
  workload,
  engine,
  prefix,
  ids,
}: Omit<LeaseOptions, keyof StepOptionsBase>): LeaseScope {
  const said = Object.entries({ role, workload, engine, prefix }).filter(([, value]) => value !== undefined)
  if (said.length + (ids.length > 0 ? 1 : 0) > 1)
    throw new IceError(USAGE.wrongUsage, {
      message: 'Say one thing: leases by their ids, or --role, --workload, --engine or --prefix.',
    })
  if (workload !== undefined && !v.is(accountName, workload))
    throw new IceError(USAGE.wrongUsage, { message: '--workload: expected NAMESPACE/NAME, such as app/exampleapp.' })
  if (ids.length > 0) return { kind: 'ids', of: ids.join(', ') }
  const [kind, of] = (said[0] ?? ['all', '']) as [LeaseScope['kind'], string]
  return { kind, of: kind === 'engine' || kind === 'prefix' ? of.replace(/^\/+|\/+$/g, '') : of }
}

/** Tokens and leases that are meant, as they are now. */
export async function found(options: LeaseOptions, session: StepSession): Promise<Found> {
  const scope = scopeOf(options)
  const vault = await session.vault()
  switch (scope.kind) {
    case 'ids': {
      const leases = await Promise.all(options.ids.map((id) => lookUpLease(id, vault)))
      return { scope, leases: leases.filter((lease) => lease !== undefined), maybe: false }
    }
    case 'engine':
    case 'prefix':
      return { scope, leases: await leasesBelow(scope.of, vault), maybe: false }
    case 'all': {
      const [held, leases] = await Promise.all([tokens(options, session, vault), leasesBelow('', vault)])
      return { scope: { ...scope, mount: session.place.mount }, held, leases, maybe: false }
    }
    case 'role':
    case 'workload': {
      const held = await tokens(options, session, vault)
      const leases = await leasesOf([...held.logins, ...held.children], vault)
      return { scope: { ...scope, mount: session.place.mount }, held, leases, maybe: true }
    }
  }
}

async function tokens(options: LeaseOptions, session: StepSession, vault: Vault): Promise<Held> {
  const place = await placeIn(session, options, vault)
  const { emit } = await session.vaultIo()
  if (place.workload === undefined) return heldTokens(place.scope, vault, emit)
  const { namespace, name } = place.workload
  const view = await viewOf(session, [])
  const uid = view.accounts.get(namespace)?.get(name)?.uid
  const entities = await entitiesOf(`${namespace}/${name}`, uid, place.accessor, vault)
  return heldTokens(place.scope, vault, emit, entities)
}
