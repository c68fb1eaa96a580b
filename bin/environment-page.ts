import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '../src/commands/base/complete.js'
import { variableGroups } from '../src/commands/base/environment.js'
import type { VariableGroup } from '../src/views/results.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** docs/environment.md with its tables as the sources say; the text between them is written by hand. */
export function environmentPage(): string {
  const page = readFileSync(`${root}docs/environment.md`, 'utf8')
  const manifest = JSON.parse(readFileSync(`${root}.oclif.manifest.json`, 'utf8')) as Manifest
  const groups = new Map(variableGroups(manifest).map((group) => [group.title, group]))
  const written = page.replace(TABLE, (whole, head: string, title: string) => {
    const group = groups.get(title)
    groups.delete(title)
    return group === undefined ? whole : `${head}\n${table(group)}\n<!-- end -->`
  })
  const [missing] = groups.keys()
  if (missing !== undefined) throw new Error(`docs/environment.md has no table for: ${missing}`)
  return written
}

/** `<!-- variables: Kubernetes -->`, the table, `<!-- end -->` */
const TABLE = /(<!-- variables: ([^>]+?) -->)\n[^]*?<!-- end -->/g

function table({ variables }: VariableGroup): string {
  const rows = variables.map((variable) => {
    const names = variable.names.map((name) => `\`${name}\``).join(', ')
    const meaning = cell(variable.meaning)
    if (!('flag' in variable)) return `| ${names} | ${meaning} |`
    const { flag, commands } = variable
    const of = commands.length === 0 ? '' : ` of ${commands.map((command) => `\`${command}\``).join(', ')}`
    return `| ${names} | \`${flag}\`${of} | ${meaning} |`
  })
  const isFlags = variables.some((variable) => 'flag' in variable)
  return [
    isFlags ? '| variable | flag | |' : '| variable | |',
    isFlags ? '| --- | --- | --- |' : '| --- | --- |',
    ...rows,
  ]
    .join('\n')
    .replaceAll(/\b(ICE\d{4})\b/g, '[$1](codes/$1.md)')
}

const cell = (text: string): string => text.replaceAll(/[|*<]/g, '\\$&').replaceAll('\n', ' ')
