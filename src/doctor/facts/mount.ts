import { DOCTOR, IceError, VAULT } from '../../catalogue/index.js'
import { meetOnMount, type Met } from '../../kinds/auth-config-proof.js'
import { reviewerOf } from '../../kinds/reviewer.js'
import { withScratchToken } from '../../kinds/scratch-token.js'
import { splitAccount } from '../../kinds/service-account.js'
import { proveCertificate } from '../../kubernetes/index.js'
import { mapBounded } from '../../http/limit.js'
import { path } from '../../vault/index.js'
import { roleOfApi } from '../../access/from-live.js'
import type { Role } from '../../access/model.js'
import { fact, type Look } from '../contract.js'
import type { MountSubject } from '../subject.js'
import { version } from './cluster.js'
import { mounts, serving } from './vault.js'

type OfMount = Pick<MountSubject, 'mount' | 'method' | 'cluster'>
const byPath = ({ mount }: OfMount): string => mount

/** The row of the auth mount in the table of mounts; undefined where there is none. */
export const mountRow = fact({
  what: 'the auth mount',
  key: byPath,
  from: 'operator',
  async fetch({ mount }: OfMount, { ask }) {
    const table = await ask(mounts, undefined)
    const row = table.mounts[`auth/${mount}`]
    if (row !== undefined || table.tables) return row
    throw new IceError(VAULT.notPermitted, { message: `The token may not see whether auth/${mount} is there.` })
  },
})

/**
 * The same, where it is there and of the method that is meant.
 * @throws IceError DOCTOR.mountAbsent, DOCTOR.mountWrongType
 */
export const meantMount = fact({
  what: 'the auth mount that is meant',
  key: ({ mount, method }: OfMount) => `${method} ${mount}`,
  from: 'operator',
  async fetch(subject: OfMount, { ask }) {
    const row = await ask(mountRow, subject)
    const { mount, method } = subject
    if (row === undefined) throw new IceError(DOCTOR.mountAbsent, { message: `Nothing is mounted at auth/${mount}.` })
    // `oidc` is another name of the same method.
    if (row.type === method || (method === 'jwt' && row.type === 'oidc')) return row
    throw new IceError(DOCTOR.mountWrongType, { message: `auth/${mount} is of the type ${row.type}, not ${method}.` })
  },
})

/** auth/MOUNT/config under the API's names; undefined where it was never written. */
export const authConfig = fact({
  what: 'the config of the auth mount',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, { ask, scene }): Promise<Readonly<Record<string, unknown>> | undefined> {
    await ask(meantMount, subject)
    return (await scene.vault.read(path`auth/${subject.mount}/config`))?.data
  },
})

/** The same, where it must have been written. */
export const writtenConfig = fact({
  what: 'the written config of the auth mount',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, { ask }) {
    const config = await ask(authConfig, subject)
    if (config !== undefined) return config
    throw new IceError(DOCTOR.configNeverWritten, { message: `auth/${subject.mount}/config was never written.` })
  },
})

/** The names of the roles on the mount, as Vault keeps them: in lower case. */
export const roleNames = fact({
  what: 'the names of the roles',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, { ask, scene }): Promise<readonly string[]> {
    await ask(meantMount, subject)
    return scene.vault.list(path`auth/${subject.mount}/role`)
  },
})

/** Of one role: what the API says, and what it means. */
export interface LiveRole {
  readonly data: Readonly<Record<string, unknown>>
  readonly role: Role
}

/** One role; undefined where there is none. */
export const role = fact({
  what: 'the role',
  key: ({ mount, role: name }: OfMount & { readonly role: string }) => `${mount}/${name}`,
  from: 'operator',
  async fetch({ mount, role: name }, { ask, scene }): Promise<LiveRole | undefined> {
    await ask(serving, undefined)
    const data = (await scene.vault.read(path`auth/${mount}/role/${name}`))?.data
    return data && { data, role: roleOfApi(mount, name, data) }
  },
})

/** All roles of the mount, by name. */
export const roles = fact({
  what: 'the roles',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, { ask }): Promise<ReadonlyMap<string, LiveRole>> {
    const names = await ask(roleNames, subject)
    const all = await mapBounded(names, async (name) => [name, await ask(role, { ...subject, role: name })] as const)
    return new Map(all.flatMap(([name, live]) => (live === undefined ? [] : [[name, live] as const])))
  },
})

const HANDSHAKE_MS = 5000

/**
 * A handshake with the stored host, believing only in the stored CA. Seen from here: Vault may be elsewhere. The CA is
 * `undefined` where none is stored and where it is no PEM.
 */
export const handshake = fact({
  what: 'a TLS handshake with the stored host',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, { ask, scene }) {
    const config = await ask(writtenConfig, subject)
    const host = String(config['kubernetes_host'])
    if (!/^https:\/\//.test(host) || !URL.canParse(host))
      throw new IceError(DOCTOR.hostMalformed, { message: `The stored host ${host} is no URL that can be asked.` })
    const stored = config['kubernetes_ca_cert']
    const ca = typeof stored === 'string' ? stored : ''
    return proveCertificate(host, ca === '' ? 'system' : ca, { timeoutMs: HANDSHAKE_MS, signal: scene.signal })
  },
})

/** With which account the way from Vault is tried: one that is there. It is let in nowhere. */
export const visitor = fact({
  what: 'an account to try the way with',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, look) {
    await look.ask(version, subject)
    const section = subject.cluster === undefined ? undefined : look.scene.file.clusters[subject.cluster]
    const reviewer = section && reviewerOf(section.auth)
    if (reviewer !== undefined && look.scene.isWritten) return `${reviewer.namespace}/${reviewer.serviceAccount}`
    // Every namespace has it.
    return 'default/default'
  },
})

/**
 * What Vault meets at the API server with the reviewer's token that it holds: the namespace-selector oracle. Vault keeps
 * connections open for 90 s, so a CA that was changed meanwhile does not show; and the API server knows a good token for
 * some 10 s.
 */
export const met = fact({
  what: 'what Vault meets at the API server',
  key: byPath,
  from: 'vault',
  staleForMs: 90_000,
  writes: ({ mount }: OfMount) =>
    `a role auth/${mount}/role/icebreaker-scratch-… that lets nobody in, and a ten-minute token of an account; both are removed at once`,
  fetch: (subject: OfMount, look): Promise<Met> =>
    withVisitor(subject, look, (visiting) => meetOnMount(subject.mount, visiting, look.scene.io)),
})

/** A ten-minute token of the account with which the way is tried. */
export async function withVisitor<T>(
  subject: OfMount,
  { ask, scene }: Look,
  use: (visitor: Parameters<typeof meetOnMount>[1]) => Promise<T>,
): Promise<T> {
  await ask(writtenConfig, subject)
  const { namespace, name: serviceAccount } = splitAccount(await ask(visitor, subject))
  const cluster = subject.cluster ?? ''
  const borrowing = { cluster, namespace, serviceAccount, audiences: [], file: scene.file.name }
  return withScratchToken(borrowing, scene.io, (token) => use({ namespace, serviceAccount, token }))
}
