import type { KubernetesObject } from '../../kubernetes/index.js'
import { at, known, placeOf, text, texts, withAuth, type Consumer, type Way, type World } from './contract.js'
import { containersOf, homeOf } from './pods.js'

/** Vault issuers of cert-manager. https://cert-manager.io/docs/configuration/vault/ */
export const certManager: Way = {
  way: 'cert-manager',
  kinds: ['cert-manager.io/Issuer', 'cert-manager.io/ClusterIssuer', 'Pod'],
  consumers: (world) =>
    [...(world.get('Issuer') ?? []), ...(world.get('ClusterIssuer') ?? [])].flatMap((issuer) =>
      issuerOf(issuer, world),
    ),
}

function issuerOf(issuer: KubernetesObject, world: World): Consumer[] {
  const vault = at(issuer, 'spec', 'vault')
  const auth = at(vault, 'auth')
  // Where several are there, these two come first (internal/vault/vault.go, setToken).
  if ('tokenSecretRef' in auth || 'appRole' in auth) return []
  const kubernetes = at(auth, 'kubernetes')
  const role = text(kubernetes['role'])
  if (role === undefined) return []
  const reference = at(kubernetes, 'serviceAccountRef')
  // A token in a Secret comes before a reference to an account.
  const name = text(at(kubernetes, 'secretRef')['name']) === undefined ? text(reference['name']) : undefined
  const namespace = issuer.metadata.namespace ?? resourcesOf(world)
  return [
    {
      way: 'cert-manager',
      object: issuer,
      implied: [
        {
          ...withAuth(text(kubernetes['mountPath']) ?? '/v1/auth/kubernetes', 'v1/auth/'),
          role,
          ...(name !== undefined && namespace !== undefined && { account: { namespace, name } }),
          // It always asks for an audience of its own, whatever else is asked for.
          ...(name !== undefined && { audiences: [`vault://${placeOf(issuer)}`, ...texts(reference['audiences'])] }),
          ...known('address', text(vault['server'])),
          ...known('vaultNamespace', text(vault['namespace'])),
        },
      ],
      broken: [],
      ...(name === undefined && {
        unread: [`${issuer.kind ?? ''} ${placeOf(issuer)} presents a token that stands in a Secret.`],
      }),
      ...(name !== undefined &&
        namespace === undefined && {
          unread: ['Where cert-manager looks for the accounts of ClusterIssuers could not be seen.'],
        }),
    },
  ]
}

/** Where cert-manager looks for what a ClusterIssuer names: its own namespace, unless it is told otherwise. */
function resourcesOf(world: World): string | undefined {
  const isController = ({ image, name }: Readonly<Record<string, unknown>>): boolean =>
    name === 'cert-manager-controller' || /cert-manager-controller/.test(String(image))
  const pod = homeOf(world, isController)
  if (pod === undefined) return undefined
  const words = containersOf(pod).flatMap(({ args }) => (Array.isArray(args) ? args.map(String) : []))
  const said = words.find((word) => word.startsWith('--cluster-resource-namespace='))?.replace(/^[^=]*=/, '')
  const own = pod.metadata.namespace
  if (said === undefined || said === '$(POD_NAMESPACE)') return own
  return said.includes('$(') ? undefined : text(said)
}
