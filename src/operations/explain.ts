import { AREAS } from '../catalogue/areas.js'
import { CATALOGUE, IceError, USAGE } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import type { ExplainResult } from './results.js'

export interface ExplainOptions {
  /** A code, a section of the file, a kind, or the address of an object; undefined: what there is to explain. */
  readonly what?: string
  /** The file that an address is of. */
  readonly file: string
  readonly kubeconfig?: string
}

/**
 * Says what something is. Contacts nothing.
 * @throws IceError USAGE.nothingToExplain with what was probably meant
 */
export async function explain({ what, ...options }: ExplainOptions): Promise<ExplainResult> {
  // A code needs nothing but the catalogue.
  const code = what === undefined ? undefined : explainCode(what)
  if (code !== undefined) return code
  if (what !== undefined && /^(?:vault|k8s):/.test(what)) {
    const { explainAddress } = await import('./explain-address.js')
    return explainAddress(what, options)
  }
  const { explainable, explainSection, overview } = await import('./explain-section.js')
  if (what === undefined) return overview()
  const found = explainSection(what)
  if (found !== undefined) return found
  const meant = nearest(what, [...CATALOGUE.map((one) => one.code), ...explainable()])
  throw new IceError(USAGE.nothingToExplain, {
    message: `There is nothing named ${JSON.stringify(what)} to explain.`,
    ...(meant !== undefined && { next: [`Did you mean ${meant}?`] }),
  })
}

function explainCode(what: string): ExplainResult | undefined {
  const code = /^(?:ICE)?(\d{4})$/i.exec(what)?.[1]
  const record = CATALOGUE.find((one) => one.code === `ICE${String(code)}`)
  const area = record && AREAS[record.code.charAt(3)]
  return record && { operation: 'explain', what: 'code', ...record, ...(area !== undefined && { area }) }
}
