import type { TransitResult } from '../../operations/engine-results.js'
import type { TransitCheckResult } from '../../operations/transit-check.js'
import type { TransitRotateResult } from '../../operations/transit-rotate.js'
import { table } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'

export function transitText(result: Told<TransitResult>, theme: Theme): string {
  const lines = result.operation === 'transit rotate' ? rotateLines(result, theme) : checkLines(result, theme)
  return `${lines.join('\n')}\n`
}

function rotateLines({ mount, key, type, before, after, dryRun }: Told<TransitRotateResult>, theme: Theme): string[] {
  const changed = (from: string, to: string): string => (from === to ? to : `${from} → ${to}`)
  return [
    theme.bold(`Key ${mount}/${key} (${type})`),
    ...table([
      ['  latest version', changed(String(before.latestVersion), String(after.latestVersion))],
      ['  decrypts from version', changed(String(before.minDecryptionVersion), String(after.minDecryptionVersion))],
      ['  encrypts from version', changed(encryption(before), encryption(after))],
    ]),
    '',
    dryRun ? theme.bold('Dry run: nothing was written.') : theme.good('Rotated.'),
  ]
}

const encryption = ({ minEncryptionVersion, latestVersion }: TransitRotateResult['before']): string =>
  minEncryptionVersion === 0 ? `${latestVersion} (the latest)` : String(minEncryptionVersion)

function checkLines({ mount, key, type, latestVersion, uses }: Told<TransitCheckResult>, theme: Theme): string[] {
  const isProven = uses.every(({ verdict }) => verdict === 'passed')
  return [
    theme.bold(`Key ${mount}/${key} (${type}, version ${latestVersion})`),
    ...table(
      uses.map(({ use, verdict, detail = '' }) => [
        verdict === 'passed' ? theme.good('  passed') : theme.warn('  NOT PROVEN'),
        use,
        detail,
      ]),
    ),
    '',
    isProven ? theme.good('The key works.') : theme.warn('Not proven.'),
  ]
}
