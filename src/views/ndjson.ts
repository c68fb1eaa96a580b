import { errorDocument, resultDocument, SCHEMA_VERSION, unobeyed } from './json.js'
import type { Renderer } from './renderer.js'

interface Options {
  /** Of icebreaker. */
  readonly version: string
  readonly now: () => Date
}

/** One JSON object a line: the version first, events as they happen, at last the result or the error. */
export function ndjson({ version, now }: Options): Renderer {
  let begun = false
  const line = (type: string, members: object): string => {
    const text = `${unobeyed(JSON.stringify({ type, time: now().toISOString(), ...members }))}\n`
    if (begun) return text
    begun = true
    return `${JSON.stringify({ type: 'version', schemaVersion: SCHEMA_VERSION, icebreaker: version })}\n${text}`
  }
  return {
    event: ({ type, ...event }) => ('minor' in event ? '' : line(type, event)),
    plan: (plan) => line('plan', resultDocument(plan)),
    result: (result) => line('result', resultDocument(result)),
    error: (errors, exit) => line('error', errorDocument(errors, exit)),
  }
}
