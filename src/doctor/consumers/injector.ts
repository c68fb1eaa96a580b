import type { KubernetesObject } from '../../kubernetes/index.js'
import {
  at,
  known,
  objects,
  placeOf,
  text,
  withAuth,
  type Broken,
  type Consumer,
  type Implied,
  type Json,
  type Way,
  type World,
} from './contract.js'
import { notCalled } from './injector-webhook.js'
import { accountOf, containersOf, controllerOf, podsOf, variableOf } from './pods.js'

/**
 * https://developer.hashicorp.com/vault/docs/platform/k8s/injector/annotations and those of openbao-k8s; both also have
 * defaults of their own, which stand in the variables of the injector.
 */
const PREFIXES = ['vault.hashicorp.com/', 'openbao.openbao.org/']
const AGENT = /^(?:vault|openbao)-agent(?:-init)?$/
const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True']

/** Pods that ask for the agent by annotations. */
export const injector: Way = {
  way: 'injector',
  kinds: ['Pod', 'ServiceAccount', 'Namespace', 'admissionregistration.k8s.io/MutatingWebhookConfiguration'],
  consumers: (world) =>
    podsOf(world).flatMap((pod) => {
      const prefix = PREFIXES.find((one) => TRUE.includes(pod.metadata.annotations?.[`${one}agent-inject`] ?? ''))
      return prefix === undefined ? [] : [consumerOf(pod, prefix, world)]
    }),
}

/** An agent that is in the pod. */
export const isAgent = ({ name }: Json): boolean => AGENT.test(String(name))

type Annotation = (name: string) => string | undefined

function consumerOf(pod: KubernetesObject, prefix: string, world: World): Consumer {
  const said: Annotation = (name) => text(pod.metadata.annotations?.[`${prefix}${name}`])
  const agents = containersOf(pod).filter(isAgent)
  const isInjected = said('agent-inject-status') === 'injected' || agents.length > 0
  const config = agents.map(configOf).find((one) => one !== undefined)
  const login = config === undefined ? saidLogin(pod, said, world) : configuredLogin(config, agents, pod)
  const broken: Broken[] = [
    ...(isInjected ? [] : [notCalled(pod, world)]),
    ...('broken' in login ? [login.broken] : []),
    ...withoutToken(pod, prefix, login.implied?.audiences, said, world),
  ]
  return {
    way: 'injector',
    object: pod,
    ...known('cause', controllerOf(pod)),
    implied: login.implied === undefined ? [] : [login.implied],
    broken,
    // Without an agent nobody logs in, and that is said.
    ...('unread' in login && isInjected && { unread: [login.unread] }),
  }
}

type Login =
  | { readonly implied: Implied }
  | { readonly implied?: undefined; readonly unread: string }
  | { readonly implied?: undefined; readonly broken: Broken }

/** The agent’s whole configuration, as the injector has put it into the container: base64 of JSON. */
function configOf(agent: Json): Json | undefined {
  const written = ['VAULT_CONFIG', 'BAO_CONFIG', 'OPENBAO_CONFIG'].flatMap((name) => variableOf(agent, name) ?? [])[0]
  if (written === undefined) return undefined
  try {
    const config: unknown = JSON.parse(Buffer.from(written, 'base64').toString('utf8'))
    return isEmpty(at(config, 'auto_auth', 'method')) ? undefined : at(config)
  } catch {
    return undefined
  }
}

const isEmpty = (object: Json): boolean => Object.keys(object).length === 0

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

function configuredLogin(config: Json, agents: readonly Json[], pod: KubernetesObject): Login {
  const method = at(config, 'auto_auth', 'method')
  const role = text(at(method, 'config')['role'])
  const type = text(method['type']) ?? ''
  if (type !== 'kubernetes') return { unread: `The agent of Pod ${placeOf(pod)} logs in by ${type}.` }
  const tokenPath = text(at(method, 'config')['token_path']) ?? TOKEN
  const audiences = agents.map((agent) => audiencesAt(agent, tokenPath, pod)).find((one) => one !== undefined)
  return {
    implied: {
      ...withAuth(text(method['mount_path']) ?? 'auth/kubernetes', 'auth/'),
      role: role ?? '',
      account: accountOf(pod),
      ...(audiences && { audiences }),
      ...known('address', text(at(config, 'vault')['address'])),
      ...known('vaultNamespace', text(method['namespace'])),
    },
  }
}

/** What the token is made for that a container finds at a path; empty: the API server. Undefined: not known. */
function audiencesAt(container: Json, path: string, pod: KubernetesObject): readonly string[] | undefined {
  const mount = objects(container['volumeMounts']).find((one) => path.startsWith(`${String(one['mountPath'])}/`))
  const file = path.slice(String(mount?.['mountPath']).length + 1)
  return mount && projected(pod, String(mount['name']), (source) => source['path'] === file)
}

function projected(
  pod: KubernetesObject,
  volume: string,
  isMeant: (source: Json) => boolean,
): readonly string[] | undefined {
  const found = objects(at(pod, 'spec')['volumes']).find(({ name }) => name === volume)
  const source = objects(at(found, 'projected')['sources'])
    .flatMap((one) => ('serviceAccountToken' in one ? [at(one, 'serviceAccountToken')] : []))
    .find(isMeant)
  if (source === undefined) return undefined
  const audience = text(source['audience'])
  return audience === undefined ? [] : [audience]
}

/** The login by the annotations alone: the pod has no agent, or one with a configuration of its own. */
function saidLogin(pod: KubernetesObject, said: Annotation, world: World): Login {
  const configMap = said('agent-configmap')
  if (configMap !== undefined)
    return { unread: `The agent of Pod ${placeOf(pod)} has its configuration from ${configMap}.` }
  const method = said('auth-type') ?? 'kubernetes'
  if (method !== 'kubernetes') return { unread: `The agent of Pod ${placeOf(pod)} logs in by ${method}.` }
  const role = said('role') ?? said('auth-config-role')
  if (role === undefined)
    return {
      broken: {
        what: 'reference',
        message: `The Pod ${placeOf(pod)} asks for the agent, and names no role.`,
        next: ['Set the annotation vault.hashicorp.com/role.'],
      },
    }
  const path = said('auth-path') ?? injectorSays(world, 'AUTH_PATH')
  if (path === undefined)
    return { unread: `Pod ${placeOf(pod)} names no auth path, and the injector’s own could not be seen.` }
  const volume = said('agent-service-account-token-volume-name')
  const audiences = volume === undefined ? [] : projected(pod, volume, ({ path: file }) => text(file) !== undefined)
  return {
    implied: {
      ...withAuth(path, 'auth/'),
      role,
      account: accountOf(pod),
      ...(audiences && { audiences }),
      ...known('address', said('service') ?? injectorSays(world, 'ADDR')),
      ...known('vaultNamespace', said('namespace') ?? injectorSays(world, 'NAMESPACE')),
    },
  }
}

/** A default that the injector was started with. */
function injectorSays(world: World, what: 'AUTH_PATH' | 'ADDR' | 'NAMESPACE'): string | undefined {
  const names = ['VAULT', 'OPENBAO', 'BAO'].map((product) => `AGENT_INJECT_${product}_${what}`)
  const containers = (world.get('Pod') ?? []).flatMap(containersOf)
  return containers.flatMap((one) => names.flatMap((name) => variableOf(one, name) ?? []))[0]
}

/** Where the pod gets no token of its account, the agent has nothing to log in with. */
function withoutToken(
  pod: KubernetesObject,
  prefix: string,
  audiences: readonly string[] | undefined,
  said: Annotation,
  world: World,
): Broken[] {
  const volume = 'agent-service-account-token-volume-name'
  // A token that was found, or another that is named.
  const isGiven = said(volume) !== undefined || (audiences !== undefined && audiences.length > 0)
  const { namespace, name } = accountOf(pod)
  const account = world
    .get('ServiceAccount')
    ?.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace)
  const own = at(pod, 'spec')['automountServiceAccountToken']
  const hasVolume = objects(at(pod, 'spec')['volumes']).some((one) =>
    objects(at(one, 'projected')['sources']).some((source) => 'serviceAccountToken' in source),
  )
  if (isGiven || hasVolume || (own ?? account?.['automountServiceAccountToken']) !== false) return []
  const where = own === false ? 'the pod' : `the service account ${name}`
  return [
    {
      what: 'token',
      message: `The Pod ${placeOf(pod)} gets no token of its service account: ${where} says automountServiceAccountToken: false.`,
      next: [
        `Take that away, or project a token into a volume and name it by the annotation ${prefix}${volume}; then make the pod anew.`,
      ],
    },
  ]
}
