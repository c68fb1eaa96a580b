import { bindingsText, isWildcard, matchesGlob } from '../../access/bindings.js'
import { roleOf } from '../../access/from-file.js'
import type { Labels } from '../../access/model.js'
import { DOCTOR } from '../../catalogue/index.js'
import { nearest } from '../../catalogue/nearest.js'
import { check, maybe, type AnyCheck, type Problem, type Scene } from '../contract.js'
import { namespaces } from '../facts/cluster.js'
import { roleNames } from '../facts/mount.js'
import { audiencesOf, clientAudiences, presentRole, roleIfAny, rolesElsewhere } from '../facts/role.js'
import { roleInFile } from '../role-in-file.js'
import type { RoleSubject } from '../subject.js'
import { AT_THE_LOGIN, eachOf, listed, rewritten, roleWrite } from './role-words.js'

type Said = Pick<Scene, 'file' | 'isWritten'>

const isKubernetes = ({ method }: Pick<RoleSubject, 'method'>): boolean => method === 'kubernetes'

/** It is in the file, on a mount whose roles have bindings of their own. */
const isSaid = (subject: RoleSubject, scene: Said): boolean =>
  isKubernetes(subject) && roleInFile(subject, scene) !== undefined

/** The bindings that the file wants. */
function bindingsInFile(subject: RoleSubject, scene: Said) {
  const said = roleInFile(subject, scene)
  return said && roleOf(subject.mount, subject.role, said, {}).bindings
}

/** Whom a role lets in, and with which token. */
export const roleChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.roleAbsent],
    subject: 'role',
    wants: { role: roleIfAny, names: roleNames, elsewhere: maybe(rolesElsewhere) },
    explains: [DOCTOR.roleAbsent.code, ...AT_THE_LOGIN],
    judge: (subject, { role, names, elsewhere }, scene) => {
      if (role !== undefined) return []
      const meant = nearest(subject.role, names)
      const others = elsewhere.known ? elsewhere.value.map((mount) => `auth/${mount}`) : []
      return [
        {
          message: `There is no role ${subject.role} on auth/${subject.mount}.${meant === undefined ? '' : ` Is ${meant} meant?`}`,
          evidence: {
            roles: names.length > 12 ? `${names.length}` : listed(names),
            ...(others.length > 0 && { 'one of this name is on': others.join(', ') }),
          },
          remedy: rewritten(subject, scene, {
            manual: [
              meant === undefined ? 'Log in with a role that is there' : `Log in with the role ${meant}`,
              ...(others.length > 0 ? [`or at ${others.join(' or ')}`] : []),
              'or make the role: icebreaker role write.',
            ],
          }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.nameNotBound],
    subject: 'role',
    wants: { role: presentRole },
    applies: isSaid,
    explains: [DOCTOR.nameNotBound.code, ...AT_THE_LOGIN],
    judge: (subject, { role: { role } }, scene) => {
      const { names } = role.bindings
      const lacking = (bindingsInFile(subject, scene)?.names ?? []).filter((name) => !isCovered(name, names))
      return lacking.length === 0 ? [] : [unbound(subject, scene, 'name', lacking, names)]
    },
  }),
  check({
    records: [DOCTOR.namespaceNotBound],
    subject: 'role',
    wants: { role: presentRole, labels: maybe(namespaces) },
    applies: isSaid,
    explains: [DOCTOR.namespaceNotBound.code, ...AT_THE_LOGIN],
    judge: (subject, { role: { role }, labels }, scene) => {
      const { namespaces: bound, selector } = role.bindings
      const said = bindingsInFile(subject, scene)
      const lacking = (said?.namespaces ?? []).filter((name) => !isCovered(name, bound))
      // An invalid selector has a finding of its own.
      if (selector === 'invalid' || lacking.length === 0) return []
      if (selector !== undefined && !labels.known)
        return { unknown: `Whether the labels of ${lacking.join(', ')} fit the selector is not known.` }
      const own = labels.known ? labels.value : new Map<string, Labels>()
      const unfit = lacking.filter((name) => selector === undefined || !hasLabels(own.get(name), selector))
      return unfit.length === 0 ? [] : [unbound(subject, scene, 'namespace', unfit, bound)]
    },
  }),
  check({
    records: [DOCTOR.selectorWiped, DOCTOR.namespaceNotBound],
    subject: 'role',
    wants: { role: presentRole },
    applies: (subject, scene) => isSaid(subject, scene) && roleInFile(subject, scene)?.namespaceSelector !== undefined,
    explains: [DOCTOR.selectorWiped.code, DOCTOR.namespaceNotBound.code, ...AT_THE_LOGIN],
    judge: (subject, { role: { role } }, scene) => {
      const { selector } = role.bindings
      const wanted = bindingsInFile(subject, scene)?.selector
      if (selector === 'invalid' || wanted === undefined || wanted === 'invalid' || isSame(selector, wanted)) return []
      const isWiped = selector === undefined
      return [
        {
          ...(!isWiped && { record: DOCTOR.namespaceNotBound }),
          message: isWiped
            ? `The role ${subject.role} has no namespace selector any more; the file gives it one.`
            : `The namespace selector of the role ${subject.role} is another than that of the file.`,
          evidence: {
            ...(selector !== undefined && { stored: JSON.stringify(selector) }),
            file: JSON.stringify(wanted),
          },
          remedy: rewritten(subject, scene, { manual: [] }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.selectorInvalid],
    subject: 'role',
    wants: { role: presentRole },
    applies: isKubernetes,
    explains: [DOCTOR.selectorInvalid.code, DOCTOR.namespaceNotBound.code, 'ICE9214', ...AT_THE_LOGIN],
    judge: (subject, { role: { role, data } }, scene) => {
      const problem = selectorProblem(role.bindings.selector)
      if (problem === undefined) return []
      return [
        {
          message: `The namespace selector of the role ${subject.role} cannot be used: ${problem}.`,
          evidence: { stored: String(data['bound_service_account_namespace_selector']) },
          remedy: rewritten(subject, scene, {
            commands: [roleWrite(subject, [['namespace-selector', '{"matchLabels":{"KEY":"VALUE"}}']])],
            text: 'With the labels that are meant:',
          }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.audienceMismatch],
    subject: 'role',
    wants: { role: presentRole },
    applies: (subject, scene) => roleInFile(subject, scene) !== undefined,
    explains: [DOCTOR.audienceMismatch.code, DOCTOR.audienceBreaksClientReview.code, ...AT_THE_LOGIN],
    judge: (subject, { role }, scene) => {
      const wanted = audiencesOf(role)
      const said = roleInFile(subject, scene)
      const presented = [...(said?.audience === undefined ? [] : [said.audience]), ...(said?.jwt?.boundAudiences ?? [])]
      const fits = wanted.length === 0 ? isKubernetes(subject) : presented.some((one) => wanted.includes(one))
      if (fits) return []
      return [
        {
          message: `The role ${subject.role} asks for tokens for ${listed(wanted)}; by the file workloads present tokens for ${presented.length === 0 ? 'any audience' : presented.join(', ')}.`,
          evidence: { role: listed(wanted), file: presented.join(', ') || 'any' },
          remedy: rewritten(subject, scene, { manual: [] }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.audienceBreaksClientReview],
    subject: 'role',
    wants: { role: presentRole, accepted: clientAudiences },
    applies: isKubernetes,
    explains: [DOCTOR.audienceBreaksClientReview.code, ...AT_THE_LOGIN],
    judge: (subject, { role, accepted }, scene) => {
      const [wanted] = audiencesOf(role)
      if (accepted === undefined || wanted === undefined || accepted.includes(wanted)) return []
      return [
        {
          message: `On auth/${subject.mount} each client asks for itself, and the API server does not accept tokens for ${wanted}.`,
          evidence: { role: wanted, 'the API server accepts': listed(accepted) },
          remedy:
            roleInFile(subject, scene)?.audience === wanted
              ? {
                  manual: [
                    `In the file, set the audience of the role to ${listed(accepted)}, or let one reviewer ask for all (token: secret), and apply.`,
                  ],
                }
              : rewritten(subject, scene, {
                  commands: accepted.slice(0, 1).map((audience) => roleWrite(subject, [['audience', audience]])),
                }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.audienceUnset],
    subject: 'role',
    wants: { role: presentRole },
    applies: isKubernetes,
    judge: (subject, { role }, scene) => {
      const said = roleInFile(subject, scene)
      if (audiencesOf(role).length > 0 || (said !== undefined && said.audience === undefined)) return []
      return [
        {
          message: `The role ${subject.role} takes tokens for any audience.`,
          remedy: rewritten(subject, scene, {
            commands: [roleWrite(subject, [['audience', 'vault']])],
            text: 'Once the workloads project tokens for it:',
          }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.wildcardBinding],
    subject: 'role',
    wants: { role: presentRole },
    applies: isKubernetes,
    judge: (subject, { role: { role } }, scene) => {
      const said = bindingsInFile(subject, scene)
      if (!isWildcard(role.bindings) || (said !== undefined && isWildcard(said))) return []
      return [
        {
          message: `The role ${subject.role} lets in ${bindingsText(role.bindings)}: also accounts that nobody has made yet.`,
          remedy: rewritten(subject, scene, {
            commands: [
              roleWrite(subject, [...eachOf('service-accounts', ['NAME']), ...eachOf('namespaces', ['NAMESPACE'])]),
            ],
            text: 'With the names that are meant:',
          }),
        },
      ]
    },
  }),
]

/** Fits a name, or lets in everything that a glob lets in. */
const isCovered = (name: string, bound: readonly string[]): boolean =>
  name.includes('*')
    ? bound.some((glob) => glob === name || glob === '*')
    : bound.some((glob) => matchesGlob(glob, name))

function unbound(
  subject: RoleSubject,
  scene: Said,
  what: 'name' | 'namespace',
  lacking: readonly string[],
  bound: readonly string[],
): Problem {
  const whom = what === 'name' ? 'the service account' : 'accounts of the namespace'
  return {
    message: `The role ${subject.role} does not let in ${whom} ${lacking.join(', ')}, which the file binds.`,
    evidence: { role: listed(bound), file: lacking.join(', ') },
    remedy: rewritten(subject, scene, { manual: [] }),
  }
}

const hasLabels = (own: Labels | undefined, wanted: Labels): boolean =>
  own !== undefined && Object.entries(wanted).every(([key, value]) => own[key] === value)

const isSame = (one: Labels | undefined, other: Labels): boolean =>
  one !== undefined && hasLabels(one, other) && hasLabels(other, one)

const LABEL = /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)$/
const PREFIX = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
function selectorProblem(selector: Labels | 'invalid' | undefined): string | undefined {
  if (selector === undefined) return undefined
  if (selector === 'invalid') return 'it is no LabelSelector with matchLabels alone'
  for (const [key, value] of Object.entries(selector)) {
    const [name = '', prefix, ...more] = key.split('/').reverse()
    const isKey = LABEL.test(name) && more.length === 0 && (prefix === undefined || PREFIX.test(prefix))
    if (!isKey) return `${JSON.stringify(key)} cannot be the key of a label`
    if (value !== '' && !LABEL.test(value)) return `${JSON.stringify(value)} cannot be the value of a label`
  }
  return undefined
}
