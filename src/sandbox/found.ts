import { constants, accessSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { run } from './run.js'
import { PROGRAMS, type Program, type ProgramName } from './versions.js'

/** A program on this machine of a fitting version; undefined where there is none. */
export async function findProgram(name: ProgramName): Promise<string | undefined> {
  const folders = name === 'postgres' ? await postgresFolders() : searchPath()
  for (const folder of folders) {
    const file = join(folder, name)
    if (isExecutable(file) && (await isFitting(file, PROGRAMS[name]))) return file
  }
  return undefined
}

// KUBEBUILDER_ASSETS comes first, as in envtest.
function searchPath(): string[] {
  const path = process.env['PATH']?.split(delimiter) ?? []
  return [process.env['KUBEBUILDER_ASSETS'] ?? '', ...path].filter((folder) => folder !== '')
}

/** Debian keeps PostgreSQL's server programs off PATH; a link on PATH leads to the folder that has `initdb` too. */
async function postgresFolders(): Promise<string[]> {
  const linked = searchPath()
    .map((folder) => join(folder, 'postgres'))
    .filter(isExecutable)
    .map((file) => dirname(realpathSync(file)))
  const told = await run('pg_config', ['--bindir']).catch(() => '')
  return [...linked, told.trim(), ...debianFolders()].filter((folder) => isExecutable(join(folder, 'initdb')))
}

function debianFolders(): string[] {
  const base = '/usr/lib/postgresql'
  try {
    return readdirSync(base)
      .sort((a, b) => compareVersions(b, a))
      .map((version) => join(base, version, 'bin'))
  } catch {
    return []
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

async function isFitting(file: string, program: Program): Promise<boolean> {
  // A wrapper may wait for a terminal or a network: what does not answer at once does not fit.
  const output = await run(file, program.versionArgs, { signal: AbortSignal.timeout(5_000) }).catch(() => '')
  const version = /\d+\.\d+(?:\.\d+)?/.exec(output)?.[0]
  const [from, below] = program.fits
  return version !== undefined && compareVersions(version, from) >= 0 && compareVersions(version, below) < 0
}

/** Compares dotted numbers; a missing part counts as 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]]
  for (let part = 0; part < Math.max(left.length, right.length); part++) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
