import { headingOf, linesOf, remarks, visible, type Drawn, type DrawnNode } from './labels.js'

const SHAPES: Readonly<Record<DrawnNode['column'], readonly [string, string]>> = {
  account: ['([', '])'],
  role: ['[', ']'],
  policy: ['{{', '}}'],
  path: ['[(', ')]'],
}

/** Mermaid. https://mermaid.js.org/syntax/flowchart.html */
export function mermaid(drawn: Drawn): string {
  const nodes = drawn.nodes.map((node) => {
    const [open, close] = SHAPES[node.column]
    return `  ${node.id}${open}"${linesOf(node).map(quoted).join('<br/>')}"${close}`
  })
  const edges = drawn.edges.map(({ from, to, label }) =>
    label === undefined ? `  ${from} --> ${to}` : `  ${from} -->|"${quoted(visible(label))}"| ${to}`,
  )
  const comments = [headingOf(drawn), ...remarks(drawn)].map((line) => `%% ${line.replace(/[%{}]/g, escaped)}`)
  return `${['flowchart LR', ...comments, ...nodes, ...edges].join('\n')}\n`
}

/**
 * Everything but plain letters as Mermaid's own entity, `#39;`. Some signs are read within quotes, too: backticks, `*`, `_`
 * and what begins a list (each line is Markdown), `%%{` (a directive), `<` (HTML), `www.` (a link), and `:` after `style`.
 */
const quoted = (text: string): string => text.replace(/^[^\p{L}]|[^\p{L}\p{N} /+=,()-]/gu, escaped)

const escaped = (sign: string): string => `#${sign.codePointAt(0) ?? 0};`
