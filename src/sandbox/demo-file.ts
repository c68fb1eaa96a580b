import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivate } from './files.js'
import { CONTEXT } from './kubeconfig.js'
import { templatesFolder, type Places } from './places.js'
import type { SandboxRecord } from './record.js'

/**
 * Writes the sandbox's `icebreaker.yaml`: the template with this sandbox's addresses. A file that is there is the
 * operator's by now: in it, only the addresses are brought up to date, and not another character.
 */
export async function writeDemoFile(places: Places, record: SandboxRecord): Promise<void> {
  const isThere = existsSync(places.file)
  const source = readFileSync(isThere ? places.file : join(templatesFolder(), 'icebreaker.yaml'), 'utf8')
  const text = await replaceScalars(source, addresses(places, record))
  if (!isThere || text !== source) writePrivate(places.file, text)
}

interface Replacement {
  readonly path: readonly string[]
  readonly value: string
}

/** Puts values in the place of scalars that are there; leaves alone what is no YAML (an operator is in the middle of it). */
async function replaceScalars(source: string, replacements: readonly Replacement[]): Promise<string> {
  const { isScalar, parseDocument } = await import('yaml')
  const document = parseDocument(source)
  if (document.errors.length > 0) return source
  const edits = replacements.flatMap(({ path, value }) => {
    const node = document.getIn(path, true)
    if (!isScalar(node) || !node.range || node.value === value) return []
    // A JSON string is a YAML string wherever it stands.
    return [{ start: node.range[0], end: node.range[1], text: JSON.stringify(value) }]
  })
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), source)
}

function addresses(places: Places, record: SandboxRecord): Replacement[] {
  const { vault, postgres } = record.ports
  const connection = ['engines', 'postgres', 'connections', 'main']
  return [
    { path: ['vault', 'address'], value: `https://127.0.0.1:${vault}` },
    { path: ['vault', 'caFile'], value: places.vaultCA },
    { path: ['clusters', 'demo', 'context'], value: record.existing?.context ?? CONTEXT },
    { path: [...connection, 'url'], value: `postgresql://{{username}}:{{password}}@127.0.0.1:${postgres}/app` },
    { path: [...connection, 'probeAddress'], value: `127.0.0.1:${postgres}` },
  ]
}
