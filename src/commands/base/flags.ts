import * as Flags from '@oclif/core/flags'
import type { Adopt, FileOptions } from '../../operations/options.js'
import { FORMATS, type Format } from '../../views/formats.js'

/** Gives each flag its variable: `--vault-address` is also ICEBREAKER_VAULT_ADDRESS. */
export function withVariables<F extends object>(flags: F, prefix = 'ICEBREAKER'): F {
  const variable = (name: string) => `${prefix}_${name.toUpperCase().replaceAll('-', '_')}`
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, { ...(flag as object), env: variable(name) }]),
  ) as F
}

/** The values of a flag that may be given several times; in its variable they are separated by commas. */
export function several(values: readonly string[] | undefined): string[] {
  // oclif hands the variable's value over as one string, whatever its types say.
  return [values ?? []]
    .flat()
    .flatMap((value) => value.split(','))
    .filter((value) => value !== '')
}

/** Milliseconds; `90`, `90s`, `5m`, `1h30m` are told apart by their units, seconds where there is none. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: (text) => {
    const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(text)
    const [hours, minutes, seconds] = (parts ?? []).slice(1).map((part: string | undefined) => Number(part ?? 0))
    const total = (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)
    if (total > 0) return Promise.resolve(total * 1000)
    return Promise.reject(new Error(`expected a duration such as 90s, 5m or 1h30m, not ${JSON.stringify(text)}`))
  },
})

/** What every command takes; `formats`: those that it has something to say in. */
export function outputFlags(formats: readonly Format[] = FORMATS) {
  return withVariables({
    output: Flags.option({
      char: 'o',
      options: formats,
      default: 'human',
      description: 'How the result is written to standard output.',
      helpGroup: 'output',
    })(),
    json: Flags.boolean({ description: 'The same as --output json.', helpGroup: 'output' }),
    'no-color': Flags.boolean({ description: 'No colour; NO_COLOR does the same.', helpGroup: 'output' }),
  })
}

/** What every command that reads the file takes. */
export const fileFlags = withVariables({
  file: Flags.string({
    char: 'f',
    default: 'icebreaker.yaml',
    helpValue: 'FILE',
    description: 'The file that says what shall be.',
  }),
  timeout: durationFlag({ description: 'For the whole command, such as 90s or 5m. Default: 10m.' }),
  'vault-address': Flags.string({
    helpValue: 'URL',
    description: 'Instead of vault.address of the file and VAULT_ADDR.',
    helpGroup: 'server',
  }),
  'vault-namespace': Flags.string({
    helpValue: 'NAME',
    description: 'Instead of vault.namespace and VAULT_NAMESPACE.',
    helpGroup: 'server',
  }),
  'vault-ca-file': Flags.string({
    helpValue: 'FILE',
    description: 'PEM file; instead of vault.caFile and VAULT_CACERT.',
    helpGroup: 'server',
  }),
  'vault-tls-server-name': Flags.string({
    helpValue: 'NAME',
    description: "The name in Vault's certificate, where the address has another.",
    helpGroup: 'server',
  }),
  'token-file': Flags.string({
    helpValue: 'FILE',
    description: 'Holds the Vault token; instead of VAULT_TOKEN and ~/.vault-token.',
    helpGroup: 'server',
  }),
  login: Flags.string({
    helpValue: 'METHOD,KEY=VALUE,…',
    description:
      'Log in to Vault for this run; instead of vault.login, and in its words, secrets as sources: `approle,roleID=env:ROLE_ID,secretID=file:secret-id`. `token`: with a token that is there.',
    helpGroup: 'server',
  }),
  kubeconfig: Flags.string({
    helpValue: 'FILE',
    description: 'Instead of KUBECONFIG and ~/.kube/config.',
    helpGroup: 'server',
  }),
})

/** What takes over objects that exist already. */
export const adoptFlag = withVariables({
  adopt: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'ADDRESS|all',
    description:
      'Take over this object, which exists and was not made by this file; `all`: every one. May be given several times.',
  }),
})

/** The addresses to adopt, as an operation takes them. */
export function adopted(values: readonly string[] | undefined): Adopt | undefined {
  const addresses = several(values)
  if (addresses.length === 0) return undefined
  return addresses.includes('all') ? 'all' : new Set(addresses)
}

export interface FileFlags {
  readonly file: string
  readonly timeout: number | undefined
  readonly 'vault-address': string | undefined
  readonly 'vault-namespace': string | undefined
  readonly 'vault-ca-file': string | undefined
  readonly 'vault-tls-server-name': string | undefined
  readonly 'token-file': string | undefined
  readonly login: string | undefined
  readonly kubeconfig: string | undefined
}

/** The flags as an operation takes them. */
export function fileOptions(flags: FileFlags): Omit<FileOptions, 'emit' | 'stop' | 'prompt'> {
  return defined({
    file: flags.file,
    timeout: flags.timeout,
    vaultAddress: flags['vault-address'],
    vaultNamespace: flags['vault-namespace'],
    vaultCaFile: flags['vault-ca-file'],
    vaultTlsServerName: flags['vault-tls-server-name'],
    tokenFile: flags['token-file'],
    login: flags.login,
    kubeconfig: flags.kubeconfig,
  })
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Without the members that are undefined. */
export function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>
}
