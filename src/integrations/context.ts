import * as v from 'valibot'
import { INTEGRATE, IceError, USAGE } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import type { File } from '../config/file.js'
import { isLoopback } from '../http/host.js'
import type { BoundGrant } from '../kinds/policy.js'
import { accountName, splitAccount } from '../kinds/service-account.js'
import { hasWildcard } from '../policy/index.js'
import { grantText, subjectsOf, type Subject } from '../verify/subjects.js'
import { matchesGlob } from '../access/bindings.js'
import type { IntegrationContext, PodSecret, PodVault, Settings } from './contract.js'

/** Which workloads are meant; none named: all that roles bind by name. */
export interface Selection {
  readonly cluster?: string
  /** NAMESPACE/NAME */
  readonly workload?: string
  readonly role?: string
}

export interface Selected {
  readonly contexts: readonly IntegrationContext[]
  /** Roles that bind by wildcard or by labels alone: nobody can be named for them. */
  readonly unnamed: readonly { readonly cluster: string; readonly role: string }[]
}

/**
 * The workloads of a file with what they are to get. Pure.
 * @throws IceError INTEGRATE.noWorkload where nobody is left, USAGE.wrongUsage for what is no workload
 */
export function contextsOf(file: File, vault: PodVault, selection: Selection, settings: Settings): Selected {
  if (selection.workload !== undefined && !v.is(accountName, selection.workload))
    throw new IceError(USAGE.wrongUsage, { message: '--workload: expected NAMESPACE/NAME, such as app/exampleapp.' })
  const { subjects, unnamed } = subjectsOf(withWorkload(file, selection), {
    roles: selection.role === undefined ? [] : [selection.role],
    sample: Infinity,
  })
  const isMeant = ({ cluster, account }: Pick<Subject, 'cluster' | 'account'>): boolean =>
    (selection.cluster ?? cluster) === cluster && (selection.workload ?? account) === account
  const meant = subjects.filter(isMeant)
  if (meant.length === 0) throw nobody(file, selection, subjects, unnamed)
  return {
    contexts: meant.map((subject) => contextOf(file, vault, subject, settings)),
    unnamed: selection.workload === undefined ? unnamed : [],
  }
}

/** A workload that a role lets in by wildcard is named by being asked for. */
function withWorkload(file: File, { workload, role: wanted }: Selection): File {
  if (workload === undefined) return file
  const { namespace, name } = splitAccount(workload)
  const admitting = Object.entries(file.roles).filter(
    ([role, { serviceAccounts, namespaces = [], namespaceSelector }]) =>
      (wanted ?? role) === role &&
      serviceAccounts.some((glob) => matchesGlob(glob, name)) &&
      (namespaceSelector !== undefined || namespaces.some((glob) => matchesGlob(glob, namespace))),
  )
  const named = admitting.map(([role]) => ({ as: workload, role, can: [], cannot: [] }))
  return { ...file, verify: [...file.verify, ...named] }
}

function nobody(
  file: File,
  { workload, role, cluster }: Selection,
  subjects: readonly Subject[],
  unnamed: Selected['unnamed'],
): IceError {
  const known = [...new Set(subjects.map(({ account }) => account))]
  const meant = workload === undefined ? undefined : nearest(workload, known)
  const where = cluster === undefined ? '' : ` on the cluster ${cluster}`
  const whose = role === undefined ? 'No role of the file' : `The role ${role}`
  const message =
    workload === undefined
      ? `${whose} binds ${role === undefined ? 'a' : 'no'} workload by name${where}.`
      : `${whose} ${role === undefined ? 'lets in' : 'does not let in'} ${workload}${where}.`
  return new IceError(INTEGRATE.noWorkload, {
    message,
    ...(role !== undefined && { from: ['roles', role] }),
    next: [
      ...(meant === undefined ? [] : [`Did you mean ${meant}?`]),
      ...(unnamed.length > 0 ? ['Name one that a wildcard lets in: --workload NAMESPACE/SERVICEACCOUNT.'] : []),
      ...(Object.keys(file.roles).length === 0 ? ['Add a role: icebreaker init --add role'] : []),
      ...(meant === undefined && known.length > 0 ? [`The file binds: ${known.join(', ')}.`] : []),
    ],
  })
}

function contextOf(file: File, vault: PodVault, subject: Subject, settings: Settings): IntegrationContext {
  const { namespace, name: serviceAccount } = splitAccount(subject.account)
  const { cluster, role, audience, method, uses, cidrs } = subject
  const read = subject.can.filter(({ grant }) => grant.verb === 'read' && grant.engine !== 'transit')
  const isNamed = ({ path }: BoundGrant): boolean => !hasWildcard(path) && path !== ''
  return {
    file: file.name,
    workload: {
      cluster,
      namespace,
      serviceAccount,
      role,
      ...(audience !== undefined && { audience }),
      method,
      uses,
      cidrs,
    },
    vault,
    mount: subject.mount,
    secrets: read.filter(isNamed).map(secretOf),
    left: [
      ...read
        .filter((grant) => !isNamed(grant))
        .map((grant) => `The grant "${grantText(grant)}" names no one secret to bring`),
      ...subject.undescribed.map((policy) => `What the policy ${policy} allows the file does not say in grants`),
    ],
    settings,
  }
}

function secretOf(bound: BoundGrant): PodSecret {
  const { engine, type, path, grant } = bound
  const api = type.verbs['read']?.rules(engine, path)[0]?.path ?? ''
  const { mount, section } = engine
  if (grant.engine === 'kv')
    return { engine: 'kv', version: section['version'] === 1 ? 1 : 2, mount, path, api, grant: bound }
  return { engine: 'database', mount, path, api, isStatic: api.startsWith(`${mount}/static-creds/`), grant: bound }
}

/**
 * The address that pods use. One that only this machine can mean is refused, unless the file says that pods have it.
 * @param said by a flag
 * @throws IceError INTEGRATE.noPodAddress
 */
export function podAddress({ vault }: Pick<File, 'vault'>, said?: string): string {
  const explicit = said ?? vault.podAddress
  const address = explicit ?? vault.address
  if (address === undefined)
    throw new IceError(INTEGRATE.noPodAddress, {
      message: 'The file does not say at which address pods reach Vault.',
      from: ['vault'],
    })
  if (explicit === undefined && isLoopback(new URL(address)))
    throw new IceError(INTEGRATE.noPodAddress, {
      message: `The address of Vault is ${address}: in a pod that is the pod itself.`,
      evidence: { 'vault.address': address },
      from: ['vault', 'address'],
    })
  return address
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/**
 * The certificates of a PEM file, and nothing else of it: a key that stands beside them must not get into a ConfigMap.
 * @throws IceError INTEGRATE.noCertificate
 */
export function certificatesOf(pem: string, file: string): string {
  const found = pem.match(CERTIFICATE) ?? []
  if (found.length > 0) return `${found.join('\n')}\n`
  throw new IceError(INTEGRATE.noCertificate, { message: `There is no certificate in ${file}.` })
}
