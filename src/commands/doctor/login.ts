import { text as readStream } from 'node:stream/consumers'
import * as Flags from '@oclif/core/flags'
import { IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import { Secret } from '../../secrets/index.js'
import { readSmallFile } from '../../secrets/small-file.js'
import type { Run } from '../base/command.js'
import { DoctorCommand, doctorFlags, doctorOptions } from '../base/doctor-command.js'
import { defined, withVariables } from '../base/flags.js'
import { mountFlag } from '../base/place.js'

export default class DoctorLogin extends DoctorCommand {
  static override summary = 'Find out why one login fails: each step of it, with its verdict.'

  static override description = `Takes one login apart: the steps are those that Vault takes, in its order. With --as the token is one that the account would have, asked for with --probe and given back; with --jwt-file it is the very token that fails, of which only the claims are shown.`

  static override examples = [
    {
      description: 'Why may this account not log in?',
      command: '<%= config.bin %> doctor login --role app --as app/exampleapp --probe',
    },
    {
      description: 'Why is this token refused?',
      command: '<%= config.bin %> doctor login --role app --jwt-file token.jwt',
    },
    {
      description: 'The token of a running pod',
      command:
        'kubectl exec -n app exampleapp-0 -- cat /var/run/secrets/kubernetes.io/serviceaccount/token | <%= config.bin %> doctor login --role app --jwt-file -',
    },
  ]

  static override flags = {
    ...doctorFlags,
    ...mountFlag,
    ...withVariables({
      role: Flags.string({ helpValue: 'ROLE', description: 'The role that the login names.' }),
      as: Flags.string({ helpValue: 'NAMESPACE/NAME', description: 'The service account that logs in.' }),
      'jwt-file': Flags.string({
        helpValue: 'FILE',
        description: 'Holds the token that logs in; - for standard input. Instead of --as.',
        exclusive: ['as'],
      }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(DoctorLogin)
    const options = doctorOptions(flags)
    const { 'jwt-file': file } = flags
    await this.examine(
      flags,
      async ({ text }) => {
        const role = flags.role ?? (await asked(text, 'role', 'Role'))
        const token = file === undefined ? undefined : await tokenOf(file)
        const name = file === '-' ? 'the token of standard input' : `the token of ${file ?? ''}`
        const as =
          token === undefined ? (flags.as ?? (await asked(text, 'as', 'Service account, NAMESPACE/NAME'))) : undefined
        const { loginScope } = await import('../../operations/doctor/login.js')
        return {
          ...options,
          ...(token && { tokens: { [name]: token } }),
          scope: await loginScope(options, {
            role,
            ...defined({ path: flags.path, cluster: flags.cluster, as }),
            ...(token && { token: name }),
          }),
        }
      },
      'doctor login',
    )
  }
}

async function asked(text: Run['text'], flag: string, question: string): Promise<string> {
  if (text !== undefined) return text(question)
  throw new IceError(USAGE.nobodyToAsk, { message: `--${flag} is missing.`, next: [`Add --${flag}.`] })
}

/** What stands around a token in a file is not part of it. */
async function tokenOf(file: string): Promise<Secret> {
  if (file !== '-') {
    const read = await readSmallFile(file)
    if ('text' in read) return new Secret(read.text.trim())
    throw new IceError(USAGE.wrongUsage, {
      message: `--jwt-file: the file ${JSON.stringify(file)} ${read.problem}.`,
    })
  }
  if (process.stdin.isTTY)
    throw new IceError(USAGE.wrongUsage, {
      message: '--jwt-file - reads the token from standard input, which is the terminal here.',
    })
  return new Secret((await readStream(process.stdin)).trim())
}
