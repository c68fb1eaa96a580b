import type { ApplyResult } from '../../operations/results.js'
import { outcomeCounts, planCounts, probeCounts } from '../summary.js'
import { count, duration, enumerate, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { errorLines } from './error.js'
import type { FileName } from './file-name.js'
import { planPreview } from './plan.js'
import { probeBlocks } from './verify.js'

type Applied = Told<ApplyResult>
type Outcome = Applied['outcomes'][number]

/** What was done, what was not and why, how to go on, the proof; the last line is the verdict. */
export function applyText(result: Applied, file: FileName, theme: Theme): string {
  if (result.dryRun && changesOf(result) > 0) {
    return `${planPreview({ ...result, operation: 'plan' }, theme)}${theme.bold('Dry run: nothing was written.')}\n`
  }
  const failed = result.outcomes.filter(({ state }) => state === 'failed' || state === 'unknown')
  const blocks = [
    ...doneLines(result, theme),
    ...failed.map((outcome) => failedLines(outcome, theme).join('\n')),
    ...skippedBlocks(result, theme),
    ...(result.verify ? probeBlocks(result.verify, theme) : []),
    verdict(result, file, theme),
  ]
  return `${blocks.join('\n\n')}\n`
}

function changesOf({ plan }: Applied): number {
  const { create, update } = planCounts(plan.objects)
  return create + update
}

/** `Created 3 policies and 2 roles.`, in the order of the plan. */
function doneLines({ plan, outcomes }: Applied, theme: Theme): string[] {
  const done = new Map(outcomes.filter(({ state }) => state === 'done').map(({ address, action }) => [address, action]))
  const lines = (['create', 'update'] as const).flatMap((wanted) => {
    const byTitle = new Map<string, number>()
    for (const { address, title } of plan.objects) {
      if (done.get(address) === wanted) byTitle.set(title, (byTitle.get(title) ?? 0) + 1)
    }
    if (byTitle.size === 0) return []
    const things = [...byTitle].map(([title, number]) => count(number, title))
    return wrap(`${wanted === 'create' ? 'Created' : 'Updated'} ${enumerate(things)}.`, theme.width)
  })
  return lines.length > 0 ? [lines.join('\n')] : []
}

export function failedLines({ address, action, state, error }: Outcome, theme: Theme): string[] {
  const word = state === 'failed' ? 'FAILED' : 'UNKNOWN'
  const why = error === undefined ? [] : errorLines(error, { ...theme, width: theme.width - INDENT.length })
  return [`${theme.bad(word)}  ${action} ${address}`, ...why.map((line) => INDENT + line)]
}

/** By their reason: when a run is stopped they may be many. */
function skippedBlocks({ outcomes }: Applied, theme: Theme): string[] {
  const byReason = new Map<string, string[]>()
  for (const { state, reason = '', action, address } of outcomes) {
    if (state === 'skipped') byReason.set(reason, [...(byReason.get(reason) ?? []), `${INDENT}${action} ${address}`])
  }
  return [...byReason].map(([reason, lines]) => [`${theme.warn('skipped')}: ${reason}`, ...lines].join('\n'))
}

const INDENT = '    '

function verdict(result: Applied, file: FileName, theme: Theme): string {
  const { outcomes, verify, interrupted, seconds } = result
  const { done, failed, skipped, unknown } = outcomeCounts(outcomes)
  const took = `(${duration(seconds)})`
  const again = `icebreaker apply${file.flag}`
  if (failed + unknown > 0) {
    const parts = [
      `${done} of ${count(outcomes.length, 'object')} written`,
      `${failed} failed`,
      `${skipped} skipped`,
      `${unknown} unknown`,
    ]
    return [
      `Next: mend the causes above, then run ${again}: it goes on where this run ended.`,
      theme.bad(`FAILED: ${parts.join(', ')}. ${took}`),
    ].join('\n')
  }
  if (interrupted) {
    return [
      `Next: run ${again}: it goes on where this run ended.`,
      theme.warn(`STOPPED: ${done} of ${count(outcomes.length, 'object')} written. ${took}`),
    ].join('\n')
  }
  const state =
    outcomes.length === 0
      ? `No changes: the servers are as ${file.name} says`
      : `Done: ${count(done, 'object')} written`
  if (verify === undefined) return theme.good(`${state}. ${took}`)
  const probes = probeCounts(verify.probes)
  if (probes.failed > 0)
    return theme.bad(
      `FAILED: ${count(probes.failed, 'probe')} failed, though every object is as the file says. ${took}`,
    )
  if (probes.passed === 0) return theme.warn(`${state}; nothing of it could be proven. ${took}`)
  return theme.good(`${state}, and the trust is proven. ${took}`)
}
