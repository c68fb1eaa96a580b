import { CATALOGUE } from '../../catalogue/index.js'
import type { VerifyRunResult } from '../../operations/results.js'
import type { ProbeResult, VerifyResult } from '../../verify/run.js'
import { probeCounts } from '../summary.js'
import { count, duration, table, widthOf, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import { pageOf, type Told } from '../told.js'

type Verify = Told<VerifyResult>
type Probe = Told<ProbeResult>

/** What the workloads can do and what is refused to them; the last line is the verdict. */
export function verifyText(result: Told<VerifyRunResult>, theme: Theme): string {
  const blocks = [...probeBlocks(result.verify, theme), verdict(result, theme)]
  return `${blocks.join('\n\n')}\n`
}

/** All probes by cluster, account and role, their counts, and the failures once more with what to do. */
export function probeBlocks(verify: Verify, theme: Theme): string[] {
  const groups = new Map<string, Map<string, [string, Probe][]>>()
  for (const probe of verify.probes) {
    const [who, what] = split(probe)
    const cluster = groups.get(probe.cluster) ?? new Map<string, [string, Probe][]>()
    groups.set(probe.cluster, cluster.set(who, [...(cluster.get(who) ?? []), [what, probe]]))
  }
  const failed = verify.probes.filter((probe) => probe.verdict === 'failed')
  return [
    ...[...groups].map(([cluster, subjects]) => clusterBlock(cluster, subjects, theme)),
    ...(failed.length > 0 ? [['Failed:', ...failed.flatMap((probe) => failureLines(probe, theme))].join('\n')] : []),
    ...(verify.left.length > 0
      ? [[theme.warn('Not given back; it expires by itself:'), ...verify.left.map((one) => `  ${one}`)].join('\n')]
      : []),
    ...(verify.probes.length > 0 ? [probeLine(verify)] : []),
  ]
}

/** `21 passed, 0 failed, 1 skipped` */
function probeLine({ probes }: Verify): string {
  const { passed, failed, skipped } = probeCounts(probes)
  return `${count(probes.length, 'probe')}: ${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** A probe is named `CLUSTER: ACCOUNT as ROLE: WHAT`. */
function split({ name, cluster, role }: Probe): [who: string, what: string] {
  const rest = name.startsWith(`${cluster}: `) ? name.slice(cluster.length + 2) : name
  const end = rest.indexOf(` as ${role}: `)
  if (end === -1) return ['', rest]
  const who = rest.slice(0, end + ` as ${role}`.length)
  return [who, rest.slice(who.length + 2)]
}

function clusterBlock(
  cluster: string,
  subjects: ReadonlyMap<string, readonly [string, Probe][]>,
  theme: Theme,
): string {
  const lines = [...subjects].flatMap(([who, probes]) => [
    ...(who === '' ? [] : [`  ${theme.bold(who)}`]),
    ...probeTable(probes, theme),
  ])
  return [theme.bold(cluster === '' ? 'Not tried' : `Cluster ${cluster}`), ...lines].join('\n')
}

function probeTable(probes: readonly [string, Probe][], theme: Theme): string[] {
  const lines = table(
    probes.map(([what, probe]) => [
      `    ${word(probe, theme)}`,
      what,
      probe.verdict === 'skipped' ? '' : duration(probe.seconds),
    ]),
  )
  return lines.flatMap((line, index) => {
    const detail = probes[index]?.[1].detail
    if (detail === undefined) return [line]
    if (widthOf(line) + widthOf(detail) + 2 <= theme.width) return [`${line}  ${theme.dim(detail)}`]
    return [line, ...wrap(detail, theme.width, ' '.repeat(13)).map((part) => theme.dim(part))]
  })
}

function word({ verdict }: Probe, theme: Theme): string {
  const words = { passed: theme.good('ok'), failed: theme.bad('FAILED'), skipped: theme.warn('skipped') }
  return words[verdict]
}

function failureLines({ name, code, detail }: Probe, theme: Theme): string[] {
  const record = CATALOGUE.find((known) => known.code === code)
  return [
    `  ${theme.bad(code ?? 'FAILED')}  ${name}`,
    ...(detail === undefined ? [] : wrap(detail, theme.width, '    ')),
    ...(record === undefined
      ? []
      : [...wrap(`What to do: ${record.remedy}`, theme.width, '    '), `    More: ${pageOf(record.code)}`]),
  ]
}

function verdict({ verify, interrupted, seconds }: Told<VerifyRunResult>, theme: Theme): string {
  const { passed, failed } = probeCounts(verify.probes)
  if (failed > 0) return theme.bad(`FAILED: the trust is not as the file says. (${duration(seconds)})`)
  if (interrupted) return theme.warn(`STOPPED before the end: only what is listed was tried. (${duration(seconds)})`)
  if (verify.probes.length === 0) return 'Nothing to prove: no role was chosen.'
  if (passed === 0) return theme.bad('FAILED: nothing could be tried, so nothing is proven.')
  return theme.good(`The trust is proven. (${duration(seconds)})`)
}
