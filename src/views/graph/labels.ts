import { CATALOGUE } from '../../catalogue/index.js'
import type { GraphResult } from '../../operations/graph.js'
import type { Told } from '../told.js'

export type Drawn = Told<GraphResult>
export type DrawnNode = Drawn['nodes'][number]

/** Names as they are, with what is no visible character written out: `\n`, `\u{7}`. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (sign) =>
    sign === '\n' ? '\\n' : sign === '\t' ? '\\t' : `\\u{${sign.charCodeAt(0).toString(16)}}`,
  )
}

/** A node in words: its name, where it is, what is to be known of it, the codes of what was found. */
export function linesOf({ name, of, notes, codes }: DrawnNode): string[] {
  return [
    name === '' ? '(empty)' : name,
    ...(of === undefined ? [] : [of]),
    ...notes,
    ...codes.map((code) => `${code} ${titleOf(code)}`),
  ].map(visible)
}

export const titleOf = (code: string): string => CATALOGUE.find((record) => record.code === code)?.title ?? ''

/** `Who may get at what, as the file demo says`. */
export function headingOf({ file, source, servers }: Pick<Drawn, 'file' | 'source' | 'servers'>): string {
  const whose = source === 'file' ? `as the file ${file} says` : `as Vault at ${servers.vault ?? ''} has it`
  return visible(`Who may get at what, ${whose}`)
}

/** One line for everything that was found, and for everything that could not be seen. */
export function remarks({ findings, gaps }: Pick<Drawn, 'findings' | 'gaps'>): string[] {
  return [
    ...findings.map(({ code, address, detail }) => `${code} ${address}: ${detail}`),
    ...gaps.map(({ code, what, why }) => `${code} not seen: ${what} (${why})`),
  ].map(visible)
}
