import type { IntegrateJobResult } from '../../operations/integrate-job.js'
import { comment, shellText } from '../shell.js'
import { shellQuote } from '../text.js'

/** The manifests, fit for `kubectl apply -f -`; the commands for Vault as a script; or what was saved, and what to type next. */
export function integrateJobText(result: IntegrateJobResult): string {
  const { savedTo, shown, manifests, vault, file } = result
  if (savedTo !== undefined) return savedText(savedTo, result)
  if (shown === 'objects') return manifests
  if (vault === undefined)
    return `${comment(`Nothing: the role is in the file ${file}, so icebreaker apply makes it.`)}\n`
  return `${[preamble(result, vault), shellText(vault.script)].join('\n\n')}\n`
}

function preamble(
  { command, file }: IntegrateJobResult,
  { namespace }: NonNullable<IntegrateJobResult['vault']>,
): string {
  return [
    '#!/bin/sh',
    comment(
      `What Vault must have for icebreaker integrate job ${command} of the file ${file}: the policy and the role of the Job.`,
    ),
    comment('The servers are those of VAULT_ADDR and VAULT_TOKEN.'),
    'set -eu',
    ...(namespace === undefined
      ? []
      : [`export VAULT_NAMESPACE=${shellQuote(namespace)} BAO_NAMESPACE=${shellQuote(namespace)}`]),
    comment("OpenBao's program is named bao, and takes the same."),
    'command -v vault >/dev/null || vault() { bao "$@"; }',
  ].join('\n')
}

function savedText(savedTo: readonly string[], { vault, command }: IntegrateJobResult): string {
  const folder = (savedTo.find((path) => path.endsWith('kustomization.yaml')) ?? '').replace(
    /\/?kustomization\.yaml$/,
    '',
  )
  return `${[
    ...savedTo.map((path) => `Saved ${path}`),
    '',
    'Next:',
    ...(vault === undefined
      ? []
      : [
          `  icebreaker integrate job ${command} … --vault | sh     (or add the parts in vault/ to the file, and apply)`,
        ]),
    `  kubectl apply -k ${shellQuote(folder === '' ? '.' : folder)}`,
  ].join('\n')}\n`
}
