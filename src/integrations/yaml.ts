import { Document, isCollection, isMap, isNode, isScalar } from 'yaml'
import type { Doc } from './contract.js'

/** kubectl reads YAML 1.1, where `on` and `y` are truth values: such a text needs quotes. */
const OPTIONS = { version: '1.1', aliasDuplicateObjects: false } as const

/** Objects as one stream of YAML, each with its comment. No value becomes structure: the library quotes what needs quotes. */
export function yamlStream(head: readonly string[], docs: readonly Doc[]): string {
  return `${comment(head)}${docs.map((doc) => `---\n${yamlText(doc)}`).join('')}`
}

/** One object with its comment and its notes. */
export function yamlText({ object, comment: above, notes = [] }: Doc): string {
  const document = new Document(object, OPTIONS)
  for (const { at, text } of notes) noteAt(document.contents, at, text)
  return comment(above) + document.toString({ lineWidth: 0 })
}

/** A comment must not end early, nor hold what YAML forbids: names of others stand in it. */
export function comment(lines: readonly string[]): string {
  return lines.map((line) => `# ${plain(line)}\n`).join('')
}

const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

const plain = (text: string): string => text.replace(UNPRINTABLE, '\ufffd')

/** Above the key, where the keys lead to a member; above the item of a list. */
function noteAt(contents: unknown, keys: readonly (string | number)[], text: string): void {
  let holder: unknown = contents
  for (const key of keys.slice(0, -1)) holder = isCollection(holder) ? holder.get(key, true) : undefined
  const last = keys.at(-1)
  const target = isMap(holder)
    ? holder.items.find(({ key }) => isScalar(key) && key.value === last)?.key
    : isCollection(holder) && last !== undefined
      ? holder.get(last, true)
      : undefined
  // A note that leads nowhere would be lost unseen.
  if (!isNode(target)) throw new Error(`no member ${keys.join('.')}`)
  target.commentBefore = ` ${plain(text)}`
}
