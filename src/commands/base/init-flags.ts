import * as Flags from '@oclif/core/flags'
import { ANSWER_IDS, type AnswerId } from '../../operations/init/types.js'
import { several, withVariables } from './flags.js'

/** `helpGroup` is what the answer speaks of. */
const answer = (helpGroup: string, helpValue: string, description: string) =>
  Flags.string({ helpGroup, helpValue, description })
const answers = (helpGroup: string, helpValue: string, description: string) =>
  Flags.string({ helpGroup, helpValue, description, multiple: true, multipleNonGreedy: true })

/** What answers the questions of `init`, beside the flags of the servers. */
export const answerFlags = withVariables(
  {
    name: answer('trust', 'NAME', 'The name under which the file owns what it makes.'),
    context: answer('trust', 'CONTEXT', 'The context of the kubeconfig.'),
    cluster: answer('trust', 'NAME', 'What the file calls the cluster. Default: after the context.'),
    'api-server': answer('trust', 'URL', 'The address that Vault must use, where it is not the kubeconfig’s.'),
    'auth-path': answer('trust', 'PATH', 'The path of the cluster’s auth mount in Vault.'),
    'reviewer-namespace': answer('trust', 'NAMESPACE', 'The namespace of the reviewer. Default: vault-auth.'),
    'reviewer-service-account': answer('trust', 'NAME', 'The reviewer’s service account. Default: vault-reviewer.'),
    namespace: answer('workload', 'NAMESPACE', 'The namespace in which the workload runs.'),
    'service-account': answer('workload', 'NAME', 'The service account as which the workload logs in.'),
    role: answer('workload', 'NAME', 'The role on the auth mount. Default: named as the service account.'),
    policy: answers('workload', 'NAME', 'The policy; with --add role alone, those that are there, maybe several.'),
    grant: answers('workload', 'GRANT', 'What the policy allows, such as `read kv secret/app`; with --add policy.'),
    audience: answer('workload', 'AUDIENCE', 'The audience of the tokens that may log in. Default: vault.'),
    'token-ttl': answer('workload', 'DURATION', 'How long a login lasts, such as 1h.'),
    engine: answer('secrets', 'PATH', 'The path of the engine; one that is there already is used as it is.'),
    'engine-type': answer('secrets', 'TYPE', 'The engine’s type: kv, database or transit; with --add engine.'),
    'engine-version': answer('secrets', '1|2', 'The version of a new KV engine; with --add engine. Default: 2.'),
    secret: answer('secrets', 'PATH', 'The path of the secret in a KV engine.'),
    'connection-url': answer('secrets', 'HOST:PORT/NAME', 'The PostgreSQL database, without user and password.'),
    username: answer('secrets', 'NAME', 'Vault’s own user in the database. Default: vault.'),
    'password-env': answer('secrets', 'VARIABLE', 'The variable with that user’s password. Default: PGPASSWORD.'),
    'transit-engine': answer('secrets', 'PATH', 'The operator’s transit engine; with --template vso.'),
    'operator-namespace': answer('secrets', 'NAMESPACE', 'The operator’s namespace; with --template vso.'),
    'operator-service-account': answer('secrets', 'NAME', 'The operator’s service account; with --template vso.'),
    'operator-role': answer('secrets', 'NAME', 'The operator’s role and policy; with --template vso.'),
  },
  'ICEBREAKER_INIT',
)

/** The answers that flags give; several of one are parted by commas. */
export function answersOf(
  flags: Readonly<Partial<Record<AnswerId, string | readonly string[] | undefined>>>,
): Readonly<Partial<Record<AnswerId, string>>> {
  const given = ANSWER_IDS.flatMap((id) => {
    const value = flags[id]
    if (value === undefined) return []
    return [[id, typeof value === 'string' ? value : several(value).join(',')] as const]
  })
  return Object.fromEntries(given)
}
