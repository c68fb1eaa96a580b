import type { RemovalResult } from '../../operations/results.js'
import { count, duration, table, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { errorLines } from './error.js'
import type { FileName } from './file-name.js'

type Removal = Told<RemovalResult>
type Planned = Removal['removals'][number]

/** What would go, what stays and why: before it is asked about. */
export function removalPreview({ removals }: Removal, theme: Theme): string {
  const going = removals.filter(({ action }) => action === 'delete')
  const heads = table(going.map(({ title, address }) => [theme.bad('- delete'), title, address]))
  const lines = going.flatMap((object, index) => [heads[index] ?? '', ...notes(object, theme)])
  return [...(lines.length > 0 ? [lines.join('\n')] : []), ...keptBlock(removals, theme)].join('\n\n') + '\n'
}

function notes({ loses, reason }: Planned, theme: Theme): string[] {
  const texts = [loses === undefined ? '' : `takes ${loses.replace(/,$/, '')} with it`, reason ?? '']
  return texts.filter((text) => text !== '').flatMap((text) => wrap(text, theme.width, '    '))
}

function keptBlock(removals: readonly Planned[], theme: Theme): string[] {
  const kept = removals.filter(({ action }) => action === 'keep')
  if (kept.length === 0) return []
  const lines = kept.flatMap(({ title, address, reason = '' }) => [
    `${theme.warn('= keep')}  ${title}  ${address}`,
    ...wrap(reason, theme.width, '    '),
  ])
  return [['Stays:', '', ...lines].join('\n')]
}

/** What went and what did not; the last line is the verdict. */
export function removalText(result: Removal, file: FileName, theme: Theme): string {
  const { removals, outcomes, unrecorded, dryRun, interrupted, operation, seconds } = result
  const took = `(${duration(seconds)})`
  const going = removals.filter(({ action }) => action === 'delete').length
  const kept = removals.filter(({ action }) => action === 'keep').length
  const done = outcomes.filter(({ state }) => state === 'done').length
  if ((going === 0 && unrecorded === undefined) || dryRun) {
    const shown = going + kept > 0 ? `${removalPreview(result, theme)}\n` : ''
    const verdict = dryRun
      ? theme.bold('Dry run: nothing was removed.')
      : kept > 0
        ? theme.warn(`Nothing was removed; ${count(kept, 'object')} of ours ${kept === 1 ? 'stays' : 'stay'}. ${took}`)
        : theme.good(`Nothing to remove. ${took}`)
    return `${shown}${verdict}\n`
  }
  const wrong = outcomes.filter(({ state }) => state !== 'done')
  const blocks = wrong.map(({ address, state, error, reason }) =>
    [
      `${theme.bad(state === 'failed' ? 'FAILED' : 'skipped')}  delete ${address}${reason === undefined ? '' : `: ${reason}`}`,
      ...(error === undefined ? [] : errorLines(error, theme).map((line) => `    ${line}`)),
    ].join('\n'),
  )
  if (unrecorded !== undefined) blocks.push(errorLines(unrecorded, theme).join('\n'))
  const stays = kept === 0 ? '' : `, ${count(kept, 'object')} kept`
  const tail =
    wrong.length > 0 || unrecorded !== undefined
      ? [
          `Next: mend the causes above, then run icebreaker ${operation}${file.flag} again: it goes on where this run ended.`,
          theme.bad(
            `${interrupted ? 'STOPPED' : 'FAILED'}: ${done} of ${count(going, 'object')} removed${stays}. ${took}`,
          ),
        ]
      : [theme.good(`Done: ${count(done, 'object')} removed${stays}. ${took}`)]
  return `${[...keptBlock(removals, theme), ...blocks, tail.join('\n')].join('\n\n')}\n`
}
