import type { RotateResult } from '../../operations/rotate.js'
import { duration, table } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'

type Rotate = Told<RotateResult>

/** What was proven and ended; the last line is the verdict. */
export function rotateText(result: Rotate, theme: Theme): string {
  const { namespace, serviceAccount, cluster, mount, mode, proofs, ended, left } = result
  const rows = [
    ['  Auth mount', `auth/${mount}`],
    ['  Mode', mode],
    ['  Expires', expiryText(result)],
    ...proofs.map((proof, index) => [index === 0 ? '  Proven' : '', proof]),
    ...ended.map((secret, index) => [index === 0 ? '  Ended with' : '', `Secret ${secret}`]),
    ...left.map((what, index) => [index === 0 ? theme.warn('  Not ended') : '', what]),
  ]
  const head = theme.bold(`Token of the reviewer ${namespace}/${serviceAccount} on cluster ${cluster}`)
  return `${[head, ...table(rows)].join('\n')}\n\n${verdict(result, theme)}\n`
}

function expiryText({ expiresAt, mode, asked = 0, granted = 0 }: Rotate): string {
  if (expiresAt === undefined) return mode === 'secret' ? 'never' : 'not recorded'
  // As TokenRequest counts, a second more or less.
  return granted < asked * 0.95 ? `${expiresAt}: ${hours(asked)} were asked for, ${hours(granted)} granted` : expiresAt
}

const hours = (seconds: number): string => `${Math.round(seconds / 360) / 10} h`

function verdict({ rotated, isDue, dryRun, reason, left, interrupted, seconds }: Rotate, theme: Theme): string {
  if (!isDue) return theme.good(`Nothing to do: ${reason}.`)
  if (dryRun) return `${theme.bold('Dry run: nothing was written.')} It would be rotated: ${reason}.`
  if (interrupted) return theme.warn('STOPPED before the end. Run it again.')
  if (left.length > 0) return theme.warn('ROTATED, but not everything of before was ended. Run it again.')
  return rotated ? theme.good(`Rotated: ${reason}. (${duration(seconds)})`) : ''
}
