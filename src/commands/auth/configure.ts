import { authConfig } from '../../operations/steps/auth.js'
import { fieldFlags } from '../base/field-flags.js'
import { apiServerFlags } from '../base/place.js'
import { mountFlag, StepCommand, stepFlags } from '../base/step-command.js'

export default class AuthConfigure extends StepCommand {
  static override summary = 'Tell the auth mount about its cluster: the API server, its CA, and the reviewer.'

  static override description = `Writes the whole config with the token of a reviewer that is there already (\`reviewer create\`): a write without the token would erase it. The CA is proven against the API server first, from here, or from Vault's side where this machine cannot reach it.`

  static override examples = [
    { description: 'With what the kubeconfig says', command: '<%= config.bin %> auth configure' },
    {
      description: 'A Vault in the cluster',
      command:
        '<%= config.bin %> auth configure --api-server https://kubernetes.default.svc --api-server-ca rootConfigMap',
    },
    {
      description: 'A reviewer of another name, with a short-lived token',
      command:
        '<%= config.bin %> auth configure --reviewer-namespace infra --reviewer-token bound --reviewer-expiration 12h',
    },
  ]

  static override flags = {
    ...stepFlags,
    ...mountFlag,
    ...apiServerFlags,
    ...fieldFlags(authConfig.fields, {
      'reviewer-namespace': "The reviewer's namespace. Default: the file's, or vault-auth.",
      'reviewer-service-account': "The reviewer's account. Default: the file's, or vault-reviewer.",
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(AuthConfigure)
    await this.step(authConfig, '', flags, async (options) =>
      (await import('../../operations/auth-configure.js')).authConfigure(options),
    )
  }
}
