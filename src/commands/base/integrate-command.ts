import * as Flags from '@oclif/core/flags'
import { EXIT, IceError, USAGE } from '../../catalogue/index.js'
import type { IntegrateOptions, Selection, Settings, Target } from '../../operations/integrate.js'
import { redact } from '../../secrets/redact.js'
import type { Format } from '../../views/formats.js'
import { IceCommand } from './command.js'
import { defined, durationFlag, fileFlags, outputFlags, withVariables } from './flags.js'

/** Which workloads are meant. */
export const selectionFlags = {
  file: fileFlags.file,
  ...withVariables({
    cluster: Flags.string({ helpValue: 'CLUSTER', description: 'Only for this cluster.' }),
    role: Flags.string({ helpValue: 'ROLE', description: 'Only for this role.' }),
    workload: Flags.string({
      helpValue: 'NAMESPACE/NAME',
      description: 'Only for this service account. Default: all that roles bind by name.',
    }),
  }),
}

/** What every way takes. */
export const integrateFlags = {
  ...outputFlags(['human', 'json']),
  ...selectionFlags,
  ...withVariables({
    'pod-address': Flags.string({
      helpValue: 'URL',
      description: 'Where pods reach Vault; instead of vault.podAddress and vault.address of the file.',
      helpGroup: 'server',
    }),
    out: Flags.string({
      helpValue: 'FOLDER',
      description: 'Write a file for each object there, with a Kustomization, and print which.',
    }),
  }),
  'vault-ca-file': fileFlags['vault-ca-file'],
}

/** What ways take that change the pods of an application. */
export const patchFlags = withVariables({
  container: Flags.string({
    helpValue: 'NAME',
    description: 'The container that reads the secrets. Default: named like the target.',
  }),
  patch: Flags.boolean({
    description:
      'Print what the pods of the application need besides, instead of the objects: a strategic merge patch.',
    exclusive: ['out'],
  }),
  target: Flags.string({
    helpValue: 'KIND/NAME',
    description:
      'What the patch is for: deployment/NAME, statefulset/NAME or daemonset/NAME. Default: the Deployment named like the service account.',
  }),
})

/** Of a token that Kubernetes puts into the pod. */
export const tokenFlags = withVariables({
  'token-expiration': durationFlag({
    description: 'How long a token of the pod is good, 10m or more; Kubernetes replaces it in time. Default: 10m.',
  }),
})

interface IntegrateFlags {
  readonly file: string
  readonly cluster: string | undefined
  readonly role: string | undefined
  readonly workload: string | undefined
  readonly 'pod-address': string | undefined
  readonly 'vault-ca-file': string | undefined
  readonly out: string | undefined
  readonly output: Format
  readonly json: boolean
  readonly 'no-color': boolean
  readonly container?: string | undefined
  readonly patch?: boolean
  readonly target?: string | undefined
  readonly 'token-expiration'?: number | undefined
}

type Own = Partial<Pick<Settings, 'product' | 'image' | 'containers' | 'pki'>>

/** A command that writes one way of bringing secrets to pods. */
export abstract class IntegrateCommand extends IceCommand {
  protected async write(way: string, flags: IntegrateFlags, own: Own | (() => Own) = {}): Promise<void> {
    await this.perform(flags, async () => {
      const { integrate } = await import('../../operations/integrate.js')
      return {
        result: await integrate(optionsOf(way, flags, typeof own === 'function' ? own() : own)),
        exit: EXIT.done,
      }
    })
  }
}

export const selectionOf = ({
  cluster,
  role,
  workload,
}: Pick<IntegrateFlags, 'cluster' | 'role' | 'workload'>): Selection => defined({ cluster, role, workload })

/** @throws IceError USAGE.wrongUsage */
function optionsOf(way: string, flags: IntegrateFlags, own: Own): IntegrateOptions {
  const { patch = false, target, container } = flags
  return {
    ...selectionOf(flags),
    way,
    file: flags.file,
    env: process.env,
    patch,
    ...defined({ podAddress: addressOf(flags['pod-address']), vaultCaFile: flags['vault-ca-file'], out: flags.out }),
    settings: {
      product: 'vault',
      containers: 'both',
      tokenExpiration: expirationOf(flags['token-expiration']),
      ...own,
      ...defined({ container, target: target === undefined ? undefined : targetOf(target) }),
    },
  }
}

/** The value of --pod-address. @throws IceError USAGE.wrongUsage */
export function addressOf(address: string | undefined): string | undefined {
  if (address === undefined || /^https?:\/\/[^/@\s]+$/.test(address)) return address
  throw wrong('--pod-address: expected the address of Vault, such as https://vault.vault.svc:8200, without a path.')
}

/** The least that Kubernetes gives, seconds. */
const SHORTEST = 600

function expirationOf(milliseconds = SHORTEST * 1000): number {
  if (milliseconds < SHORTEST * 1000) throw wrong('--token-expiration: Kubernetes gives no token for less than 10m.')
  return milliseconds / 1000
}

const KINDS: Readonly<Record<string, Target['kind'] | undefined>> = {
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
}

function targetOf(said: string): Target {
  const [word = '', ...rest] = said.split('/')
  const [kind, name] = [KINDS[word.toLowerCase()], rest.join('/')]
  if (kind !== undefined && /^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/.test(name)) return { kind, name }
  throw wrong(
    `--target: expected deployment/NAME, statefulset/NAME or daemonset/NAME, not ${JSON.stringify(redact(said))}.`,
  )
}

const wrong = (message: string): IceError => new IceError(USAGE.wrongUsage, { message })
