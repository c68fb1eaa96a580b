import type { File } from '../config/file.js'
import { NAME_CLAIM, NAMESPACE_CLAIM } from '../kinds/auth-jwt-role-fields.js'
import { scratchName } from '../kinds/scratch.js'
import { splitAccount } from '../kinds/service-account.js'

/**
 * An account that a role must refuse. It differs from the workload in one thing only, so that it is that thing which is
 * proven: an account of another name in another namespace would be refused for its name, whatever namespaces the role admits.
 */
export type Stranger =
  | {
      readonly what: 'another service account' | 'another namespace'
      /** NAMESPACE/NAME */
      readonly account: string
      /** It is there anyway, or has to be made. */
      readonly isThere: boolean
      /** What Vault says where it refuses for this and for nothing else. */
      readonly refusal: RegExp
    }
  | { readonly what: 'another service account' | 'another namespace'; readonly none: string }

type Role = Pick<File['roles'][string], 'serviceAccounts' | 'namespaces' | 'namespaceSelector'>

/** Every namespace has it. */
const DEFAULT = 'default'

type Method = 'kubernetes' | 'jwt'

/** vault-plugin-auth-kubernetes, path_login.go; vault-plugin-auth-jwt, claims.go: of several claims it names one that does not fit. */
const REFUSALS = {
  kubernetes: { name: /service account name not authorized/, namespace: /namespace not authorized/ },
  jwt: {
    name: new RegExp(`claim "${NAME_CLAIM}" does not match`),
    namespace: new RegExp(`claim "${NAMESPACE_CLAIM}" does not match`),
  },
} as const

/** Those of one workload, chosen so that little or nothing has to be made. Pure but for the name of a scratch account. */
export function strangersOf(
  role: Role,
  account: string,
  reviewerNamespace: string,
  method: Method,
): readonly Stranger[] {
  const { namespace, name } = splitAccount(account)
  return [otherName(role, namespace, method), otherNamespace(role, name, reviewerNamespace, method)]
}

function otherName({ serviceAccounts }: Role, namespace: string, method: Method): Stranger {
  const what = 'another service account'
  const refusal = REFUSALS[method].name
  if (!admits(serviceAccounts, DEFAULT)) return { what, account: `${namespace}/${DEFAULT}`, isThere: true, refusal }
  const scratch = scratchName()
  if (admits(serviceAccounts, scratch)) return { what, none: 'the role admits every name that could be tried' }
  return { what, account: `${namespace}/${scratch}`, isThere: false, refusal }
}

function otherNamespace(
  { serviceAccounts, namespaces = [], namespaceSelector }: Role,
  own: string,
  reviewer: string,
  method: Method,
): Stranger {
  const what = 'another namespace'
  if (namespaceSelector !== undefined)
    return { what, none: 'the role has a namespaceSelector: whom it admits depends on labels' }
  const namespace = [reviewer, DEFAULT].find((candidate) => !admits(namespaces, candidate))
  if (namespace === undefined) return { what, none: 'the role admits every namespace that could be tried' }
  const isThere = admits(serviceAccounts, DEFAULT)
  const name = isThere ? DEFAULT : own
  return { what, account: `${namespace}/${name}`, isThere, refusal: REFUSALS[method].namespace }
}

/** Globs as the servers' plug-in has them (ryanuber/go-glob): `*` stands for any text, wherever it is. */
function admits(globs: readonly string[], name: string): boolean {
  return globs.some((glob) => new RegExp(`^${glob.split('*').map(escaped).join('.*')}$`).test(name))
}

const escaped = (text: string): string => text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&')
