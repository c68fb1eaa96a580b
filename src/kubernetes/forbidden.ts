import { KUBERNETES, type IceError } from '../catalogue/index.js'
import { describeCall, unauthorized, type Asked, type Call, type Fail } from './status.js'

/** A 403 of the authorizer: who may not do what, and the commands that would let them. */
export function forbidden(asked: Asked, said: string, fail: Fail): IceError {
  const user = /user "([^"]*)"/i.exec(said)?.[1]
  if (user === 'system:anonymous') return unauthorized(asked, 'it sent no credentials')
  const who = user ?? asked.connection.login
  if (said.includes('not currently held')) {
    return fail(
      KUBERNETES.escalation,
      `${who} may not ${describeCall(asked)}: it would give away rights that it lacks.`,
      {
        // The one role that this tool binds.
        next: grant({ ...ROLE, verb: 'bind', name: 'system:auth-delegator' }, user),
      },
    )
  }
  return fail(KUBERNETES.forbidden, `${who} may not ${describeCall(asked)}.`, { next: grant(asked.call, user) })
}

const ROLE = { group: 'rbac.authorization.k8s.io', resource: 'clusterroles' }

type Right = Pick<Call, 'verb' | 'group' | 'resource' | 'subresource' | 'namespace' | 'name'>

/** The kubectl commands with which an administrator grants one right. */
function grant(
  { verb, group, resource, subresource, namespace, name }: Right,
  user: string | undefined,
): readonly string[] {
  const kind = namespace === undefined ? 'clusterrole' : 'role'
  const where = namespace === undefined ? '' : ` --namespace=${namespace}`
  const of = `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`
  // RBAC does not know the name of what is yet to be created.
  const named = name !== undefined && (verb !== 'create' || subresource !== undefined) ? ` --resource-name=${name}` : ''
  const role = `icebreaker-${verb}-${resource}`
  return [
    `kubectl create ${kind} ${role}${where} --verb=${verb} --resource=${of}${named}`,
    `kubectl create ${kind}binding ${role}${where} --${kind}=${role} ${subject(user)}`,
  ]
}

/** Only a name that a shell takes as it is; it comes from the server. */
function subject(user: string | undefined): string {
  const [, namespace, account] = /^system:serviceaccount:([\w.-]+):([\w.-]+)$/.exec(user ?? '') ?? []
  if (namespace !== undefined) return `--serviceaccount=${namespace}:${account ?? ''}`
  return `--user=${user !== undefined && /^[\w:.@/+-]+$/.test(user) ? user : 'USER'}`
}
