/** An element of a page, as far as the tests look at it. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Element[]
  /** All text in it. */
  text: string
}

const VOID = ['meta', 'input', 'br']
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
const plain = (text: string): string =>
  text.replace(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? `unknown entity ${whole}`)

const TOKEN = /<!DOCTYPE html>|<(\/?)([a-z][a-z0-9]*)((?:\s+[\w:-]+(?:="[^"<>]*")?)*)\s*>|([^<]+)/gy

/**
 * Reads a page more strictly than browsers do: every element is closed in its order, every value quoted, every `<` and `&`
 * of a text written as an entity. Fails where it is not so.
 */
export function elementsOf(page: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < page.length) {
    const at = TOKEN.lastIndex
    const token = TOKEN.exec(page)
    if (token === null) throw new Error(`not well-formed: ${page.slice(at, at + 80)}`)
    const [, slash, name, attributes = '', text] = token
    const current = open.at(-1)!
    if (text !== undefined) {
      if (/&(?!#?\w+;)/.test(text)) throw new Error(`a bare & in ${text}`)
      for (const each of open) each.text += plain(text)
    } else if (slash === '/') {
      if (current.name !== name) throw new Error(`</${name}> where ${current.name} is open`)
      open.pop()
    } else if (name !== undefined) {
      const element = { name, attributes: attributesOf(attributes), children: [], text: '' }
      current.children.push(element)
      if (name === 'script' || name === 'style') {
        const end = page.indexOf(`</${name}`, TOKEN.lastIndex)
        element.text = page.slice(TOKEN.lastIndex, end)
        TOKEN.lastIndex = end + name.length + 3
      } else if (!VOID.includes(name)) open.push(element)
    }
  }
  if (open.length > 1) throw new Error(`${open.at(-1)!.name} is never closed`)
  return root
}

function attributesOf(written: string): Record<string, string> {
  const found = [...written.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)]
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, plain(value)]))
}

export function* all(element: Element, name?: string): Generator<Element> {
  for (const child of element.children) {
    if (name === undefined || child.name === name) yield child
    yield* all(child, name)
  }
}
