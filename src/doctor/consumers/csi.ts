import type { KubernetesObject } from '../../kubernetes/index.js'
import { at, behindAuth, known, objects, text, type Broken, type Consumer, type Way, type World } from './contract.js'
import { accountOf, controllerOf, podsOf } from './pods.js'

const DRIVER = 'secrets-store.csi.k8s.io'
const PROVIDERS = ['vault', 'openbao']

/** Pods with a volume of the Secrets Store CSI driver, by the SecretProviderClass that it names. */
export const csi: Way = {
  way: 'csi',
  kinds: ['Pod', 'secrets-store.csi.x-k8s.io/SecretProviderClass', 'storage.k8s.io/CSIDriver', 'apps/DaemonSet'],
  consumers: (world) => podsOf(world).flatMap((pod) => consumerOf(pod, world)),
}

/** A DaemonSet of the provider. */
export const isProvider = (one: KubernetesObject): boolean =>
  /(?:vault|openbao)-csi-provider/.test(JSON.stringify(one['spec']))

/** The audiences for which the driver itself hands tokens of the pod to the provider; undefined: not known. */
export function handedAudiences(world: World): readonly string[] | undefined {
  const driver = world.get('CSIDriver')?.find(({ metadata }) => metadata.name === DRIVER)
  if (!world.has('CSIDriver')) return undefined
  return objects(at(driver, 'spec')['tokenRequests']).map(({ audience }) => text(audience) ?? '')
}

function consumerOf(pod: KubernetesObject, world: World): Consumer[] {
  const { namespace = '', name: podName } = pod.metadata
  const names = objects(at(pod, 'spec')['volumes'])
    .map((volume) => at(volume, 'csi'))
    .filter(({ driver }) => driver === DRIVER)
    .flatMap((volume) => text(at(volume, 'volumeAttributes')['secretProviderClass']) ?? [])
  const found = [...new Set(names)].map((name) => ({ name, object: classOf(world, namespace, name) }))
  const missing = world.has('SecretProviderClass') ? found.filter(({ object }) => object === undefined) : []
  const ours = found.flatMap(({ object }) =>
    object !== undefined && PROVIDERS.includes(String(at(object, 'spec')['provider'])) ? [object] : [],
  )
  const nameless = ours.filter((object) => text(at(object, 'spec', 'parameters')['roleName']) === undefined)
  if (ours.length === 0 && missing.length === 0) return []
  return [
    {
      way: 'csi',
      object: pod,
      ...known('cause', controllerOf(pod)),
      implied: ours.filter((object) => !nameless.includes(object)).map((object) => loginOf(object, pod, world)),
      broken: [
        ...missing.map(({ name }): Broken => ({
          what: 'reference',
          message: `The Pod ${namespace}/${podName} mounts the SecretProviderClass ${name}, which its namespace does not have.`,
          next: [`Make SecretProviderClass ${namespace}/${name}: it must be in the pod’s own namespace.`],
        })),
        ...nameless.map(({ metadata }): Broken => ({
          what: 'reference',
          message: `SecretProviderClass ${namespace}/${metadata.name} names no role: the provider refuses it.`,
          next: ['Set parameters.roleName of the SecretProviderClass.'],
        })),
      ],
    },
  ]
}

const classOf = (world: World, namespace: string, name: string): KubernetesObject | undefined =>
  world
    .get('SecretProviderClass')
    ?.find(({ metadata }) => metadata.name === name && (metadata.namespace ?? '') === namespace)

/** https://developer.hashicorp.com/vault/docs/platform/k8s/csi/configurations */
function loginOf(object: KubernetesObject, pod: KubernetesObject, world: World) {
  const parameters = at(object, 'spec', 'parameters')
  const said = text(parameters['vaultAuthMountPath']) ?? text(parameters['vaultKubernetesMountPath'])
  const audience = text(parameters['audience'])
  const handed = handedAudiences(world)
  // The provider takes what the driver hands it for this audience; only otherwise it asks for a token itself.
  const audiences = audience !== undefined ? [audience] : handed?.includes('vault') === true ? ['vault'] : handed && []
  return {
    ...behindAuth(said ?? argumentOf(world, 'vault-mount') ?? 'kubernetes'),
    role: text(parameters['roleName']) ?? '',
    account: accountOf(pod),
    ...(audiences && { audiences }),
    ...known('address', text(parameters['vaultAddress'])),
    ...known('vaultNamespace', text(parameters['vaultNamespace']) ?? argumentOf(world, 'vault-namespace')),
  }
}

/** What the provider was started with. */
function argumentOf(world: World, flag: string): string | undefined {
  const provider = world.get('DaemonSet')?.find(isProvider)
  const containers = objects(at(provider, 'spec', 'template', 'spec')['containers'])
  const words = containers.flatMap(({ args }) => (Array.isArray(args) ? args.map(String) : []))
  return text(words.find((word) => word.replace(/^--?/, '').startsWith(`${flag}=`))?.replace(/^[^=]*=/, ''))
}
