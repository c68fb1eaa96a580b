import { createHash } from 'node:crypto'
import { headingOf, linesOf, remarks, titleOf, visible, type Drawn, type DrawnNode } from './labels.js'
import { layout, type Box, type Layout } from './layout.js'
import { SCRIPT, STYLE } from './page.js'

/** One page that loads nothing: a drawing that can be searched, and the same as a table. */
export function html(drawn: Drawn): string {
  const laid = layout(drawn)
  const heading = escape(headingOf(drawn))
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(POLICY)}">
<meta name="viewport" content="width=device-width">
<title>${heading}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${heading}</h1>
<p>Service accounts lead to the roles by which they log in, roles to policies, policies to the paths that they speak of. A dashed frame and a code mark what should be looked at.</p>
<p id="tools" hidden><label>Search <input id="search" type="search"></label> <span id="count" role="status"></span></p>
<div class="drawing">
${svg(laid, drawn.edges)}
</div>
${remarksOf(drawn)}
${tableOf(drawn)}
<script type="application/json" id="model">${modelOf(laid, drawn.edges)}</script>
<script>${SCRIPT}</script>
</body>
</html>
`
}

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Nothing may be fetched or sent, and nothing runs that is not ours. */
const POLICY = `default-src 'none'; script-src ${hash(SCRIPT)}; style-src ${hash(STYLE)}; base-uri 'none'; form-action 'none'`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '')

/** JSON within a script element: nothing in it may end that, or begin a comment. */
function modelOf({ boxes }: Layout, edges: Drawn['edges']): string {
  const nodes = boxes.map(({ node, height }) => ({
    id: node.id,
    column: node.column,
    height,
    text: linesOf(node).join('\n').toLowerCase(),
  }))
  const model = { nodes, edges: edges.map(({ from, to }) => [from, to]) }
  return JSON.stringify(model).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function svg({ boxes, width, height }: Layout, edges: Drawn['edges']): string {
  const byId = new Map(boxes.map((box) => [box.node.id, box]))
  const lines = edges.flatMap(({ from, to }) => {
    const [a, b] = [byId.get(from), byId.get(to)]
    return a === undefined || b === undefined ? [] : [lineOf(a, b)]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="The same as the table below">`,
    ...lines,
    ...boxes.map(boxOf),
    '</svg>',
  ].join('\n')
}

function lineOf(a: Box, b: Box): string {
  const [x1, y1, x2, y2] = [a.x + a.width, a.y + a.height / 2, b.x, b.y + b.height / 2]
  const half = (x1 + x2) / 2
  const data = `data-from="${a.node.id}" data-to="${b.node.id}" data-start="${x1}" data-end="${x2}"`
  return `<path ${data} d="M${x1} ${y1}C${half} ${y1} ${half} ${y2} ${x2} ${y2}"></path>`
}

function boxOf({ node, lines, x, y, width, height }: Box): string {
  const texts = lines.map(
    (line, index) => `<text x="8" y="${index * 16 + 16}"${index === 0 ? ' class="name"' : ''}>${escape(line)}</text>`,
  )
  const found = node.codes.length > 0 ? ' class="found"' : ''
  return `<g data-node="${node.id}" data-x="${x}"${found} transform="translate(${x} ${y})"><title>${escape(linesOf(node).join('\n'))}</title><rect width="${width}" height="${height}" rx="4"></rect>${texts.join('')}</g>`
}

function remarksOf(drawn: Drawn): string {
  const lines = remarks(drawn)
  if (lines.length === 0) return '<p>Nothing remarkable was found.</p>'
  const codes = [...new Set([...drawn.findings, ...drawn.gaps].map(({ code }) => code))]
  const meanings = codes.map((code) => `<li>${escape(`${code}: ${titleOf(code)}`)}</li>`)
  return `<h2>What should be looked at</h2>\n<ul>\n${lines.map((line) => `<li>${escape(line)}</li>`).join('\n')}\n</ul>\n<h3>The codes</h3>\n<ul>\n${meanings.join('\n')}\n</ul>`
}

/** A row for each role, and for each policy that no role names. */
function tableOf({ nodes, edges }: Drawn): string {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const [into, outOf] = [Map.groupBy(edges, ({ to }) => to), Map.groupBy(edges, ({ from }) => from)]
  const pathsOf = ({ id, name }: DrawnNode): string[] =>
    (outOf.get(id) ?? []).map(({ to, label }) => `${byId.get(to)?.name ?? ''}: ${label ?? ''} (${name})`)
  const row = (key: string, ...cells: readonly (readonly string[])[]): string =>
    `<tr data-row="${key}">${cells.map((lines) => `<td>${lines.map((line) => escape(visible(line))).join('<br>')}</td>`).join('')}</tr>`
  const words = (node: DrawnNode | undefined): string[] => (node === undefined ? [] : [linesOf(node).join(', ')])
  const rows = nodes.flatMap((node) => {
    if (node.column === 'role') {
      const accounts = (into.get(node.id) ?? []).flatMap(({ from }) => words(byId.get(from)))
      const policies = (outOf.get(node.id) ?? []).flatMap(({ to }) => byId.get(to) ?? [])
      return [row(node.id, accounts, words(node), policies.flatMap(words), policies.flatMap(pathsOf))]
    }
    const isAlone = node.column === 'policy' && !into.has(node.id)
    return isAlone ? [row(node.id, [], [], words(node), pathsOf(node))] : []
  })
  const head = ['Service accounts', 'Role', 'Policies', 'Paths'].map((title) => `<th scope="col">${title}</th>`)
  return `<h2>As a table</h2>\n<table>\n<thead><tr>${head.join('')}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>`
}
