import { APPLY, IceError } from '../catalogue/index.js'
import { refs } from '../kubernetes/index.js'
import { redact, type Secret } from '../secrets/index.js'
import { path, statusOf } from '../vault/index.js'
import { authConfigFields, type DesiredAuthConfig } from './auth-config-fields.js'
import type { ApiCall, Io } from './contract.js'
import { apiBody, text } from './fields.js'
import { ownLabels } from './kubernetes-object.js'
import { tokenRequestCall } from './reviewer-token.js'
import { isExpiredScratch, SCRATCH_LABEL, SCRATCH_SECONDS, scratchName } from './scratch.js'

const ROLE = 'probe'

/**
 * Proves host, CA and reviewer from where Vault stands, before they are written to the real mount. A scratch mount gets
 * them and a role whose namespace selector matches nothing, so that no token is ever issued; but to evaluate the selector
 * Vault must call the API server with the reviewer's token, and it returns to the caller what it met there.
 * (vault-plugin-auth-kubernetes, namespace_validator.go and path_login.go; seen on Vault 1.21.0 and OpenBao 2.7.2.)
 * @throws IceError APPLY.unprovenFromVault with what Vault met
 */
export async function proveFromVault(mount: string, desired: DesiredAuthConfig, io: Io): Promise<void> {
  const host = text(desired.values['kubernetesHost'])
  const { namespace, serviceAccount } = desired.reviewer
  const scratch = scratchName()
  const cluster = io.cluster(desired.cluster)
  const marker = refs.secret(namespace, scratch)
  await removeExpired(io)
  try {
    const { metadata } = await cluster.create(marker, {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: { name: scratch, namespace, labels: { ...ownLabels(desired.file), ...SCRATCH_LABEL } },
    })
    // One token is both: what logs in, and what Vault shows to the API server as the reviewer's.
    const { token } = await cluster.requestToken({
      namespace,
      serviceAccount,
      audiences: [],
      expirationSeconds: SCRATCH_SECONDS,
      boundTo: { kind: 'Secret', apiVersion: 'v1', name: scratch, uid: metadata.uid ?? '' },
    })
    await io.vault.write(path`sys/auth/${scratch}`, {
      type: 'kubernetes',
      description: 'made by icebreaker to try a configuration',
    })
    await io.vault.write(path`auth/${scratch}/config`, {
      ...apiBody(authConfigFields, desired.values),
      token_reviewer_jwt: token,
    })
    await io.vault.write(path`auth/${scratch}/role/${ROLE}`, {
      bound_service_account_names: [serviceAccount],
      bound_service_account_namespace_selector: JSON.stringify({ matchLabels: { [scratch]: scratch } }),
      token_no_default_policy: true,
      token_num_uses: 1,
      token_ttl: 1,
    })
    const met = await loginAnswer(token)
    if (!reached(met)) {
      throw new IceError(APPLY.unprovenFromVault, {
        message: `Vault cannot use ${host} as the API server of cluster ${desired.cluster}: ${redact(met)}`,
        address: `vault:auth/${mount}/config`,
        evidence: { 'seen from': 'Vault', host: host },
      })
    }
  } finally {
    await Promise.all([io.vault.delete(path`sys/auth/${scratch}`), cluster.delete(marker)])
  }

  async function loginAnswer(token: Secret): Promise<string> {
    try {
      await io.vault.login(scratch, ROLE, token)
      return ''
    } catch (error) {
      if (error instanceof Error && statusOf(error) !== undefined) return error.message
      throw error
    }
  }
}

/** The API server answered and knew the reviewer: it may or may not let it read namespaces, both prove the path. */
function reached(answer: string): boolean {
  return /code 403 status namespaces|namespace not authorized$/.test(answer.trim().replace(/[.)\s]+$/, ''))
}

async function removeExpired(io: Io): Promise<void> {
  const mounts = await io.vault.read(path`sys/auth`)
  const expired = Object.keys(mounts?.data ?? {})
    .map((name) => name.replace(/\/$/, ''))
    .filter((name) => isExpiredScratch(name))
  await Promise.all(expired.map((name) => io.vault.delete(path`sys/auth/${name}`)))
}

/** What the proof needs, with a glob for the names that nobody knows yet. */
export function proofCalls({ cluster, reviewer }: DesiredAuthConfig): ApiCall[] {
  const vault = (text: string, ...capabilities: Extract<ApiCall, { api: 'vault' }>['capabilities']): ApiCall => ({
    api: 'vault',
    path: text,
    capabilities,
  })
  const marker = (verb: string): ApiCall => ({
    api: 'kubernetes',
    cluster,
    access: { verb, group: '', resource: 'secrets', namespace: reviewer.namespace },
  })
  return [
    vault('sys/auth', 'read'),
    vault('sys/auth/icebreaker-scratch-*', 'update', 'delete', 'sudo'),
    vault('auth/icebreaker-scratch-*', 'create', 'update'),
    tokenRequestCall(cluster, reviewer),
    marker('create'),
    marker('delete'),
  ]
}
