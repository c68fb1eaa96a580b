import { Config } from '@oclif/core/config'
import type { LoadOptions } from '@oclif/core/interfaces'
import { run } from '@oclif/core/run'
import { settings } from '@oclif/core/settings'
import { report } from './commands/base/report.js'

type Package = Exclude<LoadOptions, string | undefined>['pjson']

/** Runs the command line: bin/run.js after its checks. `root` is this package's folder, `pjson` its package.json. */
export async function main(root: string, pjson: Package): Promise<void> {
  // The sources are built before they run; oclif must not look for a TypeScript loader.
  settings.enableAutoTranspile = false
  const argv = process.argv.slice(2)
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
}
