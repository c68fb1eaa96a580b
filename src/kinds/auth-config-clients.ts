import { APPLY, EXIT, IceError, isIceError, KUBERNETES } from '../catalogue/index.js'
import { claimsOf } from '../kubernetes/index.js'
import { vaultAddress } from './address.js'
import type { DesiredAuthConfig } from './auth-config-fields.js'
import type { Client } from './clients.js'
import type { ApiCall, Io } from './contract.js'
import { scratchTokenCalls, withScratchToken, type Borrowing } from './scratch-token.js'

/** What whoever reviews must be allowed. */
export const TOKEN_REVIEW = { verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews' } as const

/**
 * Where each client asks for itself, its token is shown to the API server as a login of its own: the audience that a role
 * asks for must be one that the API server accepts. Tried with a token of one workload for each audience.
 * @throws IceError APPLY.audienceRefused
 */
export async function proveAudiences(mount: string, desired: DesiredAuthConfig, io: Io): Promise<void> {
  await Promise.all(onePerAudience(desired).map((client) => proveAudience(mount, client, desired, io)))
}

async function proveAudience(mount: string, client: Client, desired: DesiredAuthConfig, io: Io): Promise<void> {
  const { namespace, name, audience } = client
  const borrowing = borrowingOf(client, desired)
  const cluster = io.cluster(desired.cluster)
  try {
    await withScratchToken(borrowing, io, (token) => cluster.can([TOKEN_REVIEW], token))
  } catch (error) {
    if (!isIceError(error)) throw error
    if (error.code === KUBERNETES.unauthorized.code && audience !== undefined) {
      const accepted = await withScratchToken({ ...borrowing, audiences: [] }, io, async (token) =>
        Promise.resolve(claimsOf(token)?.audiences ?? []),
      )
      throw refused(mount, audience, accepted, desired)
    }
    if (error.exitCode === EXIT.unreachable) throw error
    // The account may not be there yet: what it will be told is then seen by whoever verifies.
    const text = `Whether the API server accepts tokens of ${namespace}/${name} is not known: ${error.message}`
    io.emit({ type: 'note', level: 'warning', code: error.code, text, address: vaultAddress(`auth/${mount}/config`) })
  }
}

function refused(
  mount: string,
  audience: string,
  accepted: readonly string[],
  { cluster }: DesiredAuthConfig,
): IceError {
  return new IceError(APPLY.audienceRefused, {
    message: `The API server of cluster ${cluster} does not accept tokens for the audience ${JSON.stringify(audience)}.`,
    address: `vault:auth/${mount}/config`,
    evidence: { accepted: accepted.join(', ') },
    from: ['clusters', cluster, 'auth', 'reviewer', 'token'],
    next: [
      `Set the audience of the roles on ${cluster} to one that it accepts: ${accepted.join(', ')}.`,
      'Or let one reviewer ask for all: token: secret or bound.',
    ],
  })
}

const onePerAudience = ({ clients = [] }: DesiredAuthConfig): readonly Client[] => [
  ...new Map(clients.toReversed().map((client) => [client.audience, client])).values(),
]

const borrowingOf = (
  { namespace, name, audience }: Client,
  { cluster, file }: Pick<DesiredAuthConfig, 'cluster' | 'file'>,
): Borrowing => ({
  cluster,
  file,
  namespace,
  serviceAccount: name,
  audiences: audience === undefined ? [] : [audience],
})

/** What the proof needs. */
export const audienceCalls = (desired: DesiredAuthConfig): ApiCall[] =>
  onePerAudience(desired).flatMap((client) => scratchTokenCalls(borrowingOf(client, desired)))

/** What an operator should know of it. */
export const CLIENT_CAUTION =
  'Each workload’s own token asks the API server. So the roles’ audience is one that the API server accepts: whoever gets hold of a token that was meant for Vault can use it on the API server as that workload. And each workload may ask about every token and every access (system:auth-delegator).'

export const POD_CAUTION =
  'Vault uses the token of the pod it runs in, which cannot be seen from outside: run verify. Where there is none, Vault falls back to the token of whoever logs in.'
