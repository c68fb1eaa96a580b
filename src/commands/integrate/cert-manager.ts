import * as Flags from '@oclif/core/flags'
import { IceError, USAGE } from '../../catalogue/index.js'
import { redact } from '../../secrets/redact.js'
import { defined, withVariables } from '../base/flags.js'
import { IntegrateCommand, integrateFlags } from '../base/integrate-command.js'

export default class IntegrateCertManager extends IntegrateCommand {
  static override summary = 'Write what cert-manager needs to have certificates signed by Vault.'

  static override description = `An Issuer that logs in as the workload’s service account, with the audience that the role asks for, and the right of cert-manager to make tokens of that account. What Vault signs, and for which names, is up to the role of its PKI engine and to a policy of yours.
Worked out from the file alone: nothing is contacted, and nothing is applied. cert-manager has to be in the cluster.`

  static override examples = [
    {
      description: 'An Issuer for one workload',
      command:
        '<%= config.bin %> integrate cert-manager --workload app/issuer --role certificates --path pki/sign/web | kubectl apply -f -',
    },
    {
      description: 'Where cert-manager runs under another name',
      command:
        '<%= config.bin %> integrate cert-manager --role certificates --path pki/sign/web --account certs/my-cert-manager',
    },
  ]

  static override flags = {
    ...integrateFlags,
    ...withVariables({
      account: Flags.string({
        default: 'cert-manager/cert-manager',
        helpValue: 'NAMESPACE/NAME',
        description: 'The service account that cert-manager itself runs as.',
      }),
      issuer: Flags.string({
        helpValue: 'NAME',
        description: 'The name of the Issuer. Default: made of the service account and the role.',
      }),
      path: Flags.string({
        required: true,
        helpValue: 'PATH',
        description: 'Where Vault signs: the path of its API, such as pki/sign/web.',
      }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(IntegrateCertManager)
    await this.write('cert-manager', flags, () => ({
      pki: {
        path: pathOf(flags.path),
        account: accountOf(flags.account),
        ...defined({ issuer: flags.issuer === undefined ? undefined : nameOf('--issuer', flags.issuer) }),
      },
    }))
  }
}

const NAME = /^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/

function nameOf(flag: string, said: string): string {
  if (NAME.test(said)) return said
  throw wrong(`${flag}: expected the name of an object, not ${JSON.stringify(redact(said))}.`)
}

function accountOf(said: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = '', ...more] = said.split('/')
  if (NAME.test(namespace) && NAME.test(name) && more.length === 0) return { namespace, name }
  throw wrong(`--account: expected NAMESPACE/NAME, not ${JSON.stringify(redact(said))}.`)
}

/** Of Vault's API, as its policies name it. */
function pathOf(said: string): string {
  if (/^[^/\s?#%*+][^\s?#%*+]*\/(?:sign|sign-verbatim)\/[^/\s?#%*+]+$/.test(said)) return said
  throw wrong(`--path: expected a path such as pki/sign/web, not ${JSON.stringify(redact(said))}.`)
}

const wrong = (message: string): IceError => new IceError(USAGE.wrongUsage, { message })
