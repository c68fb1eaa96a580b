import type { Secret } from '../secrets/index.js'
import { parse, type Questions, type TokenState } from './errors.js'
import type { Answer, Outcome } from './transport.js'
import type { VaultHealth } from './types.js'

/** One GET, once, beside the queue: the caller holds the failed request. */
export type Get = (path: string, token?: Secret) => Promise<Outcome>

/** sys/health as an answer of 200 whatever state the server is in (its default statuses are for load balancers). */
export const HEALTH =
  'sys/health?standbyok=true&perfstandbyok=true&sealedcode=200&uninitcode=200&drsecondarycode=200&haunhealthycode=200'

/** @returns undefined where the answer is not sys/health's */
export function parseHealth(text: string): VaultHealth | undefined {
  const health = parse(text) as Record<string, unknown> | null | undefined
  if (typeof health?.['initialized'] !== 'boolean' || typeof health['sealed'] !== 'boolean') return undefined
  return {
    initialized: health['initialized'],
    sealed: health['sealed'],
    standby: health['standby'] === true,
    version: typeof health['version'] === 'string' ? health['version'] : '',
    ...(typeof health['cluster_id'] === 'string' && health['cluster_id'] !== '' && { clusterId: health['cluster_id'] }),
    serverTime: typeof health['server_time_utc'] === 'number' ? health['server_time_utc'] : 0,
  }
}

/**
 * What Vault is asked after a failure, to name it. Many requests fail at once when a server is sealed or a token expires:
 * they share one answer.
 */
export function createQuestions(get: Get): { about(token: Secret | undefined): Questions } {
  const health = shared(async () => {
    const outcome = await get(HEALTH)
    return outcome.kind === 'answer' ? parseHealth(outcome.text) : undefined
  })
  const states = new WeakMap<Secret, () => Promise<TokenState>>()
  const stateOf = (token: Secret) => {
    const known = states.get(token) ?? shared(() => tokenState(get, token))
    states.set(token, known)
    return known()
  }
  return {
    about: (token) => ({ health, token: () => (token ? stateOf(token) : Promise.resolve({ state: 'unknown' })) }),
  }
}

/**
 * `permission denied` is the same for a bad token and for a missing policy. A token without the default policy may not
 * look itself up, but every token that is one may list the mounts that it sees.
 */
async function tokenState(get: Get, token: Secret): Promise<TokenState> {
  const self = await get('auth/token/lookup-self', token)
  if (self.kind === 'answer' && self.status === 200) return { state: 'known', policies: policiesOf(self) }
  const mounts = await get('sys/internal/ui/mounts', token)
  if (mounts.kind === 'failure') return { state: 'notTold' }
  if (mounts.status === 200) return { state: 'known' }
  return { state: mounts.status === 403 ? 'unknown' : 'notTold' }
}

function policiesOf({ text }: Answer): string[] {
  const data = (parse(text) as { data?: { policies?: string[]; identity_policies?: string[] } } | undefined)?.data
  return [...(data?.policies ?? []), ...(data?.identity_policies ?? [])]
}

/** Callers that come while it runs get the same answer. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () =>
    (running ??= ask().finally(() => {
      running = undefined
    }))
}
