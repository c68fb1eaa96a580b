import { IceError, KUBERNETES } from '../catalogue/index.js'
import { redact } from '../secrets/redact.js'
import type { KindRef, ObjectRef } from './types.js'

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/**
 * Why a name is none that Kubernetes accepts for a resource; undefined if it is one. Namespaces have DNS-1123 labels, RBAC
 * objects anything that is one path segment (`system:auth-delegator`), all others DNS-1123 subdomains.
 * (k8s.io/apimachinery/pkg/api/validation)
 */
export function invalidName({ apiVersion, resource }: KindRef, name: string): string | undefined {
  if (resource === 'namespaces') {
    return LABEL.test(name) ? undefined : 'is no DNS label (lower-case letters, digits and -, at most 63)'
  }
  if (apiVersion.startsWith('rbac.authorization.k8s.io/')) {
    const unsafe = name === '' || name === '.' || name === '..' || /[/%\u0000-\u001f\u007f-\u009f]/.test(name)
    return unsafe ? 'is no path segment (not . or .., no / and %)' : undefined
  }
  return name.length <= 253 && SUBDOMAIN.test(name)
    ? undefined
    : 'is no DNS subdomain (lower-case letters, digits, - and ., at most 253)'
}

/** `/api/v1/namespaces/app/secrets`. @throws IceError KUBERNETES.invalidName */
export function collectionPath({ apiVersion, resource, namespace }: KindRef): string {
  const version = `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}`
  if (namespace === undefined) return `${version}/${resource}`
  return `${version}/namespaces/${segment(NAMESPACES, namespace)}/${resource}`
}

/** `/api/v1/namespaces/app/serviceaccounts/app/token`. @throws IceError KUBERNETES.invalidName */
export function objectPath(ref: ObjectRef, subresource?: string): string {
  const path = `${collectionPath(ref)}/${segment(ref, ref.name)}`
  return subresource === undefined ? path : `${path}/${subresource}`
}

const NAMESPACES: KindRef = { apiVersion: 'v1', kind: 'Namespace', resource: 'namespaces' }

function segment(kind: KindRef, name: string): string {
  const reason = invalidName(kind, name)
  if (reason !== undefined) {
    throw new IceError(KUBERNETES.invalidName, {
      message: `The ${kind.kind} name ${redact(JSON.stringify(name))} ${reason}.`,
    })
  }
  return encodeURIComponent(name)
}
