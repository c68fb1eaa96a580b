import * as Flags from '@oclif/core/flags'
import { EXIT } from '../catalogue/index.js'
import { IceCommand } from './base/command.js'
import { defined, fileFlags, fileOptions, outputFlags, several, withVariables } from './base/flags.js'

const { file: _file, ...serverFlags } = fileFlags

export default class Import extends IceCommand {
  static override summary = 'Make an icebreaker.yaml from what stands in Vault and in the cluster.'

  static override description = `For what was made with scripts, Terraform or by hand: reads auth mounts of the type kubernetes with their roles, the policies that these give, and the engines that those speak of. Nothing is changed on a server. A plan with --adopt all then changes nothing but whose the objects are.
What Vault does not show (passwords) is marked by FILL IN in the file. Policies that are no grants stand in HCL files beside it. What the file cannot hold is told, and stays as it is. Values of KV secrets are never read.`

  static override examples = [
    { description: 'All auth mounts of the type kubernetes', command: '<%= config.bin %> import' },
    {
      description: 'One of them, into a file of its own',
      command: '<%= config.bin %> import --path demo --out demo.yaml',
    },
    { description: 'Only show it', command: '<%= config.bin %> import --out -' },
    {
      description: 'Where Vault uses another address for the cluster than the kubeconfig',
      command: '<%= config.bin %> import --path kubernetes --context kind-demo',
    },
  ]

  static override flags = {
    ...outputFlags(['human', 'json']),
    ...serverFlags,
    ...withVariables(
      {
        path: repeated('PATH', 'An auth mount; default: all of the type kubernetes.'),
        context: repeated(
          '[PATH=]CONTEXT',
          'The context of the kubeconfig for an auth mount; default: the one with the API server that Vault was told of.',
        ),
        reviewer: Flags.string({
          helpValue: 'NAMESPACE/NAME',
          description: 'The account with whose token Vault asks the cluster; default: as the cluster tells.',
        }),
        engine: repeated('PATH|all', 'An engine beside those that the policies speak of.'),
        policy: repeated('NAME', 'A policy beside those that the roles give.'),
        name: Flags.string({
          helpValue: 'NAME',
          description: 'The name under which the file is to own things; default: after the first auth mount.',
        }),
        out: Flags.string({
          helpValue: 'FILE',
          description: 'The file; `-`: only to standard output. Default: ICEBREAKER_FILE, or icebreaker.yaml.',
        }),
        'dry-run': Flags.boolean({ description: 'Write nothing; show the file.' }),
      },
      'ICEBREAKER_IMPORT',
    ),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Import)
    const out = flags.out ?? (process.env['ICEBREAKER_FILE'] || 'icebreaker.yaml')
    await this.perform({ ...flags, file: out }, async ({ view, stop, terminal }) => {
      const { importFile } = await import('../operations/import/index.js')
      const { file: _out, ...servers } = fileOptions({ ...flags, file: out })
      const result = await importFile({
        ...servers,
        ...defined({ name: flags.name, reviewer: flags.reviewer }),
        out,
        dryRun: flags['dry-run'],
        paths: several(flags.path),
        contexts: several(flags.context),
        engines: several(flags.engine),
        policies: several(flags.policy),
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: EXIT.done }
    })
  }
}

/** A flag that may be given several times. */
function repeated(helpValue: string, description: string) {
  return Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue,
    description: `${description} May be given several times.`,
  })
}
