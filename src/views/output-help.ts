import type { IceEvent } from '../events/index.js'
import { FORMAT_MEANINGS, type Format } from './formats.js'
import { SCHEMA_VERSION } from './json.js'
import { ndjson } from './ndjson.js'

export interface OutputHelp {
  readonly formats: readonly { readonly name: Format; readonly meaning: string }[]
  readonly streams: readonly { readonly name: string; readonly meaning: string }[]
  readonly schemaVersion: number
  /** The lines of NDJSON. */
  readonly lines: readonly { readonly type: string; readonly meaning: string; readonly example?: string }[]
}

const STREAMS: Readonly<Record<string, string>> = {
  'standard output':
    'The result, in the format that was asked for, and nothing else. --out FILE of some commands writes a file beside it.',
  'standard error': 'What is for people: progress, warnings, questions, errors. With -o ndjson only errors.',
}

type Sample = { readonly [T in IceEvent['type']]: Extract<IceEvent, { type: T }> }

const SAMPLES: Sample = {
  step: { type: 'step', id: 'vault', title: 'Start OpenBao', state: 'done', seconds: 1.2 },
  note: { type: 'note', level: 'warning', code: 'ICE2011', text: 'The token expires soon.' },
  object: {
    type: 'object',
    address: 'vault:auth/demo/role/app',
    kind: 'AuthRole',
    action: 'create',
    state: 'done',
    seconds: 0.02,
  },
  probe: { type: 'probe', name: 'demo: app/web as app: logs in', state: 'passed', seconds: 0.03 },
}

const EVENTS: Readonly<Record<IceEvent['type'], string>> = {
  step: 'A part of the work. state: started, done, failed.',
  note: 'Something to know. level: info, warning; code: the page that says more.',
  object: 'An object is written. state: started, done, failed, skipped, unknown (the answer was lost).',
  probe: 'A step of a verification. state: started, passed, failed, skipped.',
}

/** What `help output` says; the examples are what is printed. */
export function outputHelp(version: string): OutputHelp {
  const renderer = ndjson({ version, now: () => new Date(0) })
  const printed = (event: IceEvent): readonly string[] => (renderer.event?.(event) ?? '').trimEnd().split('\n')
  const [first = ''] = printed(SAMPLES.step)
  return {
    formats: Object.entries(FORMAT_MEANINGS).map(([name, meaning]) => ({ name: name as Format, meaning })),
    streams: Object.entries(STREAMS).map(([name, meaning]) => ({ name, meaning })),
    schemaVersion: SCHEMA_VERSION,
    lines: [
      { type: 'version', meaning: 'The first line.', example: first },
      ...Object.entries(EVENTS).map(([type, meaning]) => ({
        type,
        meaning,
        example: printed(SAMPLES[type as IceEvent['type']]).at(-1) ?? '',
      })),
      { type: 'plan', meaning: 'What apply is about to do: the document of plan -o json.' },
      { type: 'result', meaning: 'The last line: what -o json prints.' },
      {
        type: 'error',
        meaning: 'The last line where there is no result: exit, error, and errors where there are several.',
      },
    ],
  }
}
