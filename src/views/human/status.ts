import type { StatusResult } from '../../operations/status.js'
import { count, table } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import type { FileName } from './file-name.js'

/** One screen: what stands, and what ends when. */
export function statusText(result: Told<StatusResult>, file: FileName, theme: Theme): string {
  const { trusts, owned, unwanted, appliedAt, removedAt, verifiedAt, expires, servers } = result
  const of = Object.entries(owned).map(([title, number]) => count(number, title))
  const blocks = [
    table([
      ['File', `${result.file} (${file.name})`],
      ['Vault', servers.vault],
      ['Applied', appliedAt ?? 'never'],
      ...(removedAt === undefined ? [] : [['Removed', removedAt]]),
      ['Verified', verifiedAt ?? 'never'],
    ]).join('\n'),
    [
      theme.bold('Trusts'),
      ...table(
        trusts.map(({ cluster, mount, reviewer, token, roles, applied }) => [
          `  ${cluster}`,
          `auth/${mount}`,
          `reviewer ${reviewer} (${token})`,
          count(roles, 'role'),
          applied ? theme.good('applied') : theme.warn('not applied'),
        ]),
      ),
    ].join('\n'),
    of.length === 0 ? 'Owns nothing yet.' : `Owns ${of.join(', ')}.`,
    ...(unwanted.length === 0
      ? []
      : [
          [
            theme.warn(`${count(unwanted.length, 'object')} of them the file no longer names:`),
            ...unwanted.slice(0, 5).map((address) => `  ${address}`),
            ...(unwanted.length > 5 ? [`  and ${unwanted.length - 5} more`] : []),
            `Next: icebreaker prune${file.flag}`,
          ].join('\n'),
        ]),
    ...(expires.length === 0
      ? []
      : [
          [
            theme.bold('Expires'),
            ...table(
              expires.map(({ what, at, left }) => [`  ${what}`, at, left < 0 ? theme.bad('EXPIRED') : spell(left)]),
            ),
          ].join('\n'),
        ]),
  ]
  return `${blocks.join('\n\n')}\n`
}

/** Roughly: `in 3 days`. */
function spell(seconds: number): string {
  const [size, unit] = (
    [
      [86_400, 'day'],
      [3600, 'hour'],
      [60, 'minute'],
    ] as const
  ).find(([each]) => seconds >= each) ?? [1, 'second']
  return `in ${count(Math.floor(seconds / size), unit)}`
}
