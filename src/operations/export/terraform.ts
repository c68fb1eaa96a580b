import type { Address, Resource } from '../../kinds/contract.js'
import type { Exported as Parts, TerraformBlock } from '../../kinds/export.js'
import type { Graph } from '../../reconcile/graph.js'
import { hclText, Raw, type Expression, type Item } from './hcl.js'
import { NameSpace } from './names.js'
import { placeText, Writer, type Place } from './terraform-values.js'
import type { Exported, LeftOut, Servers } from './types.js'

/** Since when the providers have what is used here, by their documentation. */
const REQUIRED = { terraform: '>= 1.11.0', vault: '>= 5.8.0', kubernetes: '>= 2.36.0' }

/**
 * The objects of a file as blocks for the providers hashicorp/vault and hashicorp/kubernetes: the objects with the
 * providers, the variables, and imports of what stands already. Pure.
 */
export function terraformOf(graph: Graph, name: string, servers: Servers): Exported {
  const aliases = new NameSpace()
  const providers = new Map(Object.keys(servers.clusters).map((cluster) => [cluster, aliases.name([cluster])]))
  const sources = [...graph.values()].map((resource) => ({ resource, parts: partsOf(resource) }))
  const places = placesOf(sources)
  const writer = new Writer(places)
  const objects = sources.flatMap(({ resource, parts }): Item[] => {
    const own = places.filter((place) => place.resource === resource)
    if (parts.parts.length === 0) return ['gap', { comment: missing(resource, parts) }]
    return own.flatMap((place): Item[] => ['gap', ...blockOf(place, writer, providers)])
  })
  const main = [{ comment: head(name) }, ...providersOf(servers, providers), ...objects]
  return {
    files: [
      { name: 'main.tf', text: hclText(main) },
      { name: 'variables.tf', text: hclText(writer.variables()) },
      { name: 'imports.tf', text: hclText([{ comment: IMPORTS }, ...places.flatMap(importOf)]) },
    ].filter(({ text }) => text.trim() !== ''),
    inputs: writer.inputs(),
    leftOut: [
      ...(servers.vault.isForwarded ? [{ address: 'vault', ...FORWARDED }] : []),
      ...sources.flatMap(({ resource, parts }) =>
        (parts.unsaid ?? []).map((unsaid): LeftOut => ({ address: resource.address, ...unsaid })),
      ),
    ],
  }
}

interface Source {
  readonly resource: Resource
  readonly parts: Parts<TerraformBlock>
}

const partsOf = ({ kind, id, desired }: Resource): Parts<TerraformBlock> =>
  kind.export?.terraform(id, desired) ?? { parts: [], unsaid: [{ field: kind.title, why: 'it has no form there' }] }

/** Every block with its name; those that are one with another's are in that. */
function placesOf(sources: readonly Source[]): Place[] {
  const spaces = new Map<string, NameSpace>()
  const name = ({ sort, type, name: parts }: TerraformBlock): string => {
    const space = spaces.get(sort + type) ?? new NameSpace()
    spaces.set(sort + type, space)
    return space.name(parts)
  }
  const joining = sources.flatMap(({ resource, parts }) =>
    parts.parts.flatMap((block) =>
      block.joins === undefined ? [] : [{ resource, block, unsaid: parts.unsaid ?? [] }],
    ),
  )
  return sources.flatMap(({ resource, parts }) =>
    parts.parts
      .filter(({ joins }) => joins === undefined)
      .map((block, index): Place => {
        const joined = index > 0 ? [] : joining.filter((other) => other.block.joins === resource.address)
        const values = joined.map((other) => other.block.arguments)
        return {
          resource,
          block: { ...block, arguments: Object.assign({}, block.arguments, ...values) as TerraformBlock['arguments'] },
          name: name(block),
          unsaid: index > 0 ? [] : [...(parts.unsaid ?? []), ...joined.flatMap(({ unsaid }) => unsaid)],
          after: index > 0 ? [] : [...resource.after, ...joined.flatMap((other) => other.resource.after)],
        }
      }),
  )
}

const head = (name: string): string =>
  [
    `The trust of the file ${name}, as icebreaker makes it, for Terraform.`,
    'From the first apply on Terraform keeps it: two tools that keep the same objects undo each other.',
    'VAULT_TOKEN says who Terraform is to Vault.',
  ].join('\n')

const IMPORTS = [
  'What stands already is taken over, not made anew. For servers that have none of it: remove these blocks.',
  'KV secrets are not imported: Terraform would copy them into its state.',
].join('\n')

const FORWARDED = { field: 'portForward', why: 'Terraform opens no way to this address: run it where there is one' }

const missing = ({ address }: Resource, { unsaid = [] }: Parts<TerraformBlock>): string =>
  [address, ...unsaid.map(cannot)].join('\n')

const cannot = ({ field, why }: { readonly field: string; readonly why: string }): string =>
  `Cannot be said in Terraform: ${field}: ${why}.`

function providersOf({ vault, clusters }: Servers, aliases: ReadonlyMap<string, string>): Item[] {
  const required = (provider: 'vault' | 'kubernetes'): Item => ({
    attribute: provider,
    value: { source: `hashicorp/${provider}`, version: REQUIRED[provider] },
  })
  return [
    {
      block: 'terraform',
      body: [
        { attribute: 'required_version', value: REQUIRED.terraform },
        'gap',
        { block: 'required_providers', body: [required('vault'), required('kubernetes')] },
      ],
    },
    'gap',
    ...(vault.isForwarded ? [{ comment: cannot(FORWARDED) }] : []),
    {
      block: 'provider',
      labels: ['vault'],
      body: given({
        address: vault.address,
        namespace: vault.namespace,
        ca_cert_file: vault.caFile,
        tls_server_name: vault.tlsServerName,
      }),
    },
    ...Object.entries(clusters).flatMap(([cluster, { kubeconfigs, context }]): Item[] => [
      'gap',
      {
        block: 'provider',
        labels: ['kubernetes'],
        body: given({
          alias: aliases.get(cluster),
          ...(kubeconfigs.length === 1 && { config_path: kubeconfigs[0] }),
          ...(kubeconfigs.length > 1 && { config_paths: kubeconfigs }),
          config_context: context,
        }),
      },
    ]),
  ]
}

const given = (values: Readonly<Record<string, Expression | undefined>>): Item[] =>
  Object.entries(values).flatMap(([attribute, value]) => (value === undefined ? [] : [{ attribute, value }]))

function blockOf(place: Place, writer: Writer, providers: ReadonlyMap<string, string>): Item[] {
  const { block, name, resource, unsaid } = place
  const provider = block.cluster === undefined ? undefined : providers.get(block.cluster)
  const body = writer.body(block.arguments, block.isSeed === true)
  const parts: Item[][] = [
    provider === undefined ? [] : [{ attribute: 'provider', value: new Raw(`kubernetes.${provider}`) }],
    block.isSeed ? [{ attribute: 'count', value: writer.seed() }] : [],
    body,
    lifecycle(block),
    dependsOn(place, writer, body),
  ]
  return [
    { comment: [resource.address, ...(block.comment ?? []), ...unsaid.map(cannot)].join('\n') },
    {
      block: block.sort,
      labels: [block.type, name],
      body: parts
        .filter((items) => items.length > 0)
        .flatMap((items, index) => (index === 0 ? items : ['gap', ...items])),
    },
  ]
}

function lifecycle({ isProtected, ignores = [] }: TerraformBlock): Item[] {
  const body = [
    ...(isProtected ? [{ attribute: 'prevent_destroy', value: true }] : []),
    ...(ignores.length > 0 ? [{ attribute: 'ignore_changes', value: ignores.map((name) => new Raw(name)) }] : []),
  ]
  return body.length === 0 ? [] : [{ block: 'lifecycle', body }]
}

/** What it needs and does not speak of. */
function dependsOn({ after, resource }: Place, writer: Writer, body: readonly Item[]): Item[] {
  const spoken = JSON.stringify(body)
  const needed = [...new Set(after)].flatMap((address: Address) => {
    const place = writer.placeOf(address)
    if (place === undefined || place.resource === resource) return []
    return spoken.includes(`"${placeText(place)}.`) ? [] : [placeText(place)]
  })
  return needed.length === 0 ? [] : [{ attribute: 'depends_on', value: needed.map((text) => new Raw(text)) }]
}

const importOf = (place: Place): Item[] =>
  place.block.importId === undefined
    ? []
    : [
        'gap',
        {
          block: 'import',
          body: [
            { attribute: 'to', value: new Raw(placeText(place)) },
            { attribute: 'id', value: place.block.importId },
          ],
        },
      ]
