import type { Severity } from '../catalogue/index.js'
import { isIceError, LINT, VAULT } from '../catalogue/index.js'
import { mapBounded } from '../http/limit.js'
import { foldersAsked, lint, type Facts, type Finding, type LintPolicy } from '../policy/lint/index.js'
import { parseHcl } from '../policy/parse.js'
import { splitMount } from '../policy/index.js'
import { path, type Vault } from '../vault/index.js'
import {
  knownMounts,
  withPolicyContext,
  type KnownMounts,
  type PolicyContext,
  type PolicyOptions,
} from './policy-context.js'
import { grantedByFile, textOfFile, textOfLive, textsOfConfig, textsOfVault, type PolicyText } from './policy-texts.js'

export interface PolicyLintOptions extends PolicyOptions {
  /** HCL or JSON; `-` is standard input. */
  readonly files: readonly string[]
  /** Names of policies that Vault has. */
  readonly live: readonly string[]
  readonly allLive: boolean
}

/** A finding with its place, in the file that the operator has. */
export interface PlacedFinding {
  readonly code: string
  readonly severity: Severity
  readonly title: string
  readonly at: { readonly file: string; readonly line: number; readonly column: number }
  /** The path of the stanza. */
  readonly path?: string
  readonly message: string
  /** What to write instead of the stanza. */
  readonly corrected?: string
}

export interface LintedPolicy {
  readonly name?: string
  readonly from: PolicyText['from']
  readonly source: string
  readonly findings: readonly PlacedFinding[]
}

export interface PolicyLintResult {
  readonly operation: 'policy lint'
  /** Undefined: no server was asked. */
  readonly vault?: string
  /** From whom it is known what is mounted. */
  readonly mounts: KnownMounts['from']
  readonly policies: readonly LintedPolicy[]
  /** What could not be looked for, and why. */
  readonly skipped: readonly { readonly code: string; readonly title: string; readonly why: string }[]
  readonly summary: { readonly policies: number } & Readonly<Record<Severity, number>>
}

/** Judges policies: those of files, of Vault, or, where none is named, all of icebreaker.yaml. Writes nothing. */
export function policyLint(options: PolicyLintOptions): Promise<PolicyLintResult> {
  const { offline = false } = options
  return withPolicyContext({ ...options, offline, fileMustExist: needsFile(options) }, async (context) => {
    const [texts, known] = await Promise.all([textsOf(options, context), knownMounts(options, context)])
    const policies = await parsed(texts)
    const vault = options.offline === true ? undefined : await context.vault()
    const { names, refused } = await namesIn(policies, known, vault)
    const { findings, skipped } = lint(policies, factsOf(known, names))
    const linted = texts.map((text, index) => ({
      ...(text.name !== undefined && { name: text.name }),
      from: text.from,
      source: text.source,
      findings: findings.filter(({ policy }) => policy === index).map((finding) => placed(finding, text)),
    }))
    return {
      operation: 'policy lint',
      ...(vault && { vault: vault.address }),
      mounts: known.from,
      policies: linted,
      skipped: [
        ...skipped.map(({ code, title, needs }) => ({ code, title, why: whySkipped(needs, options) })),
        ...refused,
      ],
      summary: { policies: linted.length, ...counted(findings) },
    }
  })
}

const isNamed = ({ files, live, allLive }: PolicyLintOptions): boolean => files.length > 0 || live.length > 0 || allLive

/** Where no policy is named, the file is what is judged. */
const needsFile = (options: PolicyLintOptions): boolean => options.fileMustExist === true || !isNamed(options)

async function textsOf(options: PolicyLintOptions, context: PolicyContext): Promise<readonly PolicyText[]> {
  if (!isNamed(options)) return textsOfConfig(context)
  const granted = grantedByFile(context.loaded)
  const files = mapBounded(options.files, textOfFile)
  const live = options.allLive
    ? context.vault().then(textsOfVault)
    : mapBounded(options.live, async (name) => textOfLive(await context.vault(), name))
  const texts = (await Promise.all([files, live])).flat()
  return texts.map((text) => ({ ...text, ...(granted && { granted }) }))
}

const parsed = (texts: readonly PolicyText[]): Promise<(LintPolicy & { readonly name: string | undefined })[]> =>
  mapBounded(texts, async ({ name, text, granted }) => ({
    name,
    parsed: await parseHcl(text),
    ...(granted && { granted }),
  }))

function factsOf({ mounts, from, product }: KnownMounts, names: Facts['names'] | undefined): Facts {
  return {
    ...(from !== 'none' && { mounts }),
    ...(from === 'live' && { allMounts: true as const }),
    ...(product && { product }),
    ...(names && { names }),
  }
}

interface Names {
  readonly names?: NonNullable<Facts['names']>
  readonly refused: PolicyLintResult['skipped']
}

/** What is in the folders of KV on which it depends whether `x/*` was meant: names alone, no values. */
async function namesIn(
  policies: readonly LintPolicy[],
  { mounts }: KnownMounts,
  vault: Vault | undefined,
): Promise<Names> {
  if (vault === undefined) return { refused: [] }
  const stanzas = policies.flatMap((policy) => ('error' in policy.parsed ? [] : policy.parsed.stanzas))
  const listed = await mapBounded(foldersAsked(stanzas, mounts), async (folder) => {
    const placed = splitMount(folder, Object.keys(mounts))
    const isV2 = placed !== undefined && mounts[placed.mount]?.version === 2
    const place =
      placed === undefined || !isV2 ? folder : [placed.mount, 'metadata', placed.path].filter(Boolean).join('/')
    return [folder, await unlessRefused(() => vault.list(path`${place}`))] as const
  })
  const seen = listed.flatMap(([folder, names]) => (names === undefined ? [] : [[folder, names] as const]))
  const unseen = listed.filter(([, names]) => names === undefined).map(([folder]) => folder)
  return { names: Object.fromEntries(seen), refused: unseen.map(unlisted) }
}

const unlisted = (folder: string): PolicyLintResult['skipped'][number] => ({
  code: LINT.starAfterSlash.code,
  title: LINT.starAfterSlash.title,
  why: `the token may not list ${folder}`,
})

/** A folder may be of a mount that is not there yet, or may not be listed. */
async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isIceError(error) && error.code === VAULT.notPermitted.code) return undefined
    throw error
  }
}

function placed({ policy: _policy, at, ...finding }: Finding, { source, line, column }: PolicyText): PlacedFinding {
  // The lines of a text that is made from grants are nobody's.
  return { ...finding, at: { file: source, line: line ?? at.line, column: column ?? at.column } }
}

const REASONS: Readonly<Record<keyof Facts, string>> = {
  mounts: 'what is mounted is not known',
  allMounts: 'not all that is mounted is known',
  product: 'it is not known whether the server is Vault or OpenBao',
  names: 'no names of secrets were listed',
}

function whySkipped(needs: readonly (keyof Facts)[], { offline }: PolicyLintOptions): string {
  const reason = needs.map((need) => REASONS[need])[0] ?? ''
  return offline === true ? `${reason} (--offline)` : reason
}

function counted(findings: readonly Finding[]): Record<Severity, number> {
  const of = (wanted: Severity): number => findings.filter(({ severity }) => severity === wanted).length
  return { error: of('error'), warning: of('warning'), info: of('info') }
}
