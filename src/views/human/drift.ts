import type { DriftResult } from '../../operations/results.js'
import { probeCounts } from '../summary.js'
import { count, duration } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import type { FileName } from './file-name.js'
import { planDifferences } from './plan.js'
import { probeBlocks } from './verify.js'

/** What differs, what could not be read and was proven, and the verdict on the last line. */
export function driftText(result: Told<DriftResult>, file: FileName, theme: Theme): string {
  const { plan, verify, seconds } = result
  const drifted = plan.objects.filter(({ action }) => action !== 'none').length
  const failed = verify === undefined ? 0 : probeCounts(verify.probes).failed
  const took = `(${duration(seconds)})`
  const verdict = (): string => {
    if (drifted > 0)
      return theme.bad(
        `DRIFTED: ${count(drifted, 'object')} ${drifted === 1 ? 'is' : 'are'} not as the file says. ${took}`,
      )
    if (failed > 0)
      return theme.bad(`DRIFTED: every field is as the file says, but ${count(failed, 'proof')} failed. ${took}`)
    return theme.good(
      `No drift: the servers are as ${file.name} says${verify === undefined ? ', as far as can be read' : ', and it works'}. ${took}`,
    )
  }
  const next =
    drifted > 0 ? [`Next: icebreaker plan${file.flag} shows it again, icebreaker apply${file.flag} mends it.`] : []
  return `${[...planDifferences(result, theme), ...(verify ? probeBlocks(verify, theme) : []), [...next, verdict()].join('\n')].join('\n\n')}\n`
}
