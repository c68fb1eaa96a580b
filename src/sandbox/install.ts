import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Emit } from '../events/index.js'
import { privateFolder } from './files.js'
import { findProgram } from './found.js'
import { withLock } from './lock.js'
import { serversCache } from './places.js'
import { make } from './recipes.js'
import { step } from './step.js'
import { DISTRIBUTIONS, PROGRAMS, type Distribution, type ProgramName } from './versions.js'

export interface InstallOptions {
  readonly emit: Emit
  readonly signal?: AbortSignal
}

/**
 * The path of a server's program: one of a fitting version on PATH, otherwise the pinned one out of the cache, put there
 * first if need be (minutes for what is built). Other runs that want the same one meanwhile wait for it.
 * @throws IceError ICE6009 to ICE6011
 */
export async function installServer(name: ProgramName, options: InstallOptions): Promise<string> {
  const found = await findProgram(name)
  if (found) return found
  const { distribution, file } = PROGRAMS[name]
  return join(await installDistribution(distribution, options), file)
}

async function installDistribution(
  name: keyof typeof DISTRIBUTIONS,
  { emit, signal }: InstallOptions,
): Promise<string> {
  const distribution: Distribution = DISTRIBUTIONS[name]
  const { version, recipe } = distribution
  const cache = serversCache()
  const folder = join(cache, `${name}-${version}-${process.platform}-${process.arch}`)
  if (existsSync(folder)) return folder
  privateFolder(cache)
  const onWait = ({ pid }: { pid: number }) => {
    emit({ type: 'note', level: 'info', text: `Waiting for process ${pid}, which is installing ${name}.` })
  }
  await withLock(`${folder}.lock`, { signal, onWait }, async () => {
    if (existsSync(folder)) return
    const minutes = recipe.kind === 'go' ? ` (once; about ${recipe.minutes} minutes)` : ' (once)'
    const verb = recipe.kind === 'go' ? 'Build' : 'Fetch'
    await step(emit, `install ${name}`, `${verb} ${name} ${version}${minutes}`, async () => {
      const log = `${folder}.log`
      rmSync(log, { force: true })
      const making = mkdtempSync(`${folder}.making-`)
      try {
        await make(recipe, { version, folder: making, log, signal })
        renameSync(making, folder)
        rmSync(log, { force: true })
      } finally {
        rmSync(making, { recursive: true, force: true })
      }
    })
  })
  return folder
}
