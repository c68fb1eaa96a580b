import type { KubernetesObject } from '../../kubernetes/index.js'
import {
  at,
  behindAuth,
  known,
  objects,
  placeOf,
  text,
  texts,
  type Broken,
  type Consumer,
  type Implied,
  type Way,
  type World,
} from './contract.js'

/** Stores of the External Secrets Operator, and the secrets that name them. https://external-secrets.io/latest/provider/hashicorp-vault/ */
export const eso: Way = {
  way: 'eso',
  kinds: ['SecretStore', 'ClusterSecretStore', 'ExternalSecret'].map((kind) => `external-secrets.io/${kind}`),
  consumers(world) {
    const stores = [...(world.get('SecretStore') ?? []), ...(world.get('ClusterSecretStore') ?? [])]
    return [
      ...stores.flatMap((store) => storeOf(store, world)),
      ...(world.get('ExternalSecret') ?? []).flatMap((secret) => secretOf(secret, world)),
    ]
  },
}

interface StoreRef {
  readonly kind: string
  readonly name: string
}

/** The stores that a secret names: one for all, or one for each of its parts. */
function storesNamed(secret: KubernetesObject): StoreRef[] {
  const spec = at(secret, 'spec')
  const parts = [...objects(spec['data']), ...objects(spec['dataFrom'])].map((one) => at(one, 'sourceRef', 'storeRef'))
  const found = [at(spec, 'secretStoreRef'), ...parts].flatMap((reference) => {
    const name = text(reference['name'])
    return name === undefined ? [] : [{ kind: text(reference['kind']) ?? 'SecretStore', name }]
  })
  return [...new Map(found.map((one) => [`${one.kind}/${one.name}`, one])).values()]
}

const isNamed = (store: KubernetesObject, { kind, name }: StoreRef, secret: KubernetesObject): boolean =>
  store.kind === kind &&
  store.metadata.name === name &&
  (kind === 'ClusterSecretStore' || store.metadata.namespace === secret.metadata.namespace)

/** The Secret that an ExternalSecret makes: of its own name, where it says none. */
const targetOf = (secret: KubernetesObject): string =>
  `${secret.metadata.namespace ?? ''}/${text(at(secret, 'spec', 'target')['name']) ?? secret.metadata.name}`

/** What a store says of the login; undefined: it is none of Vault’s, or logs in otherwise. */
function kubernetesOf(store: KubernetesObject) {
  const vault = at(store, 'spec', 'provider', 'vault')
  const auth = at(vault, 'auth')
  // Where several are there, these two come first.
  if ('tokenSecretRef' in auth || 'appRole' in auth) return undefined
  const kubernetes = at(auth, 'kubernetes')
  const role = text(kubernetes['role'])
  if (role === undefined) return undefined
  const reference = at(kubernetes, 'serviceAccountRef')
  const name = text(reference['name'])
  // A SecretStore takes accounts of its own namespace only, whatever the reference says.
  const namespace = store.metadata.namespace ?? text(reference['namespace'])
  return { vault, auth, kubernetes, role, reference, name, namespace }
}

/** The account is that of whoever uses the store: a ClusterSecretStore that says no namespace. */
const isReferent = (found: NonNullable<ReturnType<typeof kubernetesOf>>): boolean =>
  found.name !== undefined && found.namespace === undefined

function storeOf(store: KubernetesObject, world: World): Consumer[] {
  const found = kubernetesOf(store)
  if (found === undefined || isReferent(found)) return []
  const users = (world.get('ExternalSecret') ?? []).filter((secret) =>
    storesNamed(secret).some((reference) => isNamed(store, reference, secret)),
  )
  return [
    {
      way: 'eso',
      object: store,
      implied: [loginOf(found, found.namespace)],
      broken: [],
      fills: users.map(targetOf),
      ...(found.name === undefined && {
        unread: [`${store.kind ?? ''} ${placeOf(store)} names no service account: the token is not one to ask for.`],
      }),
    },
  ]
}

function loginOf(
  { vault, auth, kubernetes, role, reference, name }: NonNullable<ReturnType<typeof kubernetesOf>>,
  namespace: string | undefined,
): Implied {
  return {
    ...behindAuth(text(kubernetes['mountPath']) ?? 'kubernetes'),
    role,
    ...(name !== undefined && namespace !== undefined && { account: { namespace, name } }),
    ...(name !== undefined && { audiences: texts(reference['audiences']) }),
    ...known('address', text(vault['server'])),
    ...known('vaultNamespace', text(auth['namespace']) ?? text(vault['namespace'])),
  }
}

/** A secret whose store is not there, or logs in with an account of the secret’s namespace. */
function secretOf(secret: KubernetesObject, world: World): Consumer[] {
  const { namespace = '' } = secret.metadata
  const results = storesNamed(secret).map((reference) => {
    // What may not be listed is not missing.
    const listed = world.get(reference.kind)
    const store = listed?.find((one) => isNamed(one, reference, secret))
    const found = store && kubernetesOf(store)
    return {
      implied: found !== undefined && isReferent(found) ? [loginOf(found, namespace)] : [],
      broken: listed !== undefined && store === undefined ? [missing(secret, reference)] : [],
    }
  })
  const implied = results.flatMap((one) => one.implied)
  const broken = results.flatMap((one) => one.broken)
  if (implied.length === 0 && broken.length === 0) return []
  const cause = storesNamed(secret)
    .map(({ kind, name }) => `${kind}/${namespace}/${name}`)
    .join(' ')
  return [{ way: 'eso', object: secret, implied, broken, cause, fills: [targetOf(secret)] }]
}

const missing = (secret: KubernetesObject, { kind, name }: StoreRef): Broken => ({
  what: 'reference',
  message: `ExternalSecret ${placeOf(secret)} refers to ${kind} ${name}, which is not there.`,
  next: [
    `Make the ${kind}${kind === 'SecretStore' ? `, in the namespace ${secret.metadata.namespace ?? ''}` : ''}, or correct secretStoreRef.`,
  ],
})
