import { Document, isMap, isSeq, type YAMLMap } from 'yaml'
import type { Graph } from '../reconcile/graph.js'
import { ownLabels } from '../kinds/kubernetes-object.js'
import { renderPolicy } from '../policy/index.js'
import type { KubernetesRule, VaultRule } from './permission-rules.js'

/** Who gets the Kubernetes rights. */
export interface Subject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount'
  readonly name: string
  readonly namespace?: string
}

const MOST = 3

/** `policy static, policy dynamic and 4 more` */
function reason(why: readonly string[]): string {
  return why.length <= MOST ? why.join(', ') : `${why.slice(0, MOST - 1).join(', ')} and ${why.length - MOST + 1} more`
}

/** The policy as HCL, each stanza with what it is for. */
export function policyText(
  head: readonly string[],
  rules: readonly VaultRule[],
  optional: readonly VaultRule[],
): string {
  const nothing = '# Nothing: any token will do, if it is one.\n'
  return [
    remarks(head),
    ...(rules.length === 0 ? [nothing] : rules.map((rule) => remarks([reason(rule.why)]) + renderPolicy([rule]))),
    ...optional.map((rule) =>
      remarks([
        `Not needed, and left out (${reason(rule.why)}; but it is for every lease of the server):`,
        ...renderPolicy([rule]).trimEnd().split('\n'),
      ]),
    ),
  ].join('\n')
}

const remarks = (lines: readonly string[]): string => lines.map((line) => `# ${line}\n`).join('')

/** The rights on one cluster as manifests: what a Role needs, a ClusterRole, a Role for each namespace, their bindings. */
export function manifestsText(
  head: readonly string[],
  name: string,
  rules: readonly KubernetesRule[],
  namespaces: readonly object[],
  subjects: readonly Subject[],
): string {
  const wide = rules.filter(({ namespace }) => namespace === undefined)
  const byNamespace = Map.groupBy(
    rules.filter(({ namespace }) => namespace !== undefined),
    ({ namespace }) => namespace ?? '',
  )
  const documents = [
    ...namespaces.map((namespace) =>
      commented(namespace, 'A Role lives in its namespace, so that has to be there before it.'),
    ),
    ...(wide.length === 0 ? [] : [roleDocument('ClusterRole', { name }, wide)]),
    ...[...byNamespace].map(([namespace, of]) => roleDocument('Role', { name, namespace }, of)),
    ...(subjects.length === 0
      ? []
      : [
          ...(wide.length === 0 ? [] : [binding('ClusterRole', { name }, subjects)]),
          ...[...byNamespace.keys()].map((namespace) => binding('Role', { name, namespace }, subjects)),
        ]),
  ]
  return [remarks(head), ...documents.map((document) => `---\n${document.toString()}`)].join('')
}

/** kubectl reads YAML 1.1, where `on` and `y` are truth values: such a name needs quotes. */
const documentOf = (object: object): Document => new Document(object, { version: '1.1' })

const RBAC = 'rbac.authorization.k8s.io'

interface Metadata {
  readonly name: string
  readonly namespace?: string
}

function roleDocument(kind: 'Role' | 'ClusterRole', metadata: Metadata, rules: readonly KubernetesRule[]): Document {
  const document = documentOf({
    apiVersion: `${RBAC}/v1`,
    kind,
    metadata,
    rules: rules.map(({ apiGroup, resource, names, verbs }) => ({
      apiGroups: [apiGroup],
      resources: [resource],
      ...(names.length > 0 && { resourceNames: names }),
      verbs,
    })),
  })
  const list = document.get('rules')
  if (isSeq<YAMLMap>(list)) {
    list.items.forEach((item, index) => {
      item.commentBefore = ` ${reason(rules[index]?.why ?? [])}`
      for (const { value } of item.items) if (isSeq(value)) value.flow = true
    })
  }
  return document
}

function binding(kind: 'Role' | 'ClusterRole', metadata: Metadata, subjects: readonly Subject[]): Document {
  return documentOf({
    apiVersion: `${RBAC}/v1`,
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: RBAC, kind, name: metadata.name },
    subjects: subjects.map((subject) => (subject.kind === 'ServiceAccount' ? subject : { ...subject, apiGroup: RBAC })),
  })
}

function commented(object: object, text: string): Document {
  const document = documentOf(object)
  if (isMap(document.contents)) document.contents.commentBefore = ` ${text}`
  return document
}

/**
 * The namespaces of the file on a cluster as it describes them, for those that get a Role. Without the labels that say
 * whose they are: one that is somebody else's must not become ours by this.
 */
export function namespaceManifests(graph: Graph, cluster: string, rules: readonly KubernetesRule[]): object[] {
  const needed = new Set(rules.flatMap(({ namespace }) => namespace ?? []))
  return [...graph.values()].flatMap(({ kind, id, desired }) => {
    const { cluster: of, name } = id as { readonly cluster?: string; readonly name: string }
    if (kind.kind !== 'Namespace' || of !== cluster || !needed.has(name)) return []
    const { labels, annotations } = desired as Readonly<Record<string, Record<string, string> | undefined>>
    const own = Object.keys(ownLabels(''))
    const given = Object.fromEntries(Object.entries(labels ?? {}).filter(([label]) => !own.includes(label)))
    const metadata = {
      name,
      ...(Object.keys(given).length > 0 && { labels: given }),
      ...(annotations && { annotations }),
    }
    return [{ apiVersion: 'v1', kind: 'Namespace', metadata }]
  })
}
