import { engineAt } from './engine-mount.js'
import type { StepResult } from './results.js'
import { step, type StepOptions } from './step.js'
import type { Step } from './step-file.js'
import { withStepSession } from './step-session.js'

/**
 * Mounts a KV engine, or tunes one that is there. Where nothing is said of its version, one that is there keeps its own.
 * @throws IceError VAULT.notThere where another sort of engine is mounted there
 */
export async function kvEnable(options: StepOptions, mount: string): Promise<StepResult> {
  const live = await withStepSession(options, async ({ vault }) => engineAt(mount, 'kv', await vault()))
  const keeps = live?.version !== undefined && !options.step.says.includes('version')
  return step(keeps ? { ...options, step: withVersion(options.step, mount, live.version) } : options)
}

function withVersion(wanted: Step, mount: string, version: number): Step {
  return {
    ...wanted,
    sections(place) {
      const sections = wanted.sections(place) as { readonly engines: Readonly<Record<string, object>> }
      return { ...sections, engines: { [mount]: { ...sections.engines[mount], version } } }
    },
  }
}
