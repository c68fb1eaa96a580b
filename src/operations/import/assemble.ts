import { parseDocument } from 'yaml'
import { mistakesIn } from '../../config/problems.js'
import { fileSchema } from '../../config/schema.js'
import { pathText } from '../../config/words.js'
import type { FileSection, Json } from '../../kinds/contract.js'
import { canonical } from '../../kinds/fields.js'
import { grantsOf, type Engines } from '../../kinds/grant-inverse.js'
import { free } from '../init/names.js'
import type { Keys } from '../init/document.js'
import type { Beside, Left, LiveCluster, LiveEngine, LiveMount, LiveVault } from './types.js'

/** A part of the file under its keys, with what is to be said of it. */
interface Part {
  readonly keys: readonly string[]
  /** What it is on the server. */
  readonly what: string
  readonly value: Readonly<Record<string, unknown>>
  readonly told?: Omit<FileSection, 'section'>
}

/** A comment in the file. */
export interface Comment {
  readonly keys: Keys
  readonly text: string
  /** Something to fill in, or to look at before the file is used. */
  readonly isHole: boolean
}

/** Everything that the file is made from, before it is text. */
export interface Assembled {
  readonly file: Readonly<Record<string, unknown>>
  readonly comments: readonly Comment[]
  readonly beside: readonly Beside[]
  readonly left: readonly Left[]
  readonly variables: readonly string[]
}

export interface Facts {
  readonly name: string
  readonly live: LiveVault
  /** As the mounts of `live`. */
  readonly clusters: readonly LiveCluster[]
  /** Of the `vault` section, beside what was read. */
  readonly vault: Readonly<Record<string, string | undefined>>
}

/** Makes the file from what was read. What cannot stand in it is left out, with what needs it, and told. Pure. */
export function assemble({ name, live, clusters, vault }: Facts): Assembled {
  const engines = live.engines.map(enginePart)
  const beside: Beside[] = []
  const parts: Part[] = [
    ...clusters.map((cluster, index) => clusterPart(cluster, live.mounts[index] as LiveMount, beside)),
    ...engines,
    ...policyParts(live, sectionsOf(engines), beside),
  ]
  const roles = roleParts(live.mounts, clusters)
  parts.push(...roles.parts)
  const top = {
    version: 1,
    name,
    vault: { address: live.address, namespace: live.namespace, ...vault },
    ...homeOf(clusters),
    clusters: {},
    serviceAccounts: commonAccounts(clusters),
  }
  const { file, dropped } = whole(top, parts)
  const kept = parts.filter(({ keys }) => valueAt(file, keys) !== undefined)
  const comments = kept.flatMap(commentsOf).filter(({ keys }) => valueAt(file, keys) !== undefined)
  const text = JSON.stringify(file)
  return {
    file,
    comments: [...homeComments(clusters), ...comments],
    beside: beside.filter((one) => text.includes(JSON.stringify(one.file))),
    left: [
      ...live.left,
      ...clusters.flatMap(({ left }) => left),
      ...roles.left,
      ...dropped,
      ...kept.flatMap(({ what, told }) => unsaid(what, told)),
    ],
    variables: [...text.matchAll(/\{"env":"(\w+)"\}/g)].map(([, variable = '']) => variable),
  }
}

const unsaid = (what: string, told: Part['told']): Left[] =>
  told === undefined || told.unsaid.length === 0
    ? []
    : [{ what, why: `the file has no word for what is set there as ${told.unsaid.join(', ')}` }]

function commentsOf({ keys, told }: Part): Comment[] {
  const said = (list: FileSection['remarks'] = [], isHole: boolean): Comment[] =>
    list.map(({ at, text }) => ({ keys: [...keys, ...at], text, isHole }))
  return [...said(told?.remarks, false), ...said(told?.holes, true)]
}

function clusterPart(cluster: LiveCluster, mount: LiveMount, beside: Beside[]): Part {
  const { path, told, config } = mount
  const { type: _type, ...tuning } = told.section
  const file = `${cluster.name}-ca.pem`
  if (cluster.ca !== undefined) beside.push({ file, text: withLineEnd(cluster.ca) })
  return {
    keys: ['clusters', cluster.name],
    what: `auth/${path}`,
    value: {
      ...cluster.section,
      ...(cluster.ca !== undefined && { apiServerCA: { file } }),
      auth: { path, reviewer: cluster.reviewer, ...tuning, ...config?.told.section },
    },
    told: {
      holes: cluster.holes,
      remarks: cluster.remarks,
      unsaid: [...told.unsaid, ...(config?.told.unsaid ?? [])],
    },
  }
}

/** Accounts that are on every cluster: the file makes each of its accounts on all of them. */
function commonAccounts(clusters: readonly LiveCluster[]): string[] {
  const [first, ...others] = clusters
  const isCommon = (account: string): boolean => others.every(({ accounts }) => accounts?.includes(account) === true)
  // The one that every namespace has needs no making.
  return (first?.accounts ?? []).filter((account) => isCommon(account) && !account.endsWith('/default')).sort()
}

const HOME = 'vault-icebreaker'

/** Without a reviewer's namespace nothing else says where the record is to be. */
const homeOf = ([first]: readonly LiveCluster[]): object =>
  first !== undefined && first.reviewer['namespace'] === undefined ? { inventory: { namespace: HOME } } : {}

const homeComments = (clusters: readonly LiveCluster[]): Comment[] =>
  'inventory' in homeOf(clusters)
    ? [
        {
          keys: ['inventory', 'namespace'],
          text: 'Where the record of what this file owns is to be kept.',
          isHole: true,
        },
      ]
    : []

function enginePart({ path, type, told, contents, config }: LiveEngine): Part {
  const inner = Object.entries(contents).flatMap(([key, all]) =>
    all.map(({ name, told }) => ({ at: [key, name], told })),
  )
  const also = (list: 'holes' | 'remarks') =>
    inner.flatMap(({ at, told }) => told[list].map((one) => ({ at: [...at, ...one.at], text: one.text })))
  return {
    keys: ['engines', path],
    what: `the engine ${path}/`,
    value: {
      type,
      ...told.section,
      ...(config !== undefined && Object.keys(config.section).length > 0 && { config: config.section }),
      ...Object.fromEntries(
        Object.entries(contents)
          .filter(([, all]) => all.length > 0)
          .map(([key, all]) => [key, Object.fromEntries(all.map(({ name, told }) => [name, told.section]))]),
      ),
    },
    told: {
      holes: also('holes'),
      remarks: also('remarks'),
      unsaid: [
        ...told.unsaid,
        ...(config?.unsaid ?? []),
        ...inner.flatMap(({ at, told }) => told.unsaid.map((name) => [...at, name].join('/'))),
      ],
    },
  }
}

const sectionsOf = (engines: readonly Part[]): Engines =>
  Object.fromEntries(engines.map(({ keys: [, mount = ''], value }) => [mount, value])) as unknown as Engines

function policyParts({ policies }: LiveVault, engines: Engines, beside: Beside[]): Part[] {
  return [...policies].map(([name, text]): Part => {
    const part = { keys: ['policies', name], what: `the policy ${name}` }
    if (text === undefined) {
      const remark = { at: ['existing'], text: 'A role names it; it is not there, or this token may not read it.' }
      return { ...part, value: { existing: true }, told: { holes: [], remarks: [remark], unsaid: [] } }
    }
    const grants = grantsOf(text, engines)
    if (grants !== undefined) return { ...part, value: { grants } }
    const plain = name.replace(/[^\w.-]+/g, '_').replace(/^\.+/, '_')
    const taken = beside.map(({ file }) => file.replace(/^policies\/|\.hcl$/g, ''))
    const file = `policies/${free(plain, taken)}.hcl`
    beside.push({ file, text: withLineEnd(text) })
    return { ...part, value: { file } }
  })
}

const withLineEnd = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)

/** A role is on every cluster that has it in the same form; one of the same name and another form has no place. */
function roleParts(
  mounts: readonly LiveMount[],
  clusters: readonly LiveCluster[],
): { readonly parts: readonly Part[]; readonly left: readonly Left[] } {
  const placed = mounts.flatMap(({ path, roles }, index) =>
    roles.map(({ name, told }) => ({ name, told: withSelector(told), path, cluster: clusters[index]?.name ?? '' })),
  )
  const left: Left[] = []
  const parts = [...Map.groupBy(placed, ({ name }) => name)].flatMap(([name, all]): Part[] => {
    const [first] = all
    if (first === undefined) return []
    const alike = all.filter(({ told }) => canonical(told.section) === canonical(first.told.section))
    for (const other of all.filter((one) => !alike.includes(one))) {
      const why = `it differs from the role of this name on auth/${first.path}, and a file has one role of a name; import auth/${other.path} into a file of its own with --path`
      left.push({ what: `auth/${other.path}/role/${name}`, why })
    }
    const where = alike.length === clusters.length ? {} : { clusters: alike.map(({ cluster }) => cluster) }
    const value = { ...first.told.section, ...where }
    return [{ keys: ['roles', name], what: `auth/${first.path}/role/${name}`, value, told: first.told }]
  })
  return { parts, left }
}

/** Servers take a selector as JSON or YAML, and give back what they took. */
function withSelector(told: FileSection): FileSection {
  const { namespaceSelector: selector } = told.section
  if (typeof selector !== 'string') return told
  const text = 'Vault has it as YAML; apply writes the same as JSON.'
  return {
    ...told,
    section: { ...told.section, namespaceSelector: parseDocument(selector).toJS() as Json },
    remarks: [...told.remarks, { at: ['namespaceSelector'], text }],
  }
}

/** How much of the file goes where something in it cannot stand: a thing in an engine, or a whole entry. */
const isNested = ([section, , key]: Keys): boolean =>
  section === 'engines' && ['connections', 'roles', 'staticRoles', 'keys'].includes(String(key))

/**
 * The document without what the schema does not let pass, and without what needs that. What is wrong with a cluster is
 * left in: there is no file without it, and the operator is told when he uses it.
 */
function whole(
  top: Readonly<Record<string, unknown>>,
  parts: readonly Part[],
): { readonly file: Record<string, unknown>; readonly dropped: readonly Left[] } {
  const file = JSON.parse(JSON.stringify(top)) as Record<string, unknown>
  for (const section of ['clusters', 'engines', 'policies', 'roles']) {
    const own = parts
      .filter(({ keys }) => keys[0] === section)
      .map(({ keys: [, name = ''], value }) => [name, value] as const)
    if (own.length > 0) file[section] = JSON.parse(JSON.stringify(Object.fromEntries(own)))
  }
  const dropped: Left[] = []
  for (;;) {
    const mistakes = mistakesIn(fileSchema, file).filter(({ path }) =>
      ['engines', 'policies', 'roles'].includes(String(path[0])),
    )
    const found = new Map(
      mistakes.flatMap(({ path, message }) => {
        const keys = path.slice(0, isNested(path) ? 4 : 2)
        return keys.length < 2 ? [] : [[JSON.stringify(keys), { keys, message }] as const]
      }),
    )
    if (found.size === 0) return { file: withoutEmpty(file), dropped }
    for (const { keys, message } of found.values()) {
      const part = parts.find((one) => one.keys[0] === keys[0] && one.keys[1] === keys[1])
      const what =
        keys.length > 2 ? `${part?.what ?? ''}${String(keys[2])}/${String(keys[3])}` : (part?.what ?? pathText(keys))
      dropped.push({ what, why: `the file cannot hold it: ${message.replace(/\.$/, '')}` })
      const holder = valueAt(file, keys.slice(0, -1)) as Record<string, unknown>
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      delete holder[String(keys.at(-1))]
    }
  }
}

const withoutEmpty = (file: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(file).filter(([, value]) => typeof value !== 'object' || Object.keys(value as object).length > 0),
  )

function valueAt(value: unknown, keys: Keys): unknown {
  return keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Readonly<Record<string, Json>>)[key as string]
        : undefined,
    value,
  )
}
