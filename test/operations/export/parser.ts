import { execFileSync, execSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExportedFile } from '../../../src/operations/export/types.js'

/** A block, as Terraform's own parser has it. An attribute that takes others is told as `{ takes }`. */
export interface Block {
  readonly type: string
  readonly labels: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
  /** What its attributes speak of: `var.password`, `vault_mount.static.path`. */
  readonly references: readonly string[]
  readonly blocks: readonly Block[]
}

export interface Parsed {
  readonly problems: readonly string[]
  /** Files that `terraform fmt` would change. */
  readonly unformatted: readonly string[]
  readonly blocks: readonly Block[]
}

export interface Parser {
  parse(files: readonly ExportedFile[]): Parsed
  /** What bank-vaults' template makes of a text. */
  render(template: string, env: Readonly<Record<string, string>>): string
  close(): void
}

const SOURCE = join(import.meta.dirname, 'hcl')

/** Builds the parser: takes Go, which fetches github.com/hashicorp/hcl/v2 where it is not in the module cache. */
export function openParser(): Parser {
  const folder = mkdtempSync(join(tmpdir(), 'icebreaker-hcl-'))
  const program = join(folder, 'hcl')
  const env = { ...process.env, GOWORK: 'off', GOFLAGS: '', CGO_ENABLED: '0' }
  execSync(`go build -mod=readonly -buildvcs=false -trimpath -o '${program}' .`, { cwd: SOURCE, env, stdio: 'pipe' })
  const ask = (question: object): unknown =>
    JSON.parse(execFileSync(program, { input: JSON.stringify(question), encoding: 'utf8', maxBuffer: 1 << 28 }))
  return {
    parse: (files) => ask({ files: Object.fromEntries(files.map(({ name, text }) => [name, text])) }) as Parsed,
    render: (template, env) => (ask({ template, env }) as { rendered: string }).rendered,
    close: () => rmSync(folder, { recursive: true }),
  }
}

/** All blocks, those in others too. */
export const deep = (blocks: readonly Block[]): Block[] => blocks.flatMap((block) => [block, ...deep(block.blocks)])
