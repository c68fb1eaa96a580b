import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { EXIT, IceError, USAGE } from '../catalogue/index.js'
import { IceCommand } from './base/command.js'
import { defined, fileFlags, fileOptions, outputFlags, withVariables } from './base/flags.js'

const TOOLS = ['terraform', 'bank-vaults', 'shell'] as const

export default class Export extends IceCommand {
  static override summary = 'Write the same trust for another tool: nobody is locked in.'

  static override description = `terraform: resources of the providers hashicorp/vault and hashicorp/kubernetes, with import blocks for what stands already. bank-vaults: its vault-config.yml, and manifests for what it does not make. shell: the kubectl and vault commands that would do what apply would do now, as apply --print-commands prints them.
Nothing is changed, and no secret is opened: each is a variable that the other tool asks for. What the other tool cannot say is told, and stands as a comment where it would be.`

  static override examples = [
    { description: 'For Terraform, into a new folder', command: '<%= config.bin %> export terraform --out terraform/' },
    { description: 'For bank-vaults, on standard output', command: '<%= config.bin %> export bank-vaults' },
    { description: 'As a script', command: '<%= config.bin %> export shell >by-hand.sh' },
  ]

  static override args = {
    tool: Args.string({ ignoreStdin: true, required: true, options: [...TOOLS], description: 'Which tool it is for.' }),
  }

  static override flags = {
    ...outputFlags(['human', 'json']),
    ...fileFlags,
    ...withVariables(
      {
        out: Flags.string({
          helpValue: 'FOLDER',
          description: 'Write files into this folder, which must not exist yet, and print which.',
        }),
      },
      'ICEBREAKER_EXPORT',
    ),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Export)
    const tool = args.tool as (typeof TOOLS)[number]
    await this.perform(flags, async ({ view, stop }) => {
      const options = { ...fileOptions(flags), emit: view.listen, stop }
      if (tool === 'shell') {
        refuseOut(flags.out)
        const { printCommands } = await import('../operations/print-commands.js')
        return { result: await printCommands({ ...options, only: [] }), exit: EXIT.done }
      }
      const { exportFile } = await import('../operations/export/index.js')
      const result = await exportFile({ ...options, format: tool, ...defined({ out: flags.out }) })
      return { result, exit: EXIT.done }
    })
  }
}

function refuseOut(out: string | undefined): void {
  if (out === undefined) return
  throw new IceError(USAGE.wrongUsage, {
    message: 'A script is one file: --out is for the other tools.',
    next: ['Send standard output to a file: icebreaker export shell >FILE'],
  })
}
