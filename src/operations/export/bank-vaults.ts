import { Document, Scalar } from 'yaml'
import { Variable } from '../../kinds/command-line.js'
import type { Resource } from '../../kinds/contract.js'
import type { BankVaultsPart, Exported as Parts, Value } from '../../kinds/export.js'
import type { Graph } from '../../reconcile/graph.js'
import { describeSource } from '../../secrets/index.js'
import { commentLines } from './comment.js'
import { environmentName } from './names.js'
import type { Exported, ExportedFile, Input, LeftOut, Servers } from './types.js'

/**
 * The objects of a file as bank-vaults' `vault-config.yml` (or `spec.externalConfig` of its operator), and plain manifests
 * for what it does not make. Pure. https://bank-vaults.dev/docs/external-configuration/
 */
export function bankVaultsOf(graph: Graph, name: string, { vault, clusters }: Servers): Exported {
  const sources = [...graph.values()].map((resource) => ({ resource, parts: partsOf(resource) }))
  const all = sources.flatMap(({ parts }) => parts.parts)
  const inputs = new Map<string, Input>()
  const config = documentOf(plain(configOf(all), inputs) as object)
  const leftOut = [
    ...sources.flatMap(({ resource, parts }) =>
      (parts.unsaid ?? []).map((unsaid): LeftOut => ({ address: resource.address, ...unsaid })),
    ),
    ...(vault.namespace === undefined
      ? []
      : [
          {
            address: 'vault',
            field: 'namespace',
            why: `set VAULT_NAMESPACE=${vault.namespace} for bank-vaults itself`,
          },
        ]),
  ]
  const manifests = Object.keys(clusters).flatMap((cluster) => manifestsOf(cluster, sources))
  config.commentBefore = comment([
    `The trust of the file ${name}, as icebreaker makes it, for bank-vaults configure.`,
    'It goes through a template first: values come from the environment of bank-vaults. One with " or \\ in it must be escaped as in JSON.',
    ...[...inputs.values()].map(({ name: variable, purpose, from }) =>
      [`  ${variable}: ${purpose}`, ...(from === undefined ? [] : [`(icebreaker: ${from})`])].join(' '),
    ),
    ...(manifests.length === 0
      ? []
      : [
          'bank-vaults makes nothing in Kubernetes. Apply the manifests first that stand after this file, or beside it:',
          ...unmade(sources),
        ]),
    ...(leftOut.length === 0 ? [] : ['Cannot be said in bank-vaults:', ...leftOut.map(leftText)]),
  ])
  return {
    files: [{ name: 'vault-config.yml', text: textOf(config) }, ...manifests],
    inputs: [...inputs.values()],
    leftOut,
  }
}

interface Source {
  readonly resource: Resource
  readonly parts: Parts<BankVaultsPart>
}

const partsOf = ({ kind, id, desired }: Resource): Parts<BankVaultsPart> =>
  kind.export?.bankVaults(id, desired) ?? { parts: [], unsaid: [{ field: kind.title, why: 'it has no form there' }] }

const leftText = ({ address, field, why }: LeftOut): string => `  ${address}: ${field}: ${why}.`

const unmade = (sources: readonly Source[]): string[] =>
  sources.filter(({ parts }) => parts.parts.some(isManifest)).map(({ resource }) => `  ${resource.address}`)

type Manifest = Extract<BankVaultsPart, { readonly manifest: object }>
const isManifest = (part: BankVaultsPart): part is Manifest => 'manifest' in part

/** It goes through the template, too. */
const comment = (lines: readonly string[]): string =>
  lines
    .flatMap(commentLines)
    .map((line) => ` ${literal(line)}`)
    .join('\n')

/** bank-vaults and kubectl read YAML 1.1, where `on` and `y` are truth values: such a name needs quotes. */
const documentOf = (object: object): Document => new Document(object, { version: '1.1' })

// Templates must stay on their line.
const textOf = (document: Document): string => document.toString({ lineWidth: 0 })

type Entry = Record<string, unknown>

/** The lists of the file, and each part in the entry of its mount. */
function configOf(parts: readonly BankVaultsPart[]): Entry {
  const policies: Entry[] = []
  const mounts = { auth: new Map<string, Entry>(), secrets: new Map<string, Entry>() }
  for (const part of parts) {
    if (isManifest(part)) continue
    if (part.list === 'policies') {
      policies.push({ ...part.entry })
      continue
    }
    const entry = mounts[part.list].get(part.mount) ?? {}
    mounts[part.list].set(part.mount, entry)
    if (part.under === undefined) Object.assign(entry, part.entry)
    else listAt(entry, part.under).push({ ...part.entry })
  }
  const lists = { policies, auth: [...mounts.auth.values()], secrets: [...mounts.secrets.values()] }
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0))
}

/** The list that these keys lead to, made where it is missing. */
function listAt(entry: Entry, [key = '', ...rest]: readonly string[]): Entry[] {
  if (rest.length > 0) return listAt((entry[key] ??= {}) as Entry, rest)
  return (entry[key] ??= []) as Entry[]
}

/** The same with what the template is to put in, and nothing else that it would take for its own. */
function plain(value: unknown, inputs: Map<string, Input>): unknown {
  if (typeof value === 'string') return literal(value)
  if (value instanceof Variable) return template(inputFor(value, inputs))
  if (Array.isArray(value)) return value.map((member) => plain(member as Value, inputs))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([key, member]) => [literal(key), plain(member, inputs)]))
}

/** https://bank-vaults.dev/docs/operator/templating-configuration/: `${` begins something, so it is put in as text. */
const literal = (text: string): string => text.replaceAll('${', '${ `${` }')

function template(name: string): Scalar {
  const scalar = new Scalar(`\${ env \`${name}\` }`)
  scalar.type = 'QUOTE_DOUBLE'
  return scalar
}

/** The variable of the environment that holds a value: the file's own, where it is one. */
function inputFor({ purpose, from }: Variable, inputs: Map<string, Input>): string {
  const own = from !== undefined && 'env' in from && /^[A-Za-z_]\w*$/.test(from.env) ? from.env : undefined
  const input = {
    purpose: purpose.join(' '),
    ...(from !== undefined && !('text' in from) && { from: describeSource(from) }),
  }
  const isMeant = (name: string): boolean => {
    const other = inputs.get(name)
    return other === undefined || (own === undefined ? other.purpose === input.purpose : other.from === input.from)
  }
  const base = own ?? environmentName(purpose)
  let name = base
  for (let number = 2; !isMeant(name); number++) name = `${base}_${number}`
  if (!inputs.has(name)) inputs.set(name, { name, ...input })
  return name
}

/** What stands on a cluster, as manifests. */
function manifestsOf(cluster: string, sources: readonly Source[]): ExportedFile[] {
  const documents = sources.flatMap(({ parts }) =>
    parts.parts.flatMap((part) => (isManifest(part) && part.cluster === cluster ? [part.manifest] : [])),
  )
  if (documents.length === 0) return []
  const head = comment([
    `What the trust needs on the cluster ${cluster}: kubectl apply -f FILE, before bank-vaults configures.`,
  ])
  const texts = documents.map(
    (manifest) => `---\n${textOf(documentOf(JSON.parse(JSON.stringify(manifest)) as object))}`,
  )
  return [{ name: `kubernetes-${cluster}.yaml`, text: `#${head}\n${texts.join('')}` }]
}
