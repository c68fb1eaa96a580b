// Loaded before anything is written, since it listens to errors of standard output and throws them.
import '@oclif/core/command'
import { Config } from '@oclif/core/config'
import type { LoadOptions } from '@oclif/core/interfaces'
import { run } from '@oclif/core/run'
import { settings } from '@oclif/core/settings'
import { EXIT, worstExit, type ExitCode, type IceError } from './catalogue/index.js'
import { report } from './commands/base/report.js'
import { createView } from './views/index.js'
import { watchOutput } from './views/stdout.js'

type Package = NonNullable<Exclude<LoadOptions, string | undefined>['pjson']>

/** Runs the command line: bin/run.js after its checks. `root` is this package's folder, `pjson` its package.json. */
export async function main(root: string, pjson: Package): Promise<void> {
  // The sources are built before they run; oclif must not look for a TypeScript loader.
  settings.enableAutoTranspile = false
  const argv = process.argv.slice(2)
  const outputLost = watchOutput(process.stdout)
  // Code that lies in the user's data folder is no part of this program.
  const options = { root, pjson, userPlugins: false, devPlugins: false }
  try {
    await run(argv, options)
  } catch (error) {
    const { commandIDs, version } = await Config.load(options)
    process.exitCode = await report(error, argv, version, {
      commands: commandIDs.map((id) => id.replaceAll(':', ' ')),
    })
  }
  const lost = await outputLost()
  if (lost !== undefined) process.exitCode = await tellLost(lost, pjson.version)
}

/** Whatever the format, this goes to standard error alone. @returns the exit code; a signal's stays, which says more */
function tellLost(lost: IceError, version: string): Promise<number> {
  const { stdout, stderr, env, argv, exitCode = EXIT.done } = process
  const exit = Number(exitCode)
  const view = createView('human', { stdout, stderr, env, command: '', version, noColor: argv.includes('--no-color') })
  return view.error(lost, exit > 128 ? exit : worstExit([exit as ExitCode, lost.exitCode]))
}
