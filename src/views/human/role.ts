import type { Json } from '../../kinds/contract.js'
import type { RoleResult } from '../../operations/look-results.js'
import type { RoleListResult } from '../../operations/role-list.js'
import type { RoleShowResult } from '../../operations/role-show.js'
import { count, enumerate, shellQuote, table, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { inline } from '../value.js'
import { fieldLines, listText, otherLines } from './fields.js'

export function roleText(result: Told<RoleResult>, theme: Theme): string {
  const blocks = result.operation === 'role show' ? showBlocks(result, theme) : listBlocks(result, theme)
  return `${blocks.join('\n\n')}\n`
}

function showBlocks(
  { role, mount, fields, others, missingPolicies = [] }: Told<RoleShowResult>,
  theme: Theme,
): string[] {
  const more = otherLines(others, theme)
  const absent = missingPolicies.length === 1 ? 'this policy does' : 'these policies do'
  const warning = `Warning: ${absent} not exist, so the role gives nothing by that name: ${enumerate(missingPolicies)}.`
  return [
    [theme.bold(`Role ${role} of auth/${mount}`), ...fieldLines(fields, theme)].join('\n'),
    ...(more.length === 0 ? [] : [more.join('\n')]),
    ...(missingPolicies.length === 0
      ? []
      : [
          wrap(warning, theme.width)
            .map((line) => theme.warn(line))
            .join('\n'),
        ]),
  ]
}

function listBlocks({ mount, roles }: Told<RoleListResult>, theme: Theme): string[] {
  if (roles.length === 0)
    return [`auth/${mount} has no role.\nNext: icebreaker role write NAME --path ${shellQuote(mount)}`]
  const heads = ['ROLE', 'SERVICE ACCOUNTS', 'NAMESPACES', 'AUDIENCE', 'POLICIES']
  const rows = roles.map(({ name, isRead, serviceAccounts, namespaces, namespaceSelector, audience, policies }) =>
    isRead
      ? [
          name,
          listText(serviceAccounts),
          namespaceSelector === undefined
            ? listText(namespaces)
            : `${listText(namespaces, '')} ${selectorText(namespaceSelector)}`.trim(),
          audience === undefined ? '-' : inline(audience),
          listText(policies),
        ]
      : [name, '(may not be read)'],
  )
  const [head = '', ...lines] = table([heads, ...rows])
  return [[theme.bold(head), ...lines].join('\n'), `${count(roles.length, 'role')} of auth/${mount}.`]
}

/** `team=a`, or what else it is, as it is. */
function selectorText(selector: Json): string {
  if (typeof selector !== 'string') return inline(selector)
  try {
    const { matchLabels } = JSON.parse(selector) as { readonly matchLabels: Readonly<Record<string, string>> }
    return Object.entries(matchLabels)
      .map(([label, value]) => `${label}=${value}`)
      .join(',')
  } catch {
    return inline(selector)
  }
}
