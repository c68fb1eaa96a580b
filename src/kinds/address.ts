/** A resource's one canonical name: `k8s:CLUSTER:ServiceAccount/NS/NAME`, `vault:auth/demo/role/app`. */
export type Address = `k8s:${string}` | `vault:${string}`

export function kubernetesAddress(cluster: string, kind: string, name: string, namespace?: string): Address {
  return `k8s:${cluster}:${kind}/${namespace === undefined ? '' : `${namespace}/`}${name}`
}

export function vaultAddress(path: string): Address {
  return `vault:${path}`
}
