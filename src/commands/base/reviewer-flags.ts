import * as Flags from '@oclif/core/flags'
import { defined, withVariables } from './flags.js'

/** Which reviewer is meant. */
export const reviewerFlags = withVariables(
  {
    namespace: Flags.string({
      helpValue: 'NAMESPACE',
      description: "The reviewer's namespace. Default: the file's, or vault-auth.",
    }),
    'service-account': Flags.string({
      helpValue: 'NAME',
      description: "The reviewer's account. Default: the file's, or vault-reviewer.",
    }),
  },
  'ICEBREAKER_REVIEWER',
)

/** What they say of `clusters.NAME.auth`. */
export const reviewerAuth = (flags: {
  readonly namespace: string | undefined
  readonly 'service-account': string | undefined
}) => ({ reviewer: defined({ namespace: flags.namespace, serviceAccount: flags['service-account'] }) })
