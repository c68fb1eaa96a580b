import { basename, dirname, isAbsolute, join } from 'node:path'
import { text as readStream } from 'node:stream/consumers'
import { FILE, IceError, LINT } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import type { LoadedConfig } from '../config/index.js'
import type { File } from '../config/file.js'
import { mapBounded } from '../http/limit.js'
import { text as fieldText } from '../kinds/fields.js'
import { compileGrant, policy as policyKind } from '../kinds/policy.js'
import type { Granted } from '../policy/lint/index.js'
import { toRules, type WrittenGrant } from '../policy/index.js'
import { readSmallFile } from '../secrets/small-file.js'
import { path, type Vault } from '../vault/index.js'
import { livePolicy, type PolicyContext } from './policy-context.js'

/** The text of a policy, and where it comes from. */
export interface PolicyText {
  /** Undefined: it has none (standard input). */
  readonly name: string | undefined
  /** `grants`: it is made from grants of the file, and its lines are not the file's. */
  readonly from: 'file' | 'stdin' | 'live' | 'grants'
  /** A file, as it was named; or the address in Vault. */
  readonly source: string
  /** Of grants: where in the file they stand. */
  readonly line?: number
  readonly column?: number
  readonly text: string
  readonly granted?: Granted
}

/** A policy's file is named as the policy. */
const nameOf = (file: string): string => basename(file).replace(/\.(?:hcl|json|vault|policy)$/, '')

/** @throws IceError FILE.unreadable */
export async function textOfFile(file: string): Promise<PolicyText> {
  if (file === '-') {
    const text = await readStream(process.stdin)
    return { name: undefined, from: 'stdin', source: 'standard input', text }
  }
  const read = await readSmallFile(file)
  if ('text' in read) return { name: nameOf(file), from: 'file', source: file, text: read.text }
  throw new IceError(FILE.unreadable, {
    message: `The file ${JSON.stringify(file)} ${read.problem}.`,
    next: ['Check the path and the permissions.'],
  })
}

export async function textOfLive(vault: Vault, name: string): Promise<PolicyText> {
  return { name, from: 'live', source: `vault:sys/policies/acl/${name}`, text: await livePolicy(vault, name) }
}

/** Vault's own, which has no text. */
const ROOT = 'root'

export async function textsOfVault(vault: Vault): Promise<readonly PolicyText[]> {
  const names = (await vault.list(path`sys/policies/acl`)).filter((name) => name !== ROOT)
  return mapBounded(names, (name) => textOfLive(vault, name))
}

/** Every policy that a file makes: from grants, or from an HCL file beside it. */
export function textsOfConfig({ configFile, loaded }: PolicyContext): readonly PolicyText[] {
  if (loaded === undefined) return []
  const { file, texts } = loaded
  return [...policyKind.expand(file, { clusters: {}, texts })].map(({ id: { name }, desired }): PolicyText => {
    const section = file.policies[name]
    const text = fieldText(desired['policy'])
    if (section !== undefined && 'file' in section) {
      const source = isAbsolute(section.file) ? section.file : join(dirname(configFile), section.file)
      const granted = grantedToHolders(name, file)
      return { name, from: 'file', source, text, ...(granted && { granted }) }
    }
    const at = loaded.locate(['policies', name])
    return { name, from: 'grants', source: configFile, text, ...(at && { line: at.line, column: at.column }) }
  })
}

/** The policy of this name that the file describes. @throws IceError LINT.noSuchPolicy */
export function textOfConfig(context: PolicyContext, name: string): PolicyText {
  const texts = textsOfConfig(context)
  const found = texts.find((each) => each.name === name)
  if (found !== undefined) return found
  const meant = nearest(
    name,
    texts.flatMap((each) => each.name ?? []),
  )
  throw new IceError(LINT.noSuchPolicy, {
    message: `${context.configFile} does not say what the policy ${JSON.stringify(name)} is.`,
    next: [meant === undefined ? 'Name the text to compare with: --against FILE.' : `Did you mean ${meant}?`],
    exit: 2,
  })
}

type Written = readonly [WrittenGrant, readonly (string | number)[]]

/** What all grants of a file say together: of its policies, and what `verify` says that workloads can do. */
export function grantedByFile(loaded: LoadedConfig | undefined): Granted | undefined {
  if (loaded === undefined) return undefined
  const { file } = loaded
  return compiled(
    [...Object.keys(file.policies).flatMap((name) => grantsOf(name, file)), ...canOf(file, () => true)],
    file,
  )
}

/** What grants say to those who hold a policy that was written by hand: `verify`, and other policies of the same roles. */
function grantedToHolders(name: string, file: File): Granted | undefined {
  const roles = Object.entries(file.roles).filter(([, { policies = [] }]) => policies.includes(name))
  const holders = new Set(roles.map(([role]) => role))
  const beside = new Set(roles.flatMap(([, { policies = [] }]) => policies))
  const said = canOf(file, (role) => role !== undefined && holders.has(role))
  // Without them nobody has said what it is for, and what the other policies are for says nothing of it.
  return said.length === 0
    ? undefined
    : compiled([...said, ...[...beside].flatMap((each) => grantsOf(each, file))], file)
}

function grantsOf(name: string, file: File): Written[] {
  const section = file.policies[name]
  if (section === undefined || !('grants' in section)) return []
  return section.grants.map((grant, index) => [grant, ['policies', name, 'grants', index]])
}

const canOf = (file: File, counts: (role: string | undefined) => boolean): Written[] =>
  file.verify.flatMap(({ role, can }, at) =>
    counts(role) ? can.map((grant, index): Written => [grant, ['verify', at, 'can', index]]) : [],
  )

function compiled(grants: readonly Written[], file: File): Granted | undefined {
  if (grants.length === 0) return undefined
  return {
    mounts: Object.keys(file.engines),
    rules: toRules(grants.flatMap(([grant, from]) => compileGrant(grant, file, from))),
  }
}
