import type { GraphResult } from '../../operations/graph.js'
import { draw } from '../graph/index.js'
import { remarks } from '../graph/labels.js'
import { count, enumerate, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'

const NOUNS = { account: 'service account', role: 'role', policy: 'policy', path: 'path' } as const

/** The drawing itself; where it was saved, what is in it. */
export function graphText(result: Told<GraphResult>, theme: Theme): string {
  if (result.savedTo === undefined) return draw(result)
  const counts = Object.entries(NOUNS).map(([column, noun]) =>
    count(result.nodes.filter((node) => node.column === column).length, noun),
  )
  const lines = remarks(result).flatMap((line) => wrap(line, theme.width))
  return `${[...lines, `Saved to ${result.savedTo}: ${enumerate(counts)}.`].join('\n')}\n`
}
