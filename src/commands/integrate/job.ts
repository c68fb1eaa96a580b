import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { EXIT, IceError, USAGE } from '../../catalogue/index.js'
import type { JobCommand } from '../../operations/integrate-job.js'
import { IceCommand } from '../base/command.js'
import { defined, durationFlag, withVariables } from '../base/flags.js'
import { addressOf, integrateFlags } from '../base/integrate-command.js'

const { cluster: _cluster, role: _role, workload: _workload, ...ofFile } = integrateFlags

const COMMANDS = ['apply', 'verify', 'doctor', 'drift', 'reviewer-rotate'] as const satisfies readonly JobCommand[]
const MINUTE = 60

export default class IntegrateJob extends IceCommand {
  static override summary = 'Write a Job or CronJob that runs icebreaker in the cluster, with the least rights.'

  static override description = `The file as the pod needs it, in a ConfigMap; a service account with what the command needs in Kubernetes, and nothing else; the Job, which logs in to Vault by that account. With --vault the policy and the role that it needs there.
Worked out from the file alone: nothing is contacted, and nothing is applied. The image is built from templates/image/Dockerfile.`

  static override examples = [
    {
      description: 'Verify the trust every quarter of an hour',
      command:
        "<%= config.bin %> integrate job verify --image icebreaker:1 --schedule '*/15 * * * *' | kubectl apply -f -",
    },
    {
      description: 'What that needs in Vault',
      command: '<%= config.bin %> integrate job verify --image icebreaker:1 --vault | sh',
    },
    {
      description: 'A new token of the reviewer, long before the old one expires',
      command:
        "<%= config.bin %> integrate job reviewer-rotate --image icebreaker:1 --schedule '17 * * * *' --out rotation/",
    },
    {
      description: 'After each sync of Argo CD',
      command: '<%= config.bin %> integrate job verify --image icebreaker:1 --argocd PostSync --out verify/',
    },
  ]

  static override args = {
    command: Args.string({
      required: true,
      ignoreStdin: true,
      options: [...COMMANDS],
      description: 'What is run.',
    }),
  }

  static override flags = {
    ...ofFile,
    ...withVariables({
      argocd: Flags.option({
        options: ['PreSync', 'PostSync'] as const,
        description: 'A hook of Argo CD: run before, or after, all else is synced.',
        exclusive: ['schedule'],
      })(),
      audience: Flags.string({
        helpValue: 'AUDIENCE',
        description: 'For which the token is made that it logs in with. Default: vault, or what the file says.',
      }),
      deadline: durationFlag({
        description: 'How long a run may take, 2m or more; its token of Vault lives a minute longer. Default: 15m.',
      }),
      'if-expires-within': durationFlag({
        description: 'reviewer-rotate: only where the token expires within this time. Default: 6h.',
      }),
      image: Flags.string({
        required: true,
        helpValue: 'IMAGE',
        description: 'The image with icebreaker in it, as the cluster pulls it.',
      }),
      namespace: Flags.string({
        helpValue: 'NAMESPACE',
        description: 'Where the Job is. Default: where the record is.',
      }),
      'proof-by-vault': Flags.boolean({
        description: 'Also what is needed where the pod cannot reach the API server at the address that Vault uses.',
      }),
      schedule: Flags.string({
        helpValue: 'CRON',
        description: 'A CronJob instead of a Job: five fields as in cron, such as `17 * * * *`.',
      }),
      'values-secret': Flags.string({
        helpValue: 'NAME',
        description:
          'apply: the Secret with a key for each variable that the file takes values from. Default: icebreaker-FILE-values.',
      }),
      vault: Flags.boolean({
        description: 'Print what Vault must have for it instead: a policy and a role, as commands.',
        exclusive: ['out'],
      }),
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(IntegrateJob)
    await this.perform(flags, async () => {
      const { integrateJob } = await import('../../operations/integrate-job.js')
      const { schedule, namespace } = flags
      const command = COMMANDS.find((one) => one === args.command) ?? 'verify'
      if (schedule !== undefined && !SCHEDULE.test(schedule))
        throw wrong(`--schedule: expected five fields as in cron, such as '17 * * * *'.`)
      if (namespace !== undefined && !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace))
        throw wrong('--namespace: expected the name of a namespace.')
      const result = await integrateJob({
        command,
        file: flags.file,
        env: process.env,
        proofByVault: flags['proof-by-vault'],
        show: flags.vault ? 'vault' : 'objects',
        ...defined({
          namespace,
          audience: flags.audience,
          podAddress: addressOf(flags['pod-address']),
          vaultCaFile: flags['vault-ca-file'],
          out: flags.out,
        }),
        settings: {
          image: flags.image,
          deadline: deadlineOf(flags.deadline),
          ifExpiresWithin: (flags['if-expires-within'] ?? 6 * 3_600_000) / 1000,
          ...defined({ schedule, argocd: flags.argocd, valuesSecret: flags['values-secret'] }),
        },
      })
      return { result, exit: EXIT.done }
    })
  }
}

/** What the fields mean the API server checks. */
const SCHEDULE = /^(?:@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)|[^\s=]+(?: +[^\s=]+){4})$/

function deadlineOf(milliseconds = 15 * MINUTE * 1000): number {
  if (milliseconds < 2 * MINUTE * 1000) throw wrong('--deadline: a run needs 2m or more.')
  return milliseconds / 1000
}

const wrong = (message: string): IceError => new IceError(USAGE.wrongUsage, { message })
