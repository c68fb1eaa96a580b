import { EXIT } from './record.js'

const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'Done; healthy; or nothing was to be done.',
  failed: 'It failed, was partly done, or it is not known how it ended.',
  usage: 'The command line or the file is wrong. Nothing was contacted.',
  problems: 'verify or policy lint found problems, also when apply itself worked.',
  changes: '`plan --exit-code` has changes, `policy diff --exit-code` a difference.',
  notPermitted: 'Not permitted; also a token that expired on the way.',
  unreachable: 'A server cannot be reached, is sealed, or timed out.',
  declined: 'The operator said no.',
  refused: 'Refused: it would touch what is not ours, or somebody changed it meanwhile.',
}

/** What each exit code means; several at once: 8, then 5, then 6, then 1. */
export const EXIT_CODES: readonly { readonly code: number; readonly meaning: string }[] = [
  ...Object.entries(EXIT).map(([name, code]) => ({ code, meaning: MEANINGS[name as keyof typeof EXIT] })),
  { code: 130, meaning: 'Stopped by Ctrl-C; 143 by SIGTERM.' },
]
