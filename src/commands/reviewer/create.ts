import { reviewer } from '../../operations/steps/reviewer.js'
import { fieldFlags } from '../base/field-flags.js'
import { clusterStepFlags, StepCommand } from '../base/step-command.js'

export default class ReviewerCreate extends StepCommand {
  static override summary =
    'Make the reviewer in the cluster: the account with whose token Vault checks those of others.'

  static override description = `Makes its namespace and account where they are missing, binds it to Kubernetes' own system:auth-delegator, and makes a Secret for its token. Nothing of it speaks to Vault; \`auth configure\` gives Vault the token.`

  static override examples = [
    { description: 'vault-auth/vault-reviewer, with a long-lived token', command: '<%= config.bin %> reviewer create' },
    {
      description: 'Of another name, without a Secret: `auth configure` asks for a token that expires',
      command: '<%= config.bin %> reviewer create --namespace infra --service-account vault --token bound',
    },
  ]

  static override flags = {
    ...clusterStepFlags,
    ...fieldFlags(
      reviewer.fields,
      {
        namespace: "The reviewer's namespace. Default: the file's, or vault-auth.",
        'service-account': "The reviewer's account. Default: the file's, or vault-reviewer.",
        token:
          "secret: make a Secret for a long-lived token. bound: make none; Vault gets tokens that expire. pod: make none; the account is that of Vault's own pod.",
      },
      'ICEBREAKER_REVIEWER',
    ),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ReviewerCreate)
    await this.step(reviewer, '', flags)
  }
}
