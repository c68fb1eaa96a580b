import { resolve } from 'node:path'
import * as Flags from '@oclif/core/flags'
import type { StepOptionsBase } from '../../operations/step-session.js'
import { lookOf, type StepAt } from '../../operations/steps/object.js'
import { defined, fileFlags, fileOptions, outputFlags, withVariables, type FileFlags } from './flags.js'

const { timeout, kubeconfig, file: _file, ...ofVault } = fileFlags

const output = outputFlags(['human', 'json', 'ndjson'])

const place = {
  ...output,
  timeout,
  ...withVariables({
    file: Flags.string({
      char: 'f',
      helpValue: 'FILE',
      description:
        'Servers, clusters and the owner’s name are taken from it; nothing else is. Default: ./icebreaker.yaml, where there is one.',
    }),
    cluster: Flags.string({
      helpValue: 'CLUSTER',
      description: 'Which cluster of the file is meant. Default: the only one.',
    }),
  }),
}

const ofKubernetes = {
  kubeconfig,
  ...withVariables({
    context: Flags.string({
      helpValue: 'CONTEXT',
      description: 'The kubeconfig context of the cluster; instead of the file’s.',
      helpGroup: 'server',
    }),
  }),
}

/** Where a step happens: what it takes to reach both servers, Vault alone, or the cluster alone. */
export const placeFlags = { ...place, ...ofVault, ...ofKubernetes }
export const vaultFlags = { ...place, ...ofVault }
export const clusterFlags = { ...place, ...ofKubernetes }

/** Which auth mount is meant: the cluster's. */
export const mountFlag = withVariables({
  path: Flags.string({
    helpValue: 'MOUNT',
    description: 'The path of the auth mount. Default: the file’s, or `kubernetes`.',
  }),
})

/** Which address and CA of the API server Vault is to use. */
export const apiServerFlags = withVariables({
  'api-server': Flags.string({
    helpValue: 'URL',
    description: 'The address that Vault must use for the API server. Default: the file’s, or the kubeconfig’s.',
    helpGroup: 'server',
  }),
  'api-server-ca': Flags.string({
    helpValue: 'FILE|SOURCE',
    description:
      'Who signed the certificate at that address: a PEM file, or one of kubeconfig, rootConfigMap, tokenSecret, system. Default: the file’s, or the first that fits.',
    helpGroup: 'server',
  }),
})

/** For a result that is a secret. */
export const secretFlags = withVariables({
  'show-secret': Flags.boolean({ description: 'Print the secret itself; without this it is masked.' }),
  'secret-out': Flags.string({
    helpValue: 'FILE',
    description: 'Write the secret to this new file, for its owner alone.',
  }),
})

export interface PlaceFlags extends Partial<Omit<FileFlags, 'file'>> {
  readonly file: string | undefined
  readonly cluster: string | undefined
  readonly context?: string | undefined
  readonly path?: string | undefined
  readonly 'api-server'?: string | undefined
  readonly 'api-server-ca'?: string | undefined
}

/** The flags as an operation takes them that looks, or does one act. */
export function placeOptions(flags: PlaceFlags, auth: object = {}): Omit<StepOptionsBase, 'emit' | 'stop' | 'prompt'> {
  return { ...serverOptions(flags), step: lookOf(placeOf(flags), auth) }
}

/** Servers and the file, which may be missing unless it is named. */
export function serverOptions(flags: PlaceFlags) {
  return {
    ...fileOptions({ ...flags, file: flags.file ?? 'icebreaker.yaml' } as FileFlags),
    fileMustExist: flags.file !== undefined,
  }
}

/** What the flags say of where a step happens. */
export function placeOf(flags: PlaceFlags): StepAt {
  const section = {
    ...defined({ context: flags.context, apiServer: flags['api-server'] }),
    ...(flags['api-server-ca'] !== undefined && { apiServerCA: caSource(flags['api-server-ca']) }),
  }
  return { ...defined({ cluster: flags.cluster, path: flags.path }), section }
}

const CA_SOURCES: readonly string[] = ['kubeconfig', 'rootConfigMap', 'tokenSecret', 'system']

/** A file is meant from here, not from beside icebreaker.yaml. */
function caSource(said: string): string | { readonly file: string } {
  return CA_SOURCES.includes(said) ? said : { file: resolve(said) }
}
