import type { PrintCommandsResult } from '../../operations/results.js'
import { comment, shellText } from '../shell.js'
import { quoted, shellQuote } from '../text.js'

/** The commands as a script that can be read, and run as it stands. It has no colour and no other width: it is for a shell. */
export function scriptText(result: PrintCommandsResult): string {
  const { file, steps } = result
  const blocks = [
    [
      '#!/bin/sh',
      comment(`What \`icebreaker apply\` would do now for ${file}, as kubectl and vault commands, in its order.`),
      comment(`Nobody keeps a record of what they make: icebreaker takes it over with \`apply --adopt all\`.`),
    ].join('\n'),
    ...(steps.length === 0
      ? [comment('Nothing is to be done: the servers are as the file says.')]
      : [preamble(result), shellText(result), comment('Does it work? `icebreaker verify` proves it.')]),
  ]
  return `${blocks.join('\n\n')}\n`
}

function preamble({ environment, tokenFile, checks }: PrintCommandsResult): string {
  const set = Object.entries(environment).flatMap(([name, value]) =>
    value === null ? [] : [`export ${name}=${shellQuote(value)}`],
  )
  const unset = Object.entries(environment).flatMap(([name, value]) => (value === null ? [name] : []))
  return [
    'set -eu',
    ...set,
    ...(unset.length === 0 ? [] : [`unset ${unset.join(' ')}`]),
    ...(tokenFile === undefined
      ? []
      : [`VAULT_TOKEN=$(cat -- ${shellQuote(tokenFile)})`, 'BAO_TOKEN=$VAULT_TOKEN', 'export VAULT_TOKEN BAO_TOKEN']),
    comment("OpenBao's program is named bao, and takes the same."),
    'command -v vault >/dev/null || vault() { bao "$@"; }',
    ...checks.flatMap(({ cluster, words, prints }) => [
      comment(`The cluster ${cluster} is the one of the current context; another one would be another cluster.`),
      `[ "$(${words.map(shellQuote).join(' ')})" = ${quoted(prints)} ] || { echo ${quoted(`The current context does not lead to ${prints}.`)} >&2; exit 1; }`,
    ]),
  ].join('\n')
}
