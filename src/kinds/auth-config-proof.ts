import { APPLY, IceError, isIceError, VAULT } from '../catalogue/index.js'
import type { Secret } from '../secrets/index.js'
import { path, statusOf, type Payload } from '../vault/index.js'
import { authConfigFields, type DesiredAuthConfig } from './auth-config-fields.js'
import { metOf, type Met } from './auth-config-met.js'
import type { ApiCall, Io } from './contract.js'
import { apiBody, text } from './fields.js'
import { isExpiredScratch, scratchName } from './scratch.js'
import { scratchTokenCalls, withScratchToken } from './scratch-token.js'

export type { Met, MetKind } from './auth-config-met.js'

/** A service account, and a token of it that logs in without ever being let in. */
export interface Visitor {
  readonly namespace: string
  readonly serviceAccount: string
  readonly token: Secret
}

/**
 * Makes Vault call the API server and tell what it met. A role whose namespace selector matches nothing lets nobody in, so
 * that no token is ever issued; but to evaluate the selector Vault must read a namespace with the reviewer's token, and it
 * returns to the caller what came of it.
 * (vault-plugin-auth-kubernetes, namespace_validator.go and path_login.go; seen on Vault 1.21.0 and OpenBao 2.7.2.)
 * The role is removed again.
 */
export async function meetOnMount(mount: string, visitor: Visitor, io: Io): Promise<Met> {
  const role = scratchName()
  const at = path`auth/${mount}/role/${role}`
  try {
    return await meet(mount, role, visitor, io)
  } finally {
    await io.vault.delete(at)
  }
}

/**
 * The same on a mount of its own, which is removed again: with a fresh connection, whatever the real one has pooled.
 * @param body of auth/MOUNT/config, whole
 */
export async function meetOnScratchMount(body: Payload, visitor: Visitor, io: Io): Promise<Met> {
  const scratch = scratchName()
  await removeExpired(io)
  try {
    await io.vault.write(path`sys/auth/${scratch}`, {
      type: 'kubernetes',
      description: 'made by icebreaker to try a configuration',
    })
    await io.vault.write(path`auth/${scratch}/config`, body)
    return await meet(scratch, scratch, visitor, io)
  } finally {
    await io.vault.delete(path`sys/auth/${scratch}`)
  }
}

async function meet(mount: string, role: string, { serviceAccount, token }: Visitor, io: Io): Promise<Met> {
  await io.vault.write(path`auth/${mount}/role/${role}`, {
    bound_service_account_names: [serviceAccount],
    bound_service_account_namespace_selector: JSON.stringify({ matchLabels: { [role]: role } }),
    token_no_default_policy: true,
    token_num_uses: 1,
    token_ttl: 1,
  })
  try {
    await io.vault.login(mount, role, token)
    return { reached: false, kind: 'letIn', said: 'it let in whom no role admits' }
  } catch (error) {
    // Its client never tires of waiting for the API server. That it is not Vault that hangs shows when the role is removed.
    if (
      isIceError(error) &&
      error.code === VAULT.outcomeUnknown.code &&
      /TIMEOUT/.test(String(error.details.evidence?.['last']))
    )
      return { reached: false, kind: 'silent', said: 'Vault gave no answer: it waits for the API server' }
    if (!(error instanceof Error) || statusOf(error) === undefined) throw error
    return metOf(error.message)
  }
}

/**
 * Proves host, CA and reviewer from where Vault stands, on a scratch mount, before they are written to the real one.
 * @throws IceError APPLY.unprovenFromVault with what Vault met
 */
export async function proveFromVault(mount: string, desired: DesiredAuthConfig, io: Io): Promise<void> {
  const host = text(desired.values['kubernetesHost'])
  const visiting = visitorOf(desired)
  if (visiting === undefined)
    throw unproven('no role names an account that it could be tried with', [
      'Name a service account and its namespace in a role, or under `verify`.',
    ])
  const met = await withScratchToken({ ...visiting, audiences: [] }, io, async (token) => {
    // One token is both: what logs in, and what Vault shows to the API server. In its own pod Vault has one already.
    const body = apiBody(authConfigFields, desired.values)
    const withToken = desired.reviewer.token === 'pod' ? body : { ...body, token_reviewer_jwt: token }
    return meetOnScratchMount(withToken, { ...visiting, token }, io).catch((error: unknown) => {
      if (!isIceError(error) || !error.message.includes('kubernetes_ca_cert must be given')) throw error
      // OpenBao never uses the roots of its machine.
      throw unproven('this server must be given the CA, and which one it is cannot be found out from here', [
        `Set clusters.${desired.cluster}.apiServerCA to { file: FILE }, the CA that signed the certificate there.`,
      ])
    })
  })
  if (!met.reached) throw unproven(podless(met, desired))

  function unproven(what: string, next?: readonly string[]): IceError {
    return new IceError(APPLY.unprovenFromVault, {
      message: `Vault cannot use ${host} as the API server of cluster ${desired.cluster}: ${what}`,
      address: `vault:auth/${mount}/config`,
      evidence: { 'seen from': 'Vault', host },
      ...(next && { next }),
    })
  }
}

function podless({ said }: Met, { reviewer }: DesiredAuthConfig): string {
  return reviewer.token === 'pod' && said.includes('TokenReviewer JWT needs to be configured')
    ? 'Vault does not run in a pod, so it has no token of its own'
    : said
}

/** With whose token the way is tried. */
function visitorOf({ reviewer, clients = [], cluster, file }: DesiredAuthConfig) {
  const [client] = clients
  if (reviewer.token !== 'client') {
    const { namespace, serviceAccount } = reviewer
    return { namespace, serviceAccount, cluster, file }
  }
  return client && { namespace: client.namespace, serviceAccount: client.name, cluster, file }
}

async function removeExpired(io: Io): Promise<void> {
  const mounts = await io.vault.read(path`sys/auth`)
  const expired = Object.keys(mounts?.data ?? {})
    .map((name) => name.replace(/\/$/, ''))
    .filter((name) => isExpiredScratch(name))
  await Promise.all(expired.map((name) => io.vault.delete(path`sys/auth/${name}`)))
}

type Capabilities = Extract<ApiCall, { api: 'vault' }>['capabilities']

const vault = (text: string, ...capabilities: Capabilities): ApiCall => ({ api: 'vault', path: text, capabilities })

/** What trying on a scratch mount needs, with a glob for the names that nobody knows yet. */
export const scratchMountCalls: readonly ApiCall[] = [
  vault('sys/auth', 'read'),
  vault('sys/auth/icebreaker-scratch-*', 'update', 'delete', 'sudo'),
  vault('auth/icebreaker-scratch-*', 'create', 'update'),
]

/** What trying on the real mount needs. */
export const mountCalls = (mount: string): readonly ApiCall[] => [
  vault(`auth/${mount}/role/icebreaker-scratch-*`, 'create', 'update', 'delete'),
]

/** What the proof needs. */
export function proofCalls(desired: DesiredAuthConfig): ApiCall[] {
  const visiting = visitorOf(desired)
  return [...scratchMountCalls, ...(visiting === undefined ? [] : scratchTokenCalls(visiting))]
}
