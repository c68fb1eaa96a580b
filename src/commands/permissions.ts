import * as Flags from '@oclif/core/flags'
import { EXIT, IceError, USAGE } from '../catalogue/index.js'
import type { Subject } from '../operations/permissions.js'
import { redact } from '../secrets/redact.js'
import { IceCommand } from './base/command.js'
import { defined, fileFlags, outputFlags, several, withVariables } from './base/flags.js'

/** `user:NAME`, `group:NAME`, `NAMESPACE/NAME` (a service account). */
function subjectOf(text: string): Subject {
  const [, kind, name] = /^(user|group):(.+)$/.exec(text) ?? []
  if (name !== undefined) return { kind: kind === 'user' ? 'User' : 'Group', name }
  const [, namespace, account] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(text) ?? []
  if (namespace !== undefined && account !== undefined) return { kind: 'ServiceAccount', name: account, namespace }
  throw new IceError(USAGE.wrongUsage, {
    message: `--bind-to: expected NAMESPACE/NAME, user:NAME or group:NAME, not ${JSON.stringify(redact(text))}.`,
  })
}

export default class Permissions extends IceCommand {
  static override summary =
    'Print the least that an identity must be allowed in Vault and in Kubernetes, for this file.'

  static override description = `A Vault policy, and a ClusterRole and Roles for each cluster, worked out from the file alone: nothing is contacted. Everything is allowed by name where the server can: creating cannot be in Kubernetes, where the name is only in what is created.
An administrator applies them once, and again when the file names other things; pipelines then run without an administrator's rights.`

  static override examples = [
    { description: 'What apply needs, with its verification', command: '<%= config.bin %> permissions' },
    {
      description: 'For a pipeline that only plans',
      command: '<%= config.bin %> permissions --for plan --vault-policy | vault policy write ci-plan -',
    },
    {
      description: 'Give the rights to the service account of a pipeline',
      command: '<%= config.bin %> permissions --kubernetes --bind-to ci/icebreaker | kubectl apply -f -',
    },
    { description: 'All of it as files', command: '<%= config.bin %> permissions --out permissions/' },
  ]

  static override flags = {
    ...outputFlags(['human', 'json']),
    file: fileFlags.file,
    ...withVariables({
      for: Flags.option({
        options: ['plan', 'apply', 'verify', 'doctor'] as const,
        default: 'apply' as const,
        description:
          'What the identity is to run; apply: with the verification that it ends with; doctor: with what --probe makes.',
      })(),
      'vault-policy': Flags.boolean({ description: 'Only the Vault policy.', exclusive: ['kubernetes'] }),
      kubernetes: Flags.boolean({ description: 'Only the Kubernetes manifests.' }),
      cluster: Flags.string({ helpValue: 'CLUSTER', description: 'Only for this cluster.' }),
      'bind-to': Flags.string({
        multiple: true,
        multipleNonGreedy: true,
        helpValue: 'SUBJECT',
        description:
          'Who gets the Kubernetes rights: NAMESPACE/NAME (a service account), user:NAME or group:NAME. May be given several times.',
      }),
      'proof-by-vault': Flags.boolean({
        description:
          'Also what is needed where this machine cannot reach an API server at the address that Vault uses.',
      }),
      out: Flags.string({ helpValue: 'FOLDER', description: 'Write files there, and print which.' }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Permissions)
    await this.perform(flags, async () => {
      const { permissions } = await import('../operations/permissions.js')
      const result = await permissions({
        file: flags.file,
        purpose: flags.for,
        parts: flags['vault-policy'] ? ['vault'] : flags.kubernetes ? ['kubernetes'] : ['vault', 'kubernetes'],
        subjects: several(flags['bind-to']).map(subjectOf),
        proofByVault: flags['proof-by-vault'],
        ...defined({ cluster: flags.cluster, out: flags.out }),
      })
      return { result, exit: EXIT.done }
    })
  }
}
