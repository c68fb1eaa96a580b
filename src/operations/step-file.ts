import { resolve } from 'node:path'
import { IceError, IceErrors, isIceErrors } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import { USAGE } from '../catalogue/usage.js'
import type { File } from '../config/file.js'
import { checkFlags, readBase } from '../config/index.js'
import { KINDS, type Resource } from '../kinds/index.js'
import { namespaceAddress } from '../kinds/namespace.js'
import type { FileOptions } from './options.js'
import type { Wanted } from './wanted.js'

/** One step of an introduction: what flags say of one object or a few, as icebreaker.yaml would say it. */
export interface Step {
  /** The kinds of the objects that are meant: `AuthRole`. */
  readonly kinds: readonly string[]
  /** Kinds that are only made where they are missing, and otherwise left as they are, whoever made them. */
  readonly ensure?: readonly string[]
  /** The cluster that is meant; default: the only one of the file. */
  readonly cluster?: string
  /** Members of `clusters.NAME` that flags say: `context`, `apiServer` … */
  readonly section?: object
  /** Members of `clusters.NAME.auth`: `path`, `reviewer` … */
  readonly auth?: object
  /** The top-level sections that hold the objects. */
  readonly sections: (place: StepPlace) => Readonly<Record<string, unknown>>
  /** The fields that flags said: of an object that exists the others stay as they are. */
  readonly says: readonly string[]
  /** The text of each policy that `sections` names by file, under that name. */
  readonly texts?: Readonly<Record<string, string>>
  /** The flag that says what these keys lead to, without dashes. */
  readonly flagFor: (keys: readonly (string | number)[]) => string | undefined
  /** What to type where the mount that the objects stand in is missing: `icebreaker auth enable`. */
  readonly first?: string
}

/** Where a step happens. */
export interface StepPlace {
  readonly cluster: string
  /** The path of the cluster's auth mount. */
  readonly mount: string
  /** The engines that the file knows, as existing ones: grants may speak of them. */
  readonly engines: Readonly<Record<string, unknown>>
}

/** Owns what steps make where no file gives its name. */
const NAME = 'steps'
const CLUSTER = 'default'
const AUTH = { path: 'kubernetes', reviewer: { namespace: 'vault-auth', serviceAccount: 'vault-reviewer' } }

/** What flags ask for, with the place where it happens. */
export interface StepWanted extends Wanted {
  readonly place: StepPlace
}

type Section = Readonly<Record<string, unknown>>
const sectionOf = (value: unknown): Section => (typeof value === 'object' && value !== null ? (value as Section) : {})

/**
 * A step as a file of its own. Servers, clusters and the name under which things are owned come from the file, where
 * there is one; nothing else of it does.
 */
export async function stepWanted(step: Step, options: FileOptions): Promise<StepWanted> {
  const base = await readBase(options.file, options.fileMustExist === true)
  const raw = sectionOf(base?.value)
  const clusters = sectionOf(raw['clusters'])
  const cluster = clusterOf(step, Object.keys(clusters))
  const before = sectionOf(clusters[cluster])
  const auth = authOf(sectionOf(before['auth']), sectionOf(step.auth))
  const section = { ...before, ...sectionOf(step.section), auth }
  const inVault = step.kinds.length === 0 || step.kinds.some(isOfVault)
  const inventory = homeOf(raw, cluster)
  const home = inventory.cluster
  const place = { cluster, mount: String(auth['path']), engines: existing(sectionOf(raw['engines'])) }
  const sections = step.sections(place)
  const homeSpace = String(inventory.namespace)
  const file = checked(
    {
      version: 1,
      name: options.name ?? raw['name'] ?? NAME,
      ...(raw['vault'] !== undefined && { vault: raw['vault'] }),
      inventory,
      clusters: { ...(home !== cluster && { [home]: clusters[home] }), ...onTheWay(raw, clusters), [cluster]: section },
      ...sections,
      // Whatever reviewer is meant, the record has its place.
      namespaces: { ...sectionOf(sections['namespaces']), [homeSpace]: {} },
    },
    step,
  )
  const homeNamespace = namespaceAddress(home, homeSpace)
  const reviewerSpace = sectionOf(auth['reviewer'])['namespace']
  const isOnlyHome = (resource: Resource): boolean =>
    resource.from[0] === 'namespaces' &&
    resource.from[1] === homeSpace &&
    homeSpace !== reviewerSpace &&
    sectionOf(sections['namespaces'])[homeSpace] === undefined
  const ensured = new Set(step.ensure)
  return {
    configFile: base?.file ?? resolve(options.file),
    file,
    place,
    texts: step.texts ?? {},
    says: new Set(step.says),
    ...(!inVault && { speaksToVault: false }),
    ...(!step.kinds.includes('AuthConfig') && { facts: {} }),
    includes: (resource) => {
      const { kind, from, address, id } = resource
      if (address === homeNamespace) return true
      if (!step.kinds.includes(kind.kind) && !ensured.has(kind.kind)) return false
      const of = from[0] === 'clusters' ? from[1] : ((id as { readonly cluster?: string }).cluster ?? cluster)
      return of === cluster && !isOnlyHome(resource)
    },
    ensures: ({ kind, address }) => ensured.has(kind.kind) || (address === homeNamespace && kind.kind === 'Namespace'),
  }
}

/** What Kubernetes holds says itself whose it is. */
const isOfVault = (name: string): boolean =>
  KINDS.some(({ kind, ownership }) => kind === name && (ownership === 'inventory' || ownership === 'within'))

/** Where the record is: the same for every step, whatever reviewer its flags name. */
function homeOf(raw: Section, cluster: string): { readonly cluster: string; readonly namespace: unknown } {
  const clusters = sectionOf(raw['clusters'])
  const said = sectionOf(raw['inventory'])
  const home = typeof said['cluster'] === 'string' ? said['cluster'] : (Object.keys(clusters)[0] ?? cluster)
  const reviewer = sectionOf(sectionOf(sectionOf(clusters[home])['auth'])['reviewer'])
  return { cluster: home, namespace: said['namespace'] ?? reviewer['namespace'] ?? AUTH.reviewer.namespace }
}

/** The clusters that Vault is reached through, or logged in to with. */
function onTheWay(raw: Section, clusters: Section): Section {
  const vault = sectionOf(raw['vault'])
  const names = ['portForward', 'login'].map((way) => sectionOf(vault[way])['cluster'])
  return Object.fromEntries(
    names.flatMap((name) => (typeof name === 'string' && name in clusters ? [[name, clusters[name]]] : [])),
  )
}

/** What the schema says in the words of the file is said in flags. */
function checked(document: object, { flagFor }: Step): File {
  try {
    return checkFlags(document, flagFor)
  } catch (error) {
    if (!isIceErrors(error)) throw error
    throw new IceErrors(
      error.errors.map((each) => {
        const message = each.message.replace(/\bsay accept: \[(\w+)\]/, 'add --accept $1')
        return new IceError(each.record, { ...each.details, message })
      }),
    )
  }
}

/** @throws IceError where the file has several clusters and none is named, or not this one */
function clusterOf({ cluster }: Step, known: readonly string[]): string {
  if (cluster === undefined) {
    if (known.length <= 1) return known[0] ?? CLUSTER
    throw new IceError(USAGE.wrongUsage, {
      message: `The file has several clusters; --cluster says which one is meant: ${known.join(', ')}.`,
    })
  }
  if (known.length === 0 || known.includes(cluster)) return cluster
  const meant = nearest(cluster, known)
  throw new IceError(USAGE.wrongUsage, {
    message: `--cluster: the file has no cluster ${JSON.stringify(cluster)}.`,
    next: [meant === undefined ? `It has: ${known.join(', ')}.` : `Did you mean ${meant}?`],
  })
}

/** What is said of an auth mount, with what nobody said: a reviewer, unless the method or its mode has none. */
function authOf(before: Section, said: Section): Section {
  const { reviewer, ...auth } = merged(AUTH, merged(before, said))
  if (auth['method'] === 'jwt') return auth
  const { expiration, ...others } = sectionOf(reviewer)
  if (others['token'] === 'client') return { ...auth, reviewer: { token: 'client' } }
  // The lifetime of another mode is not meant; one that a flag says is, and is refused where it does not belong.
  const isMeant = others['token'] === 'bound' || sectionOf(said['reviewer'])['expiration'] !== undefined
  return { ...auth, reviewer: { ...others, ...(isMeant && expiration !== undefined && { expiration }) } }
}

/** Deep, so that one member of a reviewer can be said alone. */
function merged(under: Section, over: Section): Section {
  const members = Object.entries(over).map(([key, value]) => {
    const [below, above] = [under[key], value]
    const both = [below, above].every((each) => typeof each === 'object' && each !== null && !Array.isArray(each))
    return [key, both ? merged(sectionOf(below), sectionOf(above)) : above]
  })
  return { ...under, ...(Object.fromEntries(members) as Section) }
}

function existing(engines: Section): Section {
  return Object.fromEntries(
    Object.entries(engines).map(([mount, engine]) => {
      const { type, version } = sectionOf(engine)
      return [mount, { existing: true, type, ...(type === 'kv' && version !== undefined && { version }) }]
    }),
  )
}
