import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as Args from '@oclif/core/args'
import { EXIT } from '../catalogue/index.js'
import { IceCommand } from './base/command.js'
import { outputFlags } from './base/flags.js'

/** The shells, and the end of their script's name. */
const SHELLS = { bash: 'bash', zsh: 'zsh', fish: 'fish', powershell: 'ps1' } as const
type Shell = keyof typeof SHELLS

export default class Completion extends IceCommand {
  static override summary = 'Print the script with which a shell completes commands, flags and names.'

  static override description = `Load it in the shell that you are in:
  bash        source <(icebreaker completion bash)
  zsh         source <(icebreaker completion zsh)
  fish        icebreaker completion fish | source
  powershell  icebreaker completion powershell | Out-String | Invoke-Expression
The first lines of each script say how to have it in every shell.

Beside commands and flags it completes what the file has: clusters, roles, policies, mounts and addresses, of the file that --file names on the line, ICEBREAKER_FILE, or icebreaker.yaml in the current folder. Completing contacts no server.`

  static override examples = [
    { description: 'In this shell', command: 'source <(<%= config.bin %> completion bash)' },
    {
      description: 'In every bash, with the package bash-completion',
      command: '<%= config.bin %> completion bash > ~/.local/share/bash-completion/completions/<%= config.bin %>',
    },
  ]

  static override args = {
    shell: Args.string({
      required: true,
      ignoreStdin: true,
      options: Object.keys(SHELLS),
      description: 'The shell that shall complete.',
    }),
  }

  static override flags = outputFlags(['human', 'json'])

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Completion)
    const shell = args.shell as Shell
    await this.perform(flags, async () => {
      const script = await readFile(join(this.config.root, `templates/completion/icebreaker.${SHELLS[shell]}`), 'utf8')
      return { result: { operation: 'completion', shell, script }, exit: EXIT.done }
    })
  }
}
