import { kubernetesAddress } from './address.js'
import type { Json } from './contract.js'
import { Nested, Reference, type Arguments, type Exports, type TerraformBlock } from './export.js'
import { text } from './fields.js'
import type { Manifest, ObjectId } from './kubernetes-object.js'

type Map = Readonly<Record<string, string>>
type Export = Exports<ObjectId, Manifest>

/** What the provider calls each kind, and what it has beside its metadata. */
const RESOURCES: Readonly<Record<string, (id: ObjectId, desired: Manifest) => Partial<TerraformBlock>>> = {
  Namespace: () => ({ type: 'kubernetes_namespace_v1', isProtected: true }),
  ServiceAccount: () => ({ type: 'kubernetes_service_account_v1' }),
  ClusterRoleBinding: (_id, { roleRef, subjects }) => ({
    type: 'kubernetes_cluster_role_binding_v1',
    arguments: {
      role_ref: new Nested(groupNamed(roleRef)),
      subject: new Nested(...(subjects as readonly Json[]).map(groupNamed)),
    },
  }),
  Secret: (_id, { type }) => ({
    type: 'kubernetes_secret_v1',
    arguments: { type: text(type), wait_for_service_account_token: true },
    comment: ['Kubernetes fills it with a token, which Terraform then keeps in its state: guard the state.'],
  }),
}

/** The API's `apiGroup` is the provider's `api_group`. */
function groupNamed(member: Json | undefined): Arguments {
  const { apiGroup, ...others } = member as Map
  return { ...(apiGroup !== undefined && { api_group: apiGroup }), ...others }
}

/**
 * An object of a cluster: a resource of the provider, or the manifest itself. Neither says whose it was: with the labels of
 * this tool it would go on being taken for ours.
 * @param isOurs is this label ours alone?
 */
export function kubernetesExport(
  kind: string,
  manifest: (id: ObjectId, desired: Manifest) => Manifest,
  isOurs: (label: string) => boolean,
): Export {
  const unlabelled = (desired: Manifest): Manifest => {
    const labels = Object.entries((desired['labels'] ?? {}) as Map).filter(([label]) => !isOurs(label))
    return { ...desired, labels: labels.length === 0 ? undefined : Object.fromEntries(labels) }
  }
  return {
    terraform(id, desired) {
      const { cluster, namespace, name } = id
      const { labels, annotations } = unlabelled(desired)
      const { arguments: others, ...block } = RESOURCES[kind]?.(id, desired) ?? {}
      const metadata = new Nested({
        name,
        ...(namespace !== undefined && {
          namespace: new Reference(kubernetesAddress(cluster, 'Namespace', namespace), '.metadata[0].name', namespace),
        }),
        labels,
        annotations,
      })
      return {
        parts: [
          {
            sort: 'resource',
            type: '',
            ...block,
            name: [cluster, ...(namespace === undefined ? [] : [namespace]), name],
            cluster,
            arguments: { metadata, ...others },
            importId: namespace === undefined ? name : `${namespace}/${name}`,
          },
        ],
      }
    },
    bankVaults: (id, desired) => ({ parts: [{ cluster: id.cluster, manifest: manifest(id, unlabelled(desired)) }] }),
  }
}
