import pLimit from 'p-limit'
import { EXIT, isIceError, KUBERNETES, VAULT, VERIFY, type ExitCode, type IceError } from '../catalogue/index.js'
import type { Io } from '../kinds/contract.js'
import type { Used } from '../kinds/engine.js'
import { statusOf } from '../vault/index.js'

export type Verdict = 'passed' | 'failed' | 'skipped'

/** One step of verify, done as the workload. */
export interface ProbeResult {
  /** Stable: `demo: app/exampleapp as static: read kv static/exampleapp/creds`. */
  readonly name: string
  readonly cluster: string
  readonly role: string
  readonly verdict: Verdict
  readonly seconds: number
  readonly detail?: string
  /** Where it failed: the catalogue's code, and what the command exits with (3, or 6 where a server was gone). */
  readonly code?: string
  readonly exit?: ExitCode
}

/** What a probe came to. */
export type Outcome = Used | Failure

interface Failure {
  readonly verdict: 'failed'
  readonly code: string
  readonly detail: string
  readonly exit: ExitCode
}

export const failed = (code: string, detail: string, exit: ExitCode = EXIT.problems): Failure => ({
  verdict: 'failed',
  code,
  detail,
  exit,
})
export const skipped = (detail: string): Outcome => ({ verdict: 'skipped', detail })

/** So few at once that each one's time is its own, not that of the others before it. */
const UNDER_WAY = 16

export interface Prober {
  readonly results: readonly ProbeResult[]
  /** Makes one probe. Rejects only for a bug, or where the time for the whole run is up. */
  probe(probe: Pick<ProbeResult, 'name' | 'cluster' | 'role'>, run: () => Promise<Outcome>): Promise<void>
}

/** Makes probes side by side, and keeps what they came to. After `stop` none begins. */
export function createProber({ emit }: Pick<Io, 'emit'>, stop: AbortSignal): Prober {
  const results: ProbeResult[] = []
  const limit = pLimit(UNDER_WAY)
  return {
    results,
    probe: (what, run) =>
      limit(async () => {
        emit({ type: 'probe', name: what.name, state: 'started' })
        const began = performance.now()
        const outcome = stop.aborted ? skipped('the run was stopped') : await settled(run)
        const { verdict, detail } = outcome
        const told = { seconds: (performance.now() - began) / 1000, ...(detail !== undefined && { detail }) }
        const failure = outcome.verdict === 'failed' ? { code: outcome.code, exit: outcome.exit } : {}
        results.push({ ...what, verdict, ...told, ...failure })
        emit({ type: 'probe', name: what.name, state: verdict, ...told })
      }),
  }
}

async function settled(run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run()
  } catch (error) {
    if (!isIceError(error)) throw error
    if (isUnprepared(error)) return skipped(error.message)
    // The catalogue speaks to the operator of his own token there; this was the workload's.
    const { code } = error.code === VAULT.notPermitted.code ? VERIFY.probeFailed : error
    return failed(code, error.message, error.exitCode === EXIT.unreachable ? EXIT.unreachable : EXIT.problems)
  }
}

/** Kubernetes does not give the operator the token that the probe needs: that says nothing about the trust. */
function isUnprepared(error: IceError): boolean {
  const isKubernetes = Object.values(KUBERNETES).some(({ code }) => code === error.code)
  return isKubernetes && [403, 404, 422].includes(statusOf(error) ?? 0)
}

/**
 * Tries what Vault must refuse the workload. Only Vault's own refusal of a token that it knows counts: a server that is
 * gone or broken, a token that has ended, prove nothing.
 * @param uses how many requests the token lasts: the refused one may have been its last
 */
export async function mustBeRefused(attempt: () => Promise<Used>, uses: number): Promise<Outcome> {
  try {
    const used = await attempt()
    if (used.verdict === 'skipped' && used.allowed !== true) return used
  } catch (error) {
    if (!isIceError(error)) throw error
    if (error.code === VAULT.notPermitted.code || (uses > 0 && error.code === VAULT.tokenInvalid.code))
      return { verdict: 'passed' }
    // Vault gave what was asked for; that it did not work is no refusal.
    if (!Object.values(VERIFY).some(({ code }) => code === error.code)) throw error
  }
  return wasAllowed
}

const wasAllowed = failed(VERIFY.shouldBeRefused.code, 'it was allowed')

/**
 * Tries a login that Vault must refuse.
 * @param because what Vault says where it refuses for the reason that is to be proven, and not for any other
 */
export async function mustNotLogIn(attempt: () => Promise<unknown>, because: RegExp): Promise<Outcome> {
  try {
    await attempt()
    return wasAllowed
  } catch (error) {
    if (!isIceError(error) || error.code !== VAULT.loginRefused.code) throw error
    const said = String(error.details.evidence?.['said'])
    // The method `jwt` refuses with 400, as both do what makes no sense.
    if (statusOf(error) !== 403 && !/^error validating (?:token|claims): /.test(said)) throw error
    return because.test(said) ? { verdict: 'passed' } : skipped(`refused, but not for this: ${said}`)
  }
}
