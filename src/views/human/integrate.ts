import type { IntegrateListResult } from '../../operations/integrate-list.js'
import type { IntegrateResult } from '../../operations/integrate.js'
import { shellQuote, table, wrap } from '../text.js'
import type { Theme } from '../theme.js'

/** The manifests themselves, fit for `kubectl apply -f -`; where they were saved, what to type next. */
export function integrateText(result: IntegrateResult, theme: Theme): string {
  const { clusters, savedTo } = result
  if (savedTo === undefined)
    return Object.values(clusters)
      .map(({ manifests }) => manifests)
      .join('')
  const folders = savedTo
    .filter((path) => path.endsWith('kustomization.yaml'))
    .map((path) => path.replace(/\/?kustomization\.yaml$/, ''))
  const remarks = [
    ...result.workloads.flatMap(({ workload, role, cautions }) =>
      cautions.map((text) => `${workload} (${role}): ${text}`),
    ),
    ...result.skipped.map(({ workload, role, why }) => `Left out: ${workload} (${role}): ${why}.`),
  ]
  return `${[
    ...savedTo.map((path) => `Saved ${path}`),
    ...(remarks.length === 0 ? [] : ['', ...remarks.flatMap((text) => wrap(text, theme.width))]),
    '',
    'Next:',
    ...folders.map((folder) => `  kubectl apply -k ${shellQuote(folder === '' ? '.' : folder)}`),
  ].join('\n')}\n`
}

/** First the ways with what tells them apart, then for each workload which of them fit, and why. */
export function integrateListText(result: IntegrateListResult, theme: Theme): string {
  return `${[waysBlock(result, theme), ...result.workloads.map((one) => workloadBlock(one, result, theme)), ...unnamedBlock(result, theme)].join('\n\n')}\n`
}

function waysBlock({ ways }: IntegrateListResult, theme: Theme): string {
  return ways
    .map(({ way, title, keeps, rotation, restart, installs = 'nothing', nodePlugin }) =>
      [
        `${theme.bold(way)}  ${title}`,
        ...table([
          ['  secrets are kept', keeps],
          ['  when one changes', rotation],
          ['  restart needed', restart],
          ['  to be installed', installs],
          ['  on every node', nodePlugin ? 'a plug-in' : 'nothing'],
        ]),
      ].join('\n'),
    )
    .join('\n\n')
}

function workloadBlock(
  { cluster, workload, role, secrets, ways }: IntegrateListResult['workloads'][number],
  { workloads }: IntegrateListResult,
  theme: Theme,
): string {
  const several = new Set(workloads.map((one) => one.cluster)).size > 1
  const width = Math.max(...ways.map(({ way }) => way.length))
  const indent = ' '.repeat(width + 7)
  const lines = ways.flatMap(({ way, fits, why, cautions = [] }) => {
    const [first = '', ...more] = [`${why}.`, ...cautions].flatMap((text) => wrap(capital(text), theme.width, indent))
    return [`  ${way.padEnd(width)}  ${fits ? theme.good('yes') : theme.bad('no ')}${first.slice(width + 5)}`, ...more]
  })
  return [
    theme.bold(`${workload} by the role ${role}${several ? `, cluster ${cluster}` : ''}`),
    `  reads ${secrets.length === 0 ? 'no secret that can be named' : secrets.join(', ')}`,
    ...lines,
  ].join('\n')
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function unnamedBlock({ unnamed }: IntegrateListResult, theme: Theme): string[] {
  if (unnamed.length === 0) return []
  const names = [...new Set(unnamed.map(({ role }) => role))].join(', ')
  return [
    wrap(
      `Bound by wildcard or labels, so nobody can be named: ${names}. See one with --workload NAMESPACE/NAME.`,
      theme.width,
    ).join('\n'),
  ]
}
