import type { ClusterCaResult, ClusterTrust } from '../../operations/cluster-ca.js'
import type { ClusterInspectResult } from '../../operations/cluster-inspect.js'
import type { ClusterResult } from '../../operations/look-results.js'
import { table } from '../text.js'
import type { Theme } from '../theme.js'
import type { ErrorRecord, Told } from '../told.js'
import { errorLines } from './error.js'
import { stateLines, verdictLines } from './reviewer.js'

type Certificate = ClusterTrust['caCertificates'][number]

/** `cluster ca` is the PEM alone: what there is to know of it stands on standard error. */
export function clusterText(result: Told<ClusterResult>, theme: Theme): string {
  return result.operation === 'cluster ca' ? pemText(result) : inspectText(result, theme)
}

const pemText = ({ ca }: Told<ClusterCaResult>): string => (ca === '' ? '' : `${ca.trimEnd()}\n`)

function inspectText(result: Told<ClusterInspectResult>, theme: Theme): string {
  const { cluster, server, version, clockAhead, trust, refused, tokens, audiences, reviewer } = result
  const facts = table([
    ['  Spoken to at', server],
    ['  Version', version],
    ...(clockAhead === undefined ? [] : [['  Clock', clockText(clockAhead)]]),
  ])
  const issuer = table([
    ['  Issuer', tokens?.issuer ?? '(not published, or not to be read by this user)'],
    ...(tokens?.keys === undefined ? [] : [['  Keys', tokens.keys]]),
    ...(tokens === undefined || tokens.algorithms.length === 0 ? [] : [['  Algorithms', tokens.algorithms.join(', ')]]),
    ['  Audiences', audiences?.join(', ') ?? 'not published; --probe asks for a token and shows them'],
  ])
  const blocks = [
    [theme.bold(`Cluster ${cluster}`), ...facts],
    trust === undefined ? refusedLines(refused, theme) : trustLines(trust, theme),
    [theme.bold('Service-account tokens'), ...issuer],
    ...(reviewer === undefined
      ? []
      : [
          [theme.bold(`Reviewer ${reviewer.namespace}/${reviewer.serviceAccount}`), ...stateLines(reviewer)],
          verdictLines(reviewer, theme),
        ]),
  ]
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

/** Tokens are refused where clocks are more than a minute apart. */
function clockText(ahead: number): string {
  if (Math.abs(ahead) <= 1) return 'as here'
  return `${Math.abs(ahead)} s ${ahead > 0 ? 'behind' : 'ahead of'} this machine’s`
}

const refusedLines = (refused: ErrorRecord | undefined, theme: Theme): string[] => [
  theme.bold('For Vault'),
  ...(refused === undefined ? [] : errorLines(refused, theme)),
]

function trustLines(
  { apiServer, caFrom, caCertificates, certificate, proof }: Told<ClusterTrust>,
  theme: Theme,
): string[] {
  const proven =
    proof.by === 'operator'
      ? theme.good('proven from here')
      : theme.warn(`not proven: it cannot be reached from here (${proof.because}); Vault’s side must prove it`)
  return [
    theme.bold('For Vault'),
    ...table([
      ['  Address', apiServer],
      ['  Proof', proven],
      ...(caCertificates.length === 0 ? [['  CA', 'the roots of Vault’s own machine']] : []),
      ...caCertificates.flatMap((ca, index) => certificateRows(index === 0 ? `CA (${caFrom})` : 'and', ca)),
      ...(certificate === undefined
        ? []
        : [...certificateRows('Certificate', certificate), ['    for', certificate.sans.join(', ')]]),
    ]),
  ]
}

const certificateRows = (title: string, { subject, issuer, notAfter, fingerprint256 }: Certificate): string[][] => [
  [`  ${title}`, subject],
  ['    issued by', issuer],
  ['    expires', notAfter],
  ['    SHA-256', fingerprint256],
]
