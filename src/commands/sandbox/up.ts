import * as Flags from '@oclif/core/flags'
import { EXIT, IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import { IceCommand } from '../base/command.js'
import { defined, durationFlag, withVariables } from '../base/flags.js'
import { sandboxFlags } from '../base/sandbox-flags.js'

export default class SandboxUp extends IceCommand {
  static override summary = 'Start a Vault, a Kubernetes API and a PostgreSQL of your own, as plain processes.'

  static override description = `Makes what is missing, starts what is not running, leaves alone what is. Servers that are not on PATH are installed once into a cache, which takes minutes the first time.
It also writes an icebreaker.yaml of the reference scenario.`

  static override examples = [
    { description: 'Servers to try things on', command: '<%= config.bin %> sandbox up' },
    {
      description: 'With a throw-away cluster that is there already',
      command: '<%= config.bin %> sandbox up --context kind-demo',
    },
  ]

  static override flags = {
    ...sandboxFlags,
    ...withVariables(
      {
        context: Flags.string({
          helpValue: 'NAME',
          description: 'Use the throw-away cluster of this kubeconfig context instead of starting one.',
        }),
        kubeconfig: Flags.string({
          helpValue: 'FILE',
          description: 'Where that context is. Default: KUBECONFIG, ~/.kube/config.',
          dependsOn: ['context'],
        }),
        timeout: durationFlag({ description: 'For the whole command, such as 5m. Default: none.' }),
      },
      'ICEBREAKER_SANDBOX',
    ),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxUp)
    const { name, context, kubeconfig, timeout } = flags
    await this.perform(flags, async ({ view, stop }) => {
      const { up } = await import('../../sandbox/index.js')
      const late = new AbortController()
      const clock = timeout === undefined ? undefined : setTimeout(() => late.abort(tooLate(timeout)), timeout)
      const signal = AbortSignal.any([stop, late.signal])
      try {
        const { started, ...sandbox } = await up({
          name,
          ...defined({ context, kubeconfig }),
          emit: view.listen,
          signal,
        })
        return { result: { operation: 'sandbox up', sandbox, started }, exit: EXIT.done }
      } finally {
        clearTimeout(clock)
      }
    })
  }
}

const tooLate = (timeout: number): IceError =>
  new IceError(USAGE.timedOut, { message: `The sandbox was not up within ${timeout / 1000} seconds.` })
