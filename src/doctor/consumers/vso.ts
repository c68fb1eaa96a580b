import type { KubernetesObject } from '../../kubernetes/index.js'
import {
  at,
  behindAuth,
  known,
  placeOf,
  text,
  texts,
  type Broken,
  type Consumer,
  type Implied,
  type Json,
  type Way,
  type World,
} from './contract.js'
import { homeOf } from './pods.js'

const SECRETS = ['VaultStaticSecret', 'VaultDynamicSecret', 'VaultPKISecret']
/** Of what nobody names: the operator’s own, in its own namespace. */
const DEFAULT = 'default'

/** Objects of the Vault Secrets Operator. https://developer.hashicorp.com/vault/docs/platform/k8s/vso/api-reference */
export const vso: Way = {
  way: 'vso',
  kinds: [
    ...[...SECRETS, 'VaultAuth', 'VaultAuthGlobal', 'VaultConnection'].map((kind) => `secrets.hashicorp.com/${kind}`),
    'Pod',
  ],
  consumers: (world) => SECRETS.flatMap((kind) => world.get(kind) ?? []).map((object) => consumerOf(object, world)),
}

interface Place {
  readonly namespace: string
  readonly name: string
}

/** What was found out of a secret’s login: it, what is missing for it, or why it is not known. */
interface Read {
  readonly implied?: Implied
  readonly broken?: Broken
  readonly unread?: string
}

function consumerOf(object: KubernetesObject, world: World): Consumer {
  const own = object.metadata.namespace ?? ''
  const spec = at(object, 'spec')
  const { implied, broken, unread } = read(object, own, world)
  const target = text(at(spec, 'destination')['name'])
  return {
    way: 'vso',
    object,
    implied: implied === undefined ? [] : [implied],
    broken: broken === undefined ? [] : [broken],
    ...(unread !== undefined && { unread: [unread] }),
    // All secrets of a namespace that name the same VaultAuth log in alike.
    cause: `${own} ${text(spec['vaultAuthRef']) ?? ''}`,
    ...(target !== undefined && { fills: [`${own}/${target}`] }),
  }
}

function read(object: KubernetesObject, own: string, world: World): Read {
  const operator = operatorHome(world)
  const place = referred(text(at(object, 'spec')['vaultAuthRef']), own, operator)
  if (place === undefined) return { unread: 'It names no VaultAuth, and where the operator runs could not be seen.' }
  const listed = world.get('VaultAuth')
  if (listed === undefined) return { unread: 'The VaultAuth objects may not be listed.' }
  const auth = found(listed, place)
  if (auth === undefined) return { broken: missing(object, 'VaultAuth', place) }
  if (!isAllowed(auth, own, operator)) return { broken: notAllowed(object, auth, own) }
  return merged(auth, own, operator, world)
}

/** The operator’s own namespace. */
const operatorHome = (world: World): string | undefined =>
  homeOf(world, ({ image }) => /vault-secrets-operator/.test(String(image)))?.metadata.namespace

/** `NAMESPACE/NAME`, or a name in a namespace; none: the operator’s own. Undefined: it is not known which that is. */
function referred(written: string | undefined, own: string, operator: string | undefined): Place | undefined {
  if (written === undefined) return operator === undefined ? undefined : { namespace: operator, name: DEFAULT }
  const [first = '', second] = written.split('/')
  return second === undefined ? { namespace: own, name: first } : { namespace: first, name: second }
}

const found = (listed: readonly KubernetesObject[], { namespace, name }: Place): KubernetesObject | undefined =>
  listed.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace)

/** May objects of this namespace use it? As common/common.go, isAllowedNamespace, decides. */
function isAllowed({ metadata, ...rest }: KubernetesObject, own: string, operator: string | undefined): boolean {
  if (metadata.namespace === own) return true
  if (metadata.name === DEFAULT && (operator ?? metadata.namespace) === metadata.namespace) return true
  const allowed = texts(at(rest, 'spec')['allowedNamespaces'])
  return (allowed.length === 1 && allowed[0] === '*') || allowed.includes(own)
}

/** A VaultAuth with what it takes from a VaultAuthGlobal; what it says itself comes first. */
function merged(auth: KubernetesObject, own: string, operator: string | undefined, world: World): Read {
  const spec = at(auth, 'spec')
  const home = auth.metadata.namespace ?? ''
  const globalRef = at(spec, 'vaultAuthGlobalRef')
  const hasGlobal = spec['vaultAuthGlobalRef'] !== undefined
  const globalName = text(globalRef['name'])
  const place =
    globalName === undefined ? undefined : { namespace: text(globalRef['namespace']) ?? home, name: globalName }
  const listed = world.get('VaultAuthGlobal')
  const object = place && listed && found(listed, place)
  if (place !== undefined && listed !== undefined && object === undefined)
    return { broken: missing(auth, 'VaultAuthGlobal', place) }
  if (hasGlobal && object === undefined)
    return { unread: `Which VaultAuthGlobal VaultAuth ${placeOf(auth)} takes could not be seen.` }
  const global = at(object, 'spec')
  const method = text(spec['method']) ?? text(global['defaultAuthMethod']) ?? 'kubernetes'
  if (method !== 'kubernetes' && method !== 'jwt')
    return { unread: `VaultAuth ${placeOf(auth)} logs in by ${method}, not with a token of a service account.` }
  const login: Json = { ...at(global, method), ...at(spec, method) }
  const mount = text(spec['mount']) ?? text(at(global, method)['mount']) ?? text(global['defaultMount'])
  const [role, name] = [text(login['role']), text(login['serviceAccount'])]
  if (mount === undefined || role === undefined || name === undefined)
    return { unread: `VaultAuth ${placeOf(auth)} does not say mount, role and service account.` }
  const connection = connectionOf(auth, operator, world)
  if (connection.broken !== undefined) return connection
  return {
    implied: {
      ...behindAuth(mount),
      role,
      // The account is looked for where the secret is wanted, not where the VaultAuth is.
      account: { namespace: own, name },
      audiences: texts(login['audiences']),
      ...known('address', connection.address),
      ...known(
        'vaultNamespace',
        text(spec['namespace']) ?? text(at(global, method)['namespace']) ?? text(global['defaultVaultNamespace']),
      ),
    },
  }
}

function connectionOf(
  auth: KubernetesObject,
  operator: string | undefined,
  world: World,
): { readonly address?: string; readonly broken?: Broken } {
  const written = text(at(auth, 'spec')['vaultConnectionRef'])
  const place = referred(written, auth.metadata.namespace ?? '', operator)
  const listed = world.get('VaultConnection')
  if (place === undefined || listed === undefined) return {}
  const connection = found(listed, place)
  if (connection !== undefined) return { ...known('address', text(at(connection, 'spec')['address'])) }
  return { broken: missing(auth, 'VaultConnection', place) }
}

const named = (object: KubernetesObject): string => `${object.kind ?? ''} ${placeOf(object)}`

const missing = (object: KubernetesObject, kind: string, { namespace, name }: Place): Broken => ({
  what: 'reference',
  message: `${named(object)} refers to ${kind} ${namespace}/${name}, which is not there.`,
  next: [
    `Make ${kind} ${namespace}/${name}, or correct the reference; one in another namespace is written NAMESPACE/NAME.`,
  ],
})

const notAllowed = (object: KubernetesObject, auth: KubernetesObject, own: string): Broken => ({
  what: 'reference',
  message: `${named(object)} refers to ${named(auth)}, which lets no objects of the namespace ${own} use it.`,
  next: [`Add ${own} to spec.allowedNamespaces of that VaultAuth, or make one in ${own}.`],
})
