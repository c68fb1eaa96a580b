import { IceError } from '../catalogue/index.js'
import type { Address } from '../kinds/contract.js'

/** One token that is not accepted, or one right that lacks, keeps many objects from being read. */
export interface Denied {
  readonly address: Address
  readonly error: IceError
}

const MOST = 20

/** One error for each cause on each server: how many objects it concerns and which, and all that is to be granted. Pure. */
export function byCause(denied: readonly Denied[]): IceError[] {
  const causes = Map.groupBy(denied, ({ error }) => `${error.code} ${String(error.details.evidence?.['cluster'])}`)
  return [...causes.values()].map(together)
}

function together(denied: readonly Denied[]): IceError {
  const [first, ...others] = denied as readonly [Denied, ...Denied[]]
  const { record, message, details } = first.error
  if (others.length === 0) return new IceError(record, { ...details, address: first.address })
  const addresses = denied.map(({ address }) => address)
  const more = addresses.length - MOST
  const objects = [...addresses.slice(0, MOST), ...(more > 0 ? [`and ${more} more`] : [])]
  const alike = Object.entries(details.evidence ?? {}).filter(([name, value]) =>
    others.every(({ error }) => error.details.evidence?.[name] === value),
  )
  const same = others.every(({ error }) => error.message === message)
  const cause = same ? message : `${message.replace(/\.$/, '')}; the others likewise.`
  return new IceError(record, {
    ...details,
    message: `${denied.length} objects cannot be read: ${cause}`,
    evidence: { ...Object.fromEntries(alike), objects: objects.join('\n') },
    next: [...new Set(denied.flatMap(({ error }) => error.next))],
  })
}
