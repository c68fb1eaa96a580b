import { headingOf, linesOf, remarks, visible, type Drawn, type DrawnNode } from './labels.js'

const SHAPES: Readonly<Record<DrawnNode['column'], string>> = {
  account: 'oval',
  role: 'box',
  policy: 'hexagon',
  path: 'cylinder',
}

/** Graphviz. https://graphviz.org/doc/info/lang.html */
export function dot(drawn: Drawn): string {
  const nodes = drawn.nodes.map(
    (node) => `  ${node.id} [shape=${SHAPES[node.column]}, label="${linesOf(node).map(quoted).join('\\n')}"]`,
  )
  const edges = drawn.edges.map(
    ({ from, to, label }) => `  ${from} -> ${to}${label === undefined ? '' : ` [label="${quoted(visible(label))}"]`}`,
  )
  const comments = [headingOf(drawn), ...remarks(drawn)].map((line) => `// ${line}`)
  return `${[...comments, 'digraph access {', '  rankdir=LR', ...nodes, ...edges, '}'].join('\n')}\n`
}

/** A label is an escString, in which `\` begins an escape, and `&lt;` is `<`. */
const quoted = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('&', '&amp;')
