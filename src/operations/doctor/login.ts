import { existsSync } from 'node:fs'
import * as v from 'valibot'
import { IceError, USAGE } from '../../catalogue/index.js'
import { nearest } from '../../catalogue/nearest.js'
import { loadConfig } from '../../config/index.js'
import type { Asker } from '../../doctor/ask.js'
import { claims } from '../../doctor/facts/workload.js'
import type { Roots } from '../../doctor/roots.js'
import type { Scope } from '../../doctor/scope.js'
import type { Subject } from '../../doctor/subject.js'
import { traceOf, type TraceStep } from '../../doctor/trace.js'
import { accountName } from '../../kinds/service-account.js'
import type { TokenClaims } from '../../kubernetes/index.js'
import type { FileOptions } from '../options.js'

/** One login: who, with which role, where. */
export interface WhichLogin {
  readonly role: string
  /** NAMESPACE/NAME */
  readonly as?: string
  /** The name of a token that was handed in. */
  readonly token?: string
  /** Of the auth mount; default: the cluster's, or `kubernetes` where there is no file. */
  readonly path?: string
  /** Of the file. */
  readonly cluster?: string
}

/** @throws IceError USAGE.wrongUsage where the account is none, or the file has several mounts and none is named; those of a wrong file */
export async function loginScope(
  options: Pick<FileOptions, 'file' | 'fileMustExist'>,
  login: WhichLogin,
): Promise<Scope> {
  const { role, as, token } = login
  if (as !== undefined && !v.is(accountName, as)) throw wrong('--as: expected NAMESPACE/NAME, such as app/exampleapp.')
  return {
    mount: login.path ?? (await mountOf(options, login)),
    role,
    workload: { ...(as !== undefined && { account: as }), ...(token !== undefined && { token }) },
    all: false,
  }
}

async function mountOf(
  { file: at, fileMustExist }: Pick<FileOptions, 'file' | 'fileMustExist'>,
  { role, cluster }: WhichLogin,
): Promise<string> {
  if (fileMustExist !== true && !existsSync(at)) return 'kubernetes'
  const { file } = await loadConfig(at)
  const known = Object.keys(file.clusters)
  if (cluster !== undefined) {
    const section = file.clusters[cluster]
    if (section !== undefined) return section.auth.path
    const meant = nearest(cluster, known)
    throw wrong(`There is no cluster ${JSON.stringify(cluster)} in the file.`, meant && `Did you mean ${meant}?`)
  }
  const all = (file.roles[role]?.clusters ?? known).flatMap((name) => file.clusters[name]?.auth.path ?? [])
  const [only, ...others] = all
  if (only !== undefined && others.length === 0) return only
  throw wrong(`The role ${role} may be on several auth mounts: ${all.join(', ')}.`, 'Add --cluster or --path.')
}

const wrong = (message: string, next?: string): IceError =>
  new IceError(USAGE.wrongUsage, { message, ...(next !== undefined && { next: [next] }) })

/** The login of the workload that was examined, step by step; undefined where none was. */
export async function traced(
  subjects: readonly Subject[],
  roots: Roots,
  asker: Asker,
): Promise<readonly TraceStep[] | undefined> {
  const workload = subjects.find((subject) => subject.kind === 'workload')
  if (workload === undefined) return undefined
  const known = await asker.know(claims, workload)
  return traceOf(roots, known.known && known.value ? claimsText(known.value) : undefined)
}

/** What the token says of itself; the token itself is never shown. */
function claimsText({ subject, audiences, expiresAt, boundTo }: TokenClaims): string {
  return [
    subject ?? 'of nobody',
    audiences.length === 0 ? 'for no audience' : `for ${audiences.join(', ')}`,
    expiresAt === undefined ? 'without an end' : `until ${expiresAt}`,
    ...(boundTo === undefined ? [] : [`with ${boundTo.kind} ${boundTo.name}`]),
  ].join(', ')
}
