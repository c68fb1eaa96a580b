import type { StepResult } from '../../operations/results.js'
import { outcomeCounts } from '../summary.js'
import { count, duration } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { failedLines } from './apply.js'
import { objectLines } from './plan.js'
import { meaningLines } from './policy.js'

type Step = Told<StepResult>

const HOLDERS: readonly string[] = ['Namespace', 'EngineMount']

/** What was changed, field by field; the last line is the verdict. */
export function stepText(result: Step, theme: Theme): string {
  const { plan, outcomes, dryRun, interrupted, seconds } = result
  const { done, failed, unknown } = outcomeCounts(outcomes)
  const written = plan.objects.filter(({ action }) => action === 'create' || action === 'update')
  const wrong = outcomes.filter(({ state }) => state === 'failed' || state === 'unknown')
  // That a namespace or an engine is there already, nobody asked.
  const kept = plan.objects.filter(
    ({ action, changes, reason, kind }) =>
      action === 'none' && (changes.length > 0 || (reason !== undefined && !HOLDERS.includes(kind))),
  )
  const blocks = [
    ...(written.length > 0 ? [objectLines(written, theme).join('\n')] : []),
    ...(result.meaning === undefined || written.length === 0 ? [] : [meaningLines(result.meaning, theme).join('\n')]),
    ...kept.map(({ title, address, reason }) => `= ${title}  ${address}${reason === undefined ? '' : `: ${reason}`}`),
    ...wrong.map((outcome) => failedLines(outcome, theme).join('\n')),
  ]
  const took = `(${duration(seconds)})`
  const verdict = (): string => {
    if (written.length === 0) return theme.good(`No changes: ${asAsked(result)}. ${took}`)
    if (dryRun) return theme.bold('Dry run: nothing was written.')
    if (failed + unknown > 0)
      return theme.bad(
        `FAILED: ${done} of ${count(outcomes.length, 'object')} written. Run it again when that is mended. ${took}`,
      )
    if (interrupted) return theme.warn(`STOPPED: ${done} of ${count(outcomes.length, 'object')} written. ${took}`)
    return theme.good(`Done: ${count(done, 'object')} written. ${took}`)
  }
  return `${[...blocks, verdict()].join('\n\n')}\n`
}

function asAsked({ plan }: Step): string {
  const [only, ...more] = plan.objects.filter(({ reason }) => reason === undefined)
  if (only === undefined) return 'all of it is there already'
  return more.length === 0 ? `${only.title} ${only.address} is as asked` : 'all is as asked'
}
