import type { FileInput } from '../../src/config/schema.js'
import { refs } from '../../src/kubernetes/index.js'
import { rotate, type RotateOptions, type RotateResult } from '../../src/operations/rotate.js'
import { lookOf } from '../../src/operations/steps/object.js'
import { path } from '../../src/vault/index.js'
import type { Scenario } from './scenario.js'

/** A trust whose reviewer has this token, and a workload that logs in with cheap tokens. */
export function rotating(
  { id, base }: Scenario,
  token: 'secret' | 'bound',
  { expiration = '24h', auth = {}, place = {} }: { expiration?: string; auth?: object; place?: object } = {},
): FileInput {
  const named = { namespace: `${id}-auth`, serviceAccount: 'reviewer' }
  const reviewer = token === 'secret' ? { ...named, token } : { ...named, token, expiration }
  const plain = base({ reviewer, ...auth })
  return {
    ...plain,
    clusters: { demo: { ...plain.clusters['demo']!, ...place } },
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    roles: {
      app: {
        serviceAccounts: ['app'],
        namespaces: [`${id}-app`],
        audience: 'vault',
        tokenTTL: '1m',
        tokenType: 'batch',
      },
    },
  }
}

/** Caches are waited for this long, seconds: tests that say nothing of them have no time. */
const SOON = 0.3

export function rotateNow(scenario: Scenario, more: Partial<RotateOptions> = {}): Promise<RotateResult> {
  return rotate({
    ...scenario.fileOptions(),
    step: lookOf(),
    fileMustExist: true,
    dryRun: false,
    cacheSeconds: SOON,
    ...more,
  })
}

/** The Secrets that bound tokens of the reviewer hang on. */
export async function markersOf({ cluster, id }: Scenario): Promise<string[]> {
  const all = await cluster.list(refs.secret(`${id}-auth`, ''))
  return all.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('reviewer-bound'))
}

export const configOf = async ({ vault, id }: Scenario) => (await vault.read(path`auth/${id}/config`))?.data

export async function markOf(scenario: Scenario): Promise<Readonly<Record<string, string>>> {
  const { objects } = await scenario.inventory()
  return objects[`vault:auth/${scenario.id}/config`]?.mark as Record<string, string>
}
