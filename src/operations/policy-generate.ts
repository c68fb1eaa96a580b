import { FILE, IceError, LINT } from '../catalogue/index.js'
import type { File } from '../config/file.js'
import { engineTypes } from '../kinds/engines/index.js'
import { compileGrant } from '../kinds/policy.js'
import { parseGrant, renderPolicy, splitMount, sum, type Grant, type Rules } from '../policy/index.js'
import type { MountFact } from '../policy/lint/index.js'
import { readMounts } from '../vault/mounts.js'
import { mountsOfFlags, withPolicyContext, type PolicyContext, type PolicyOptions } from './policy-context.js'
import { withStaticRoles } from './read-vault.js'

export interface PolicyGenerateOptions extends PolicyOptions {
  /** `read kv static/app/creds` */
  readonly grants: readonly string[]
}

/** An engine that a grant speaks of, and from whom it is known. */
interface UsedEngine {
  readonly type: string
  readonly version?: number
  readonly from: 'flag' | 'file' | 'live' | 'grant'
}

export interface PolicyGenerateResult {
  readonly operation: 'policy generate'
  readonly grants: readonly string[]
  readonly engines: Readonly<Record<string, UsedEngine>>
  /** HCL. */
  readonly policy: string
  readonly rules: Rules
}

type Section = File['engines'][string]

/** The policy that grants amount to. A server is asked only where neither flags nor the file know a mount. */
export function policyGenerate(options: PolicyGenerateOptions): Promise<PolicyGenerateResult> {
  const { offline = false } = options
  return withPolicyContext({ ...options, offline }, async (context) => {
    const written = sentences(options.grants)
    const grants = written.map(parse)
    const known = await enginesFor(grants, options, context)
    const sections = Object.fromEntries([...known].map(([mount, { section }]) => [mount, section as Section]))
    const rules = sum(written.flatMap((grant) => compileGrant(grant, { engines: sections }, [])))
    const used = new Set(grants.flatMap(({ target }) => splitMount(target, known.keys())?.mount ?? []))
    const engines = [...known].flatMap(([mount, { section, from }]) => {
      const { type, version } = section as MountFact
      return used.has(mount) ? [[mount, { type, ...(version !== undefined && { version }), from }] as const] : []
    })
    return {
      operation: 'policy generate',
      grants: written,
      engines: Object.fromEntries(engines),
      policy: renderPolicy(rules),
      rules,
    }
  })
}

/** A grant in quotes, or three words without. */
function sentences(words: readonly string[]): readonly string[] {
  const grants: string[] = []
  let open: string[] = []
  for (const word of words) {
    if (open.length === 0 && /\s/.test(word.trim())) {
      grants.push(word)
      continue
    }
    open.push(word)
    if (open.length === 3) {
      grants.push(open.join(' '))
      open = []
    }
  }
  return open.length === 0 ? grants : [...grants, open.join(' ')]
}

const VERBS = Object.fromEntries(Object.values(engineTypes).map(({ type, verbs }) => [type, Object.keys(verbs)]))

function parse(written: string): Grant {
  const parsed = parseGrant(written, VERBS)
  if ('ok' in parsed) return parsed.ok
  throw new IceError(FILE.badGrant, {
    message: `${parsed.error}.`,
    ...(parsed.hint !== undefined && { next: [parsed.hint] }),
  })
}

interface Known {
  readonly section: Readonly<Record<string, unknown>> | Section
  readonly from: UsedEngine['from']
}

/** Flags first, then the file, then Vault; of engines other than KV the grant itself says all that matters. */
async function enginesFor(
  grants: readonly Grant[],
  options: PolicyGenerateOptions,
  context: PolicyContext,
): Promise<ReadonlyMap<string, Known>> {
  const known = new Map<string, Known>()
  for (const [mount, section] of Object.entries(context.loaded?.file.engines ?? {}))
    known.set(mount, { section, from: 'file' })
  for (const [mount, fact] of Object.entries(mountsOfFlags(options.engines ?? [])))
    known.set(mount, { section: { ...fact }, from: 'flag' })
  const missing = (): readonly Grant[] => grants.filter(({ target }) => splitMount(target, known.keys()) === undefined)
  if (missing().length > 0 && options.offline !== true) await addLive(known, missing(), context)
  for (const { engine, target } of missing()) {
    if (engine === 'kv' || options.offline !== true) throw unknownEngine(engine, target, options)
    known.set(target.split('/')[0] ?? '', { section: { type: engine }, from: 'grant' })
  }
  return known
}

async function addLive(known: Map<string, Known>, grants: readonly Grant[], context: PolicyContext): Promise<void> {
  const vault = await context.vault()
  const { mounts } = await readMounts(vault)
  for (const { target } of grants) {
    const mount = splitMount(target, Object.keys(mounts))?.mount
    const fact = mount === undefined ? undefined : mounts[mount]
    if (mount === undefined || fact === undefined || known.has(mount)) continue
    // Credentials of static roles are read at another path.
    known.set(mount, { section: { ...(await withStaticRoles(vault, mount, fact)) }, from: 'live' })
  }
}

function unknownEngine(engine: string, target: string, { offline }: PolicyGenerateOptions): IceError {
  const mount = target.split('/')[0] ?? target
  const where = offline === true ? 'Neither the file nor a flag says' : 'Neither the file, a flag nor Vault says'
  const what = engine === 'kv' ? `whether ${mount} is KV version 1 or 2` : `what ${mount} is`
  return new IceError(LINT.unknownEngine, {
    message: `${where} ${what}.`,
    next: [`Add --engine ${mount}=${engine === 'kv' ? 'kv:2' : engine}.`],
  })
}
