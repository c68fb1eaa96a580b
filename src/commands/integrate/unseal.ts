import * as Flags from '@oclif/core/flags'
import { IceCommand, requireTerminal } from '../base/command.js'
import { defined, fileOptions, several, withVariables } from '../base/flags.js'
import { vaultFlags } from '../base/place.js'

const { cluster: _cluster, 'vault-namespace': _namespace, 'token-file': _token, ...ofServer } = vaultFlags

export default class IntegrateUnseal extends IceCommand {
  static override summary = 'Initialise a fresh Vault or OpenBao, and open one that is sealed.'

  static override description = `The key shares and the root token are written to new files that nobody else can read, or encrypted to the PGP keys of those who are to hold them; they are never shown. On a terminal the shares of a sealed server are asked for, one after the other; progress that others made counts.`

  static override examples = [
    {
      description: 'A fresh server: three shares, two of which open it',
      command: '<%= config.bin %> integrate unseal --shares 3 --threshold 2 --out ./keys --yes',
    },
    {
      description: 'The shares for three people, whom nobody else can read',
      command:
        '<%= config.bin %> integrate unseal --shares 3 --threshold 2 --out ./keys --pgp-key ann.asc --pgp-key ben.asc --pgp-key cleo.asc',
    },
    {
      description: 'A sealed server, with shares from files',
      command: '<%= config.bin %> integrate unseal --key-file ./keys/key-1 --key-file ./keys/key-2',
    },
  ]

  static override flags = {
    ...ofServer,
    ...withVariables({
      shares: Flags.integer({ default: 5, description: 'Into how many parts the key is split.' }),
      threshold: Flags.integer({ default: 3, description: 'How many of them open the server.' }),
      'pgp-key': Flags.string({
        multiple: true,
        multipleNonGreedy: true,
        helpValue: 'FILE',
        description: 'An OpenPGP public key, armored or binary; one for each share, in their order.',
      }),
      'root-token-pgp-key': Flags.string({
        helpValue: 'FILE',
        description: 'The OpenPGP public key to which the root token is encrypted.',
      }),
      out: Flags.string({
        helpValue: 'FOLDER',
        description: 'A new folder for the shares and the root token, for its owner alone.',
      }),
      'key-file': Flags.string({
        multiple: true,
        multipleNonGreedy: true,
        helpValue: 'FILE',
        description: 'Holds one share; may be given several times.',
      }),
      'no-unseal': Flags.boolean({ description: 'Only initialise; leave the server sealed.' }),
      yes: Flags.boolean({ char: 'y', description: 'Initialise without asking.' }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(IntegrateUnseal)
    await this.perform(flags, async ({ view, stop, prompt, confirm }) => {
      const { unseal } = await import('../../operations/unseal.js')
      const result = await unseal({
        ...fileOptions({
          ...flags,
          'vault-namespace': undefined,
          'token-file': undefined,
          kubeconfig: undefined,
          file: flags.file ?? 'icebreaker.yaml',
        }),
        fileMustExist: flags.file !== undefined,
        ...defined({ prompt, out: flags.out, rootTokenPgpKey: flags['root-token-pgp-key'] }),
        shares: flags.shares,
        threshold: flags.threshold,
        pgpKeys: several(flags['pgp-key']),
        keyFiles: several(flags['key-file']),
        open: !flags['no-unseal'],
        emit: view.listen,
        stop,
        async confirm(question) {
          if (flags.yes) return true
          requireTerminal('--yes')
          return confirm(question)
        },
      })
      return { result, exit: 0 }
    })
  }
}
