import { constants, open } from 'node:fs/promises'
import { ACCESS, IceError } from '../catalogue/index.js'
import { findingsOf } from '../access/findings.js'
import { graphOf, type Edge, type Node } from '../access/graph.js'
import type { Finding, Gap } from '../access/model.js'
import { roleViews } from '../access/who-can.js'
import { openAccess, type AccessOptions, type AccessServers } from './access.js'

export type DrawingFormat = 'mermaid' | 'dot' | 'html'

export interface GraphOptions extends AccessOptions {
  readonly format: DrawingFormat
  /** Where to save the drawing. */
  readonly out?: string
  /** Replace a file that is there. */
  readonly force: boolean
  /** The text of the drawing. */
  draw(result: GraphResult): string
}

export interface GraphResult {
  readonly operation: 'graph'
  readonly file: string
  /** Whose roles and policies were looked at. */
  readonly source: 'file' | 'vault'
  readonly servers: AccessServers
  readonly format: DrawingFormat
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
  readonly findings: readonly Finding[]
  /** What could not be seen. */
  readonly gaps: readonly Gap[]
  /** Where the drawing was saved, if it was. */
  readonly savedTo?: string
}

/** Service account → role → policy → path, as nodes and edges; saved as a drawing where that is asked for. */
export async function graph(options: GraphOptions): Promise<GraphResult> {
  const session = await openAccess(options)
  try {
    const access = await session.read()
    const views = roleViews(access)
    const findings = findingsOf(access, views)
    const result: GraphResult = {
      operation: 'graph',
      file: session.file.name,
      source: access.source,
      servers: session.servers,
      format: options.format,
      ...graphOf(access, views, findings),
      findings,
      gaps: access.gaps,
    }
    if (options.out === undefined) return result
    await save(options.out, options.draw(result), options.force)
    return { ...result, savedTo: options.out }
  } finally {
    await session.close()
  }
}

/** Never through a link, nor over another file unless that is meant. It holds no secret, but says who may get at which. */
async function save(out: string, text: string, force: boolean): Promise<void> {
  try {
    // Where there is no O_NOFOLLOW (Windows) it counts as 0.
    const { O_WRONLY, O_CREAT, O_EXCL, O_TRUNC, O_NOFOLLOW } = constants
    const handle = await open(out, O_WRONLY | O_CREAT | O_NOFOLLOW | (force ? O_TRUNC : O_EXCL), 0o600)
    try {
      await handle.writeFile(text)
    } finally {
      await handle.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new IceError(ACCESS.drawingNotSaved, {
      message: `The drawing could not be saved to ${out}: ${SAID[code ?? ''] ?? code ?? 'unknown error'}.`,
    })
  }
}

const SAID: Readonly<Record<string, string>> = { EEXIST: 'there is such a file already', ELOOP: 'it is a link' }
