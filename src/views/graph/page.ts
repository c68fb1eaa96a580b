/** The style and the script of the HTML page; both are named by their hash in its Content-Security-Policy. */

export const STYLE = `
:root { color-scheme: light dark; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 1.5rem; }
input { font: inherit; padding: .3rem .5rem; width: 24rem; max-width: 90%; }
.drawing { overflow: auto; max-height: 80vh; border: 1px solid #8888; margin: 1rem 0; }
svg text { font: 12px/1 ui-monospace, monospace; fill: CanvasText; }
svg rect { fill: Canvas; stroke: CanvasText; }
svg .found rect { stroke-width: 2.5; stroke-dasharray: 6 3; }
svg .name { font-weight: bold; }
svg path { fill: none; stroke: #888; }
.off { display: none; }
table { border-collapse: collapse; }
td, th { border: 1px solid #8888; padding: .3rem .5rem; text-align: left; vertical-align: top; }
td { font-family: ui-monospace, monospace; font-size: 12px; overflow-wrap: anywhere; }
`

/**
 * \`shown\` and \`placed\` are pure, and tried by themselves. The model is \`{ nodes: [{ id, column, height, text }], edges:
 * [[from, to]] }\`; the nodes of a column stand in it from top to bottom.
 */
export const SCRIPT = `
'use strict'
// What a search leaves: for each word the nodes that have it, and all that leads to them or that they lead to.
function shown(model, query) {
  const words = query.toLowerCase().split(/\\s+/).filter((word) => word !== '')
  const follow = (begin, next) => {
    const found = new Set(begin)
    const waiting = [...begin]
    while (waiting.length > 0) {
      for (const id of next.get(waiting.pop()) || []) {
        if (!found.has(id)) { found.add(id); waiting.push(id) }
      }
    }
    return found
  }
  const after = new Map(), before = new Map()
  const add = (map, key, value) => { if (!map.has(key)) map.set(key, []); map.get(key).push(value) }
  for (const [from, to] of model.edges) { add(after, from, to); add(before, to, from) }
  let left = new Set(model.nodes.map(({ id }) => id))
  for (const word of words) {
    const hits = model.nodes.filter(({ text }) => text.includes(word)).map(({ id }) => id)
    const around = new Set([...follow(hits, after), ...follow(hits, before)])
    left = new Set([...left].filter((id) => around.has(id)))
  }
  return left
}
// Where the nodes that are left stand: in their order, without holes.
function placed(model, left) {
  const tops = new Map(), next = new Map()
  for (const { id, column, height } of model.nodes) {
    if (!left.has(id)) continue
    const top = next.has(column) ? next.get(column) : 8
    tops.set(id, top)
    next.set(column, top + height + 10)
  }
  return tops
}
if (typeof document !== 'undefined') {
  const model = JSON.parse(document.getElementById('model').textContent)
  const box = document.getElementById('search'), count = document.getElementById('count')
  const boxes = new Map([...document.querySelectorAll('svg [data-node]')].map((each) => [each.dataset.node, each]))
  const middles = new Map(model.nodes.map(({ id, height }) => [id, height / 2]))
  const show = () => {
    const left = shown(model, box.value), tops = placed(model, left)
    for (const [id, each] of boxes) {
      each.classList.toggle('off', !left.has(id))
      if (left.has(id)) each.setAttribute('transform', 'translate(' + each.dataset.x + ' ' + tops.get(id) + ')')
    }
    for (const each of document.querySelectorAll('svg [data-from]')) {
      const { from, to, start, end } = each.dataset
      const on = left.has(from) && left.has(to)
      each.classList.toggle('off', !on)
      if (!on) continue
      const a = tops.get(from) + middles.get(from), b = tops.get(to) + middles.get(to), half = (Number(start) + Number(end)) / 2
      each.setAttribute('d', 'M' + start + ' ' + a + 'C' + half + ' ' + a + ' ' + half + ' ' + b + ' ' + end + ' ' + b)
    }
    for (const each of document.querySelectorAll('tr[data-row]')) each.classList.toggle('off', !left.has(each.dataset.row))
    count.textContent = left.size + ' of ' + model.nodes.length + ' shown'
  }
  const fromHash = () => {
    try { box.value = decodeURIComponent((/^#q=(.*)$/.exec(location.hash) || ['', ''])[1]) } catch { box.value = '' }
    show()
  }
  box.addEventListener('input', () => { history.replaceState(null, '', '#q=' + encodeURIComponent(box.value)); show() })
  addEventListener('hashchange', fromHash)
  document.getElementById('tools').hidden = false
  fromHash()
}
`
