import { Document, isMap, isScalar } from 'yaml'
import { remark, textOf } from '../init/document.js'
import type { Assembled } from './assemble.js'
import type { Left } from './types.js'

/** What whoever completes the file looks for. */
const FILL_IN = 'FILL IN'

const WIDTH = 100

/** The file with its comments: what to fill in, what to know, and, at its end, what is not in it. */
export function fileText({ file, comments, left }: Assembled): string {
  const document = new Document(file)
  for (const { keys, text, isHole } of comments) {
    const depth = keys.length - 1
    remark(document, keys, wrapped(isHole ? `${FILL_IN}: ${text}` : text, WIDTH - 2 * depth).join('\n '))
  }
  document.commentBefore =
    ' Made by icebreaker import from what stands on the servers.\n To take it over without changing it: icebreaker plan --adopt all, then apply --adopt all.'
  if (isMap(document.contents))
    for (const [index, { key }] of document.contents.items.entries())
      if (index > 1 && isScalar(key)) key.spaceBefore = true
  return [textOf(document), ...leftText(left)].join('')
}

function leftText(left: readonly Left[]): string[] {
  if (left.length === 0) return []
  const lines = left.flatMap(({ what, why }) => wrapped(`- ${plain(what)}: ${plain(why)}.`, WIDTH - 4, '  '))
  return ['\n# Not in this file:\n', ...lines.map((line) => `#   ${line}\n`)]
}

/** Servers name things, and a comment ends with its line. */
const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')

function wrapped(text: string, width: number, indent = ''): string[] {
  const lines: string[] = []
  for (const word of plain(text).split(' ')) {
    const last = lines.at(-1)
    if (last === undefined) lines.push(word)
    else if (last.length + word.length + 1 > width) lines.push(`${indent}${word}`)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
