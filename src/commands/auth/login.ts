import * as Flags from '@oclif/core/flags'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { defined, withVariables } from '../base/flags.js'
import { mountFlag, placeFlags, placeOptions, secretFlags } from '../base/place.js'

export default class AuthLogin extends IceCommand {
  static override summary = 'Log in as a workload, and show what it gets: policies, lifetime, and what it may do.'

  static override description = `Asks Kubernetes for a short-lived token of the service account and logs in with it. All is given back at the end, unless the token is asked for.
Exit code 3 where something that --can names is not allowed.`

  static override examples = [
    { description: 'Does it work?', command: '<%= config.bin %> auth login --as app/exampleapp --role app' },
    {
      description: 'What may it do?',
      command:
        '<%= config.bin %> auth login --as app/exampleapp --role app --can "read kv static/exampleapp/creds" --can sys/mounts',
    },
    {
      description: 'Keep the token, to try something by hand',
      command: '<%= config.bin %> auth login --as app/exampleapp --role app --secret-out token',
    },
  ]

  static override flags = {
    ...placeFlags,
    ...mountFlag,
    ...secretFlags,
    ...withVariables({
      as: Flags.string({ required: true, helpValue: 'NAMESPACE/NAME', description: 'The service account.' }),
      role: Flags.string({ required: true, helpValue: 'ROLE', description: 'The role of the auth mount.' }),
      audience: Flags.string({
        helpValue: 'AUDIENCE',
        description: "For whom the account's token is made. Default: the role's audience.",
      }),
      can: Flags.string({
        multiple: true,
        multipleNonGreedy: true,
        helpValue: 'GRANT|PATH',
        description:
          'What to ask about: a grant (`read kv static/app`), or a path of the API. May be given several times.',
      }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(AuthLogin)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { authLogin } = await import('../../operations/auth-login.js')
      const { as, role, audience } = flags
      const result = await authLogin({
        ...placeOptions(flags),
        ...defined({ audience, secretOut: flags['secret-out'] }),
        as,
        role,
        can: [flags.can ?? []].flat(),
        showSecret: flags['show-secret'],
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: result.can.every(({ allowed }) => allowed === true) ? EXIT.done : EXIT.problems }
    })
  }
}
