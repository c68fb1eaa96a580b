import { linesOf, visible, type Drawn, type DrawnNode } from './labels.js'

/** Pixels; the letters are of one width. */
const LETTER = 7.3
const LINE = 16
const PADDING = 8
const GAP = 10
const BETWEEN = 90
/** Longer texts are cut, and shown in full where one points at them. */
const LONGEST = 48

export interface Box {
  readonly node: DrawnNode
  readonly lines: readonly string[]
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Layout {
  /** By column, from top to bottom. */
  readonly boxes: readonly Box[]
  readonly width: number
  readonly height: number
}

/** The columns of the drawing, from left to right. */
const COLUMNS: readonly DrawnNode['column'][] = ['account', 'role', 'policy', 'path']

/** Four columns, each ordered by where its neighbours stand, so that few lines cross. */
export function layout({ nodes, edges }: Pick<Drawn, 'nodes' | 'edges'>): Layout {
  const capabilities = Map.groupBy(edges, ({ to }) => to)
  const names = new Map(nodes.map(({ id, name }) => [id, name]))
  const words = (node: DrawnNode): string[] => {
    const allowed = (capabilities.get(node.id) ?? []).flatMap(({ from, label }) =>
      label === undefined ? [] : [visible(`${label} (${names.get(from) ?? ''})`)],
    )
    return [...linesOf(node), ...allowed]
  }
  const columns = ordered(nodes, edges)
  const boxes: Box[] = []
  let [x, height] = [PADDING, 0]
  for (const column of columns) {
    const shown = column.map((node) => ({ node, lines: words(node).map(cut) }))
    const longest = Math.max(0, ...shown.flatMap(({ lines }) => lines.map((line) => Array.from(line).length)))
    const width = Math.round(longest * LETTER) + 2 * PADDING
    let y = PADDING
    for (const { node, lines } of shown) {
      const own = lines.length * LINE + PADDING
      boxes.push({ node, lines, x, y, width, height: own })
      y += own + GAP
    }
    height = Math.max(height, y)
    if (column.length > 0) x += width + BETWEEN
  }
  return { boxes, width: Math.max(x - BETWEEN, 0) + PADDING, height: height + PADDING }
}

function cut(line: string): string {
  const signs = Array.from(line)
  return signs.length <= LONGEST ? line : `${signs.slice(0, LONGEST - 1).join('')}…`
}

/** From left to right, then back: each column by the middle of its neighbours in the column before. */
function ordered(nodes: readonly DrawnNode[], edges: Drawn['edges']): DrawnNode[][] {
  const columns = COLUMNS.map((column) =>
    nodes
      .filter((node) => node.column === column)
      .sort((a, b) => compare(`${a.of ?? ''} ${a.name}`, `${b.of ?? ''} ${b.name}`)),
  )
  const [into, outOf] = [new Map<string, string[]>(), new Map<string, string[]>()]
  const add = (map: Map<string, string[]>, key: string, value: string): void => {
    const known = map.get(key)
    if (known === undefined) map.set(key, [value])
    else known.push(value)
  }
  for (const { from, to } of edges) {
    add(into, to, from)
    add(outOf, from, to)
  }
  for (let column = 1; column < columns.length; column++)
    columns[column] = byNeighbours(columns[column] ?? [], columns[column - 1] ?? [], into)
  for (let column = columns.length - 2; column >= 0; column--)
    columns[column] = byNeighbours(columns[column] ?? [], columns[column + 1] ?? [], outOf)
  return columns
}

/** Those without neighbours come last. */
function byNeighbours(
  column: readonly DrawnNode[],
  beside: readonly DrawnNode[],
  neighbours: ReadonlyMap<string, readonly string[]>,
): DrawnNode[] {
  const places = new Map(beside.map(({ id }, index) => [id, index]))
  const middle = ({ id }: DrawnNode): number => {
    const own = (neighbours.get(id) ?? []).map((other) => places.get(other) ?? 0)
    return own.length === 0 ? Infinity : own.reduce((sum, place) => sum + place, 0) / own.length
  }
  const keyed = column.map((node) => ({ node, at: middle(node) }))
  return keyed.sort((a, b) => (a.at === b.at ? 0 : a.at - b.at)).map(({ node }) => node)
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
