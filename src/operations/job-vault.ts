import { Document } from 'yaml'
import { parseYaml } from '../config/yaml.js'
import type { File } from '../config/file.js'
import { checkFlags, type LoadedConfig } from '../config/index.js'
import type { JobCommand } from '../integrations/index.js'
import { durationText } from '../kinds/atoms.js'
import { renderStanza, type PinnedRule } from '../policy/index.js'
import { vaultAddress } from '../kinds/address.js'
import { offlineGraph } from './offline.js'
import { needsOf, type Unattended } from './permission-needs.js'
import { vaultRules, type VaultRule } from './permission-rules.js'
import { policyText } from './permission-text.js'
import { scriptOf, type Script } from './script.js'

/** As what the Job is known to Vault. */
export interface JobRole {
  readonly name: string
  readonly account: { readonly namespace: string; readonly name: string }
  readonly audience: string
  /** Seconds that its token lives: a little longer than the run. */
  readonly tokenTTL: number
}

/** What Vault must have for a Job: by commands, or as parts of the file. */
export interface JobVault {
  readonly role: string
  /** HCL. */
  readonly policy: string
  readonly script: Script
  /** Instead of the commands: what is to be added to the file, YAML, and the policy that it then needs. */
  readonly sections: { readonly text: string; readonly policyFile: string; readonly policy: string }
}

type Loaded = Pick<LoadedConfig, 'file' | 'texts'>

/** @param text the file as it is written */
export function jobVault(text: string, loaded: Loaded, cluster: string, command: JobCommand, role: JobRole): JobVault {
  const sections = sectionsOf(role)
  const policyFile = `${role.name}.hcl`
  const written = parseYaml(text, 'icebreaker.yaml').value as Record<string, object | undefined>
  const together = checkFlags(
    {
      ...written,
      policies: { ...written['policies'], ...sections.policies },
      roles: { ...written['roles'], ...sections.roles },
    },
    () => undefined,
  )
  const policy = jobPolicy(loaded, cluster, command, role.name)
  const withRole = { file: together, texts: { ...loaded.texts, [policyFile]: policy } }
  return {
    role: role.name,
    policy,
    script: scriptFor(withRole, role.name, cluster),
    sections: {
      text: new Document(sections).toString({ lineWidth: 0 }),
      policyFile,
      policy: jobPolicy(withRole, cluster, command, role.name),
    },
  }
}

function sectionsOf({ name, account, audience, tokenTTL }: JobRole) {
  return {
    policies: { [name]: { file: `${name}.hcl` } },
    roles: {
      [name]: {
        serviceAccounts: [account.name],
        namespaces: [account.namespace],
        audience,
        policies: [name],
        tokenTTL: durationText(tokenTTL),
        tokenMaxTTL: durationText(tokenTTL),
      },
    },
  }
}

/** The purpose of a command, by which permissions are worked out. */
export const purposeOf = (command: JobCommand): Unattended => (command === 'doctor' ? 'doctor-reads' : command)

function jobPolicy(loaded: Loaded, cluster: string, command: JobCommand, name: string): string {
  const rules = vaultRules(needsOf(loaded.file, offlineGraph(loaded), purposeOf(command)))
  const head = [
    `What icebreaker ${command.replace('-', ' ')} of the file ${loaded.file.name} needs in Vault, and nothing else: the policy ${name}.`,
  ]
  if (command !== 'reviewer-rotate') return policyText(head, rules, [])
  const host = hostOf(loaded.file, cluster)
  return [
    ...[...head, ...PINNED].map((line) => `# ${line}`),
    '',
    ...rules.map((rule) => renderStanza(pinned(rule, host))),
  ].join('\n')
}

const PINNED = [
  'Whoever may write the config of an auth mount, or roles on one, can make himself logins; so what may be written is limited',
  'to what a rotation writes: the address of the API server stays, and no role gives a policy.',
]

/** The address that Vault uses; a file that leaves it open is not run in a pod. */
function hostOf({ clusters }: File, cluster: string): string {
  return clusters[cluster]?.apiServer ?? 'https://kubernetes.default.svc'
}

const SCRATCH_ROLE = [
  'bound_service_account_names',
  'bound_service_account_namespace_selector',
  'token_no_default_policy',
  'token_num_uses',
  'token_ttl',
]
const CONFIG = [
  'kubernetes_ca_cert',
  'token_reviewer_jwt',
  'pem_keys',
  'issuer',
  'disable_iss_validation',
  'disable_local_ca_jwt',
  'use_annotations_as_alias_metadata',
]

/** With any value. */
const any = (names: readonly string[]): Record<string, readonly string[]> =>
  Object.fromEntries(names.map((name) => [name, []]))

function pinned(rule: VaultRule, host: string): PinnedRule {
  const { path } = rule
  const allowed = (parameters: Record<string, readonly string[]>): PinnedRule => ({
    ...rule,
    allowedParameters: parameters,
  })
  if (!rule.capabilities.includes('update')) return rule
  if (path.endsWith('/config')) return allowed({ kubernetes_host: [host], '*': [] })
  if (path.startsWith('sys/auth/')) return allowed({ type: ['kubernetes'], description: [] })
  // The mount of a proof has both: a config like the real one, and roles.
  if (path.startsWith('auth/icebreaker-scratch-'))
    return allowed({ kubernetes_host: [host], ...any([...CONFIG, ...SCRATCH_ROLE]) })
  return allowed(any(SCRATCH_ROLE))
}

/** The policy and the role as commands, whatever the method of the mount. */
function scriptFor(loaded: Loaded, name: string, cluster: string): Script {
  const programs = { vault: 'vault', kubectl: () => ['kubectl'] }
  const graph = offlineGraph(loaded)
  const mount = loaded.file.clusters[cluster]?.auth.path ?? ''
  const drafts = [vaultAddress(`sys/policies/acl/${name}`), vaultAddress(`auth/${mount}/role/${name}`)].flatMap(
    (address) => {
      const resource = graph.get(address)
      if (resource === undefined) return []
      const { kind, id, desired } = resource
      const commands = kind.commands(id, desired, undefined, programs)
      return [{ address, title: kind.title, action: 'create' as const, commands }]
    },
  )
  return scriptOf(drafts, { programs, cluster, beside: (path) => path })
}
