import { APPLY, IceError, USAGE, VAULT } from '../catalogue/index.js'
import { vaultAddress, type Address } from '../kinds/address.js'
import { durationText } from '../kinds/atoms.js'
import type { AuthConfigMark } from '../kinds/auth-config.js'
import { mountCalls, scratchMountCalls } from '../kinds/auth-config-proof.js'
import type { ApiCall, Io } from '../kinds/contract.js'
import type { TokenReviewer } from '../kinds/reviewer.js'
import { markerNames, secretCall, tokenRequestCall, type Minting } from '../kinds/reviewer-token.js'
import type { Inventory, InventoryEntry } from '../reconcile/inventory.js'
import { recordCalls } from '../reconcile/inventory-store.js'
import { path, type Payload } from '../vault/index.js'
import type { Session } from './session.js'
import type { StepPlace } from './step-file.js'

/** What is to be rotated: as the record says, and as it stands. */
export interface RotationState extends Minting {
  readonly mount: string
  readonly address: Address
  readonly entry: InventoryEntry
  readonly mark: AuthConfigMark
  /** The whole config as it stands, but for the token, which is never told. */
  readonly config: Readonly<Record<string, Payload>>
  /** Vault holds a token. */
  readonly isSet: boolean
  /** As granted; undefined: it does not expire, or nobody knows when. */
  readonly expiresAt?: Date
}

/**
 * Reads whose token Vault has, by the record, and the config that it stands in.
 * @throws IceError APPLY.nothingToRotate, APPLY.notOurs; VAULT.notThere
 */
export async function rotationState(session: Session, { cluster, mount }: StepPlace): Promise<RotationState> {
  const { file, io, store } = session
  const section = file.clusters[cluster]?.auth
  if (section?.method === 'jwt') throw nothing(cluster, 'with method: jwt Vault asks nobody')
  const answer = await io.vault.read(path`auth/${mount}/config`)
  if (answer === undefined)
    throw new IceError(VAULT.notThere, { message: `There is no config of an auth mount at auth/${mount}.` })
  const address = vaultAddress(`auth/${mount}/config`)
  const entry = store.inventory.objects[address]
  await requireRecorded(store.inventory, address, mount, io)
  const mark = entry?.mark as AuthConfigMark
  const { token_reviewer_jwt_set: isSet, ...config } = answer.data as Readonly<Record<string, Payload>>
  const expires = mark['expiresAt']
  return {
    mount,
    cluster,
    file: file.name,
    address,
    entry: entry as InventoryEntry,
    mark,
    config,
    isSet: isSet === true,
    reviewer: recordedReviewer(mark, cluster, session),
    ...(expires !== undefined && { expiresAt: new Date(expires) }),
  }
}

/** Seconds, where nobody has said how long a bound token lives. */
const DAY = 86_400

/** The record says whose token Vault has; the file, how long a new one is to live. */
function recordedReviewer(mark: AuthConfigMark, cluster: string, { file }: Session): TokenReviewer {
  const { reviewer = '', reviewerToken, issuedAt, expiresAt } = mark
  const [namespace, serviceAccount] = reviewer.split('/')
  if (reviewerToken === 'client' || reviewerToken === 'pod') throw nothing(cluster, `with token: ${reviewerToken}`)
  if (namespace === undefined || serviceAccount === undefined)
    throw nothing(cluster, 'the record does not say whose token Vault has: run apply')
  const { tokenSecret: secret } = mark
  const named = { namespace, serviceAccount, ...(secret !== undefined && { secret }) }
  if (reviewerToken === 'secret') return { ...named, token: 'secret' }
  const auth = file.clusters[cluster]?.auth
  const asked = auth?.method === 'kubernetes' && auth.reviewer.token === 'bound' ? auth.reviewer.expiration : undefined
  const before =
    issuedAt === undefined || expiresAt === undefined ? DAY : (Date.parse(expiresAt) - Date.parse(issuedAt)) / 1000
  return { ...named, token: 'bound', expiration: asked ?? Math.max(600, Math.round(before)) }
}

const nothing = (cluster: string, why: string): IceError =>
  new IceError(APPLY.nothingToRotate, { message: `There is no reviewer token to rotate on ${cluster}: ${why}.` })

/** An address of Vault may be another here than there: then the mount itself shows that it is the same. */
async function requireRecorded(inventory: Inventory, address: Address, mount: string, { vault }: Pick<Io, 'vault'>) {
  const refuse = (why: string): IceError =>
    new IceError(APPLY.notOurs, {
      message: `The config of auth/${mount} is not ours to change: ${why}.`,
      address,
      next: [`Take it over with icebreaker apply --adopt ${address}.`],
    })
  if (inventory.objects[address]?.mark === undefined)
    throw refuse(`the record of ${inventory.file} does not speak of it`)
  const here = vault.namespace === undefined ? vault.address : `${vault.address}#${vault.namespace}`
  if (inventory.vault === undefined || inventory.vault === here) return
  const recorded = (inventory.objects[vaultAddress(`sys/auth/${mount}`)]?.mark as { accessor?: string } | undefined)
    ?.accessor
  const rows = (await vault.read<Record<string, { accessor?: string }>>(path`sys/auth`))?.data
  if (recorded === undefined || rows?.[`${mount}/`]?.accessor !== recorded)
    throw refuse(`it is on another Vault than the one of the record, ${inventory.vault}`)
}

/** All that a rotation calls; names where Kubernetes can allow by name. */
export function rotationCalls(
  state: Pick<RotationState, 'mount' | 'cluster' | 'reviewer' | 'file'> & { readonly mark: Partial<AuthConfigMark> },
  home: Session['inventory'],
): readonly ApiCall[] {
  const { mount, cluster, reviewer, mark, file } = state
  const { namespace } = reviewer
  const inUse = mark['boundTo']
  const markers = new Set([...markerNames(state), ...(inUse === undefined ? [] : [inUse])])
  const record = recordCalls(home, file).filter(
    (call) => call.api === 'vault' || call.access.resource !== 'configmaps' || call.access.verb !== 'create',
  )
  return [
    { api: 'vault', path: `auth/${mount}/config`, capabilities: ['read', 'update'] },
    ...mountCalls(mount),
    ...scratchMountCalls,
    secretCall(cluster, 'create', { namespace }),
    ...(reviewer.token === 'bound'
      ? [
          tokenRequestCall(cluster, reviewer),
          ...[...markers].map((name) => secretCall(cluster, 'delete', { namespace, name })),
        ]
      : ['get', 'list', 'patch', 'delete'].map((verb) => secretCall(cluster, verb, { namespace }))),
    ...record,
  ]
}

/** Why the token is rotated now, or why not. @param within seconds; undefined: whatever is left of it */
export function due(
  { isSet, expiresAt, reviewer }: RotationState,
  within: number | undefined,
  now = Date.now(),
): { readonly isDue: boolean; readonly reason: string } {
  if (!isSet) return { isDue: true, reason: 'Vault holds no token of the reviewer' }
  if (within === undefined) return { isDue: true, reason: 'it was asked for' }
  if (reviewer.token === 'secret') return { isDue: false, reason: 'the token of a Secret does not expire' }
  if (expiresAt === undefined) return { isDue: true, reason: 'it is not recorded when the token expires' }
  const left = Math.floor((expiresAt.getTime() - now) / 1000)
  return left < within
    ? { isDue: true, reason: `less than ${durationText(within)} were left of the token` }
    : { isDue: false, reason: `the token is good until ${expiresAt.toISOString()}` }
}

/** @throws IceError USAGE.wrongUsage */
export function checkedWithin(seconds: number | undefined): void {
  if (seconds !== undefined && seconds <= 0)
    throw new IceError(USAGE.wrongUsage, { message: '--if-expires-within: expected a duration such as 6h.' })
}
