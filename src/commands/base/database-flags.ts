import * as Flags from '@oclif/core/flags'
import { withVariables } from './flags.js'

/** Where the database can be reached from here. */
export const probeAddressFlag = withVariables(
  {
    'probe-address': Flags.string({
      helpValue: 'HOST:PORT',
      description: 'Where the database can be reached from here, where it is not where Vault reaches it.',
      parse: (text) =>
        /^[^:/]+:\d+$|^\[[0-9a-f:]+\]:\d+$/i.test(text)
          ? Promise.resolve(text)
          : Promise.reject(new Error(`expected HOST:PORT, not ${JSON.stringify(text)}`)),
    }),
  },
  'ICEBREAKER_DATABASE',
)

/** How Vault's user is looked up, and what else there is to say of a rotation. */
export const rotateFlags = {
  ...withVariables(
    {
      username: Flags.string({
        helpValue: 'SOURCE',
        description: 'As whom the user is looked up in the database (literal:NAME). Default: Vault’s own user.',
      }),
      password: Flags.string({
        helpValue: 'SOURCE',
        description:
          'The password for it: env:NAME, file:PATH, prompt, kubernetes:NAMESPACE/SECRET:KEY. Default: the file’s.',
      }),
    },
    'ICEBREAKER_DATABASE',
  ),
  ...withVariables(
    {
      role: Flags.string({
        helpValue: 'ROLE',
        description: 'The role that is tried afterwards. Default: the first of the connection.',
      }),
      accept: Flags.option({
        options: ['unchecked'] as const,
        multiple: true,
        multipleNonGreedy: true,
        description:
          'What is refused unless it is meant. unchecked: that the user is Vault’s alone could not be looked up.',
      })(),
      confirm: Flags.string({
        helpValue: 'MOUNT/NAME',
        description: 'The connection once more, in place of typing it.',
      }),
    },
    'ICEBREAKER_DATABASE_ROTATE',
  ),
  ...withVariables({
    name: Flags.string({
      helpValue: 'NAME',
      description: 'The owner in whose record the connection stands. Default: the file’s name, or `steps`.',
    }),
    'dry-run': Flags.boolean({ description: 'Rotate nothing; show what was looked up.' }),
  }),
}
