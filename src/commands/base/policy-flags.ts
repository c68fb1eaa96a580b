import * as Flags from '@oclif/core/flags'
import type { PolicyOptions } from '../../operations/policy-context.js'
import { defined, fileFlags, fileOptions, several, withVariables, type FileFlags } from './flags.js'

/** Other commands mean something else by the same names. */
export const POLICY = 'ICEBREAKER_POLICY'

const { kubeconfig: _kubeconfig, file: _file, ...vaultFlags } = fileFlags

/** What every command takes that looks at policies: Vault, no cluster, and a file that may be missing. */
export const policyFlags = {
  ...vaultFlags,
  ...withVariables({
    file: Flags.string({
      char: 'f',
      helpValue: 'FILE',
      description: 'Says what policies, engines and servers there are. Default: ./icebreaker.yaml, where there is one.',
    }),
  }),
}

/** For those that want to know what is mounted. */
export const mountFlags = {
  ...withVariables(
    {
      engine: Flags.string({
        multiple: true,
        multipleNonGreedy: true,
        helpValue: 'MOUNT=TYPE[:VERSION]',
        description:
          'What is mounted, such as static=kv:2, whatever the file and Vault say. May be given several times.',
      }),
    },
    POLICY,
  ),
  ...withVariables({ offline: Flags.boolean({ description: 'Ask no server.' }) }),
}

interface Given extends Partial<Omit<FileFlags, 'file'>> {
  readonly file: string | undefined
  readonly engine?: readonly string[] | undefined
  readonly offline?: boolean
}

export function policyOptions(flags: Given): Omit<PolicyOptions, 'emit' | 'stop' | 'prompt'> {
  return {
    ...fileOptions({ ...flags, file: flags.file ?? 'icebreaker.yaml' } as FileFlags),
    fileMustExist: flags.file !== undefined,
    engines: several(flags.engine),
    ...defined({ offline: flags.offline }),
  }
}
