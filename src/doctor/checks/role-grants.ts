import { resolveBindings, type BoundAccount } from '../../access/bindings.js'
import { DOCTOR } from '../../catalogue/index.js'
import { shellWord } from '../../catalogue/shell-word.js'
import { nearest } from '../../catalogue/nearest.js'
import { durationText } from '../../kinds/atoms.js'
import { accountAddress } from '../../kinds/reviewer.js'
import { check, type AnyCheck, type Problem, type Scene } from '../contract.js'
import { churned, clusterView, mountTune, presentRole, type Churned } from '../facts/role.js'
import { policyNames } from '../facts/vault.js'
import { roleInFile } from '../role-in-file.js'
import type { RoleSubject } from '../subject.js'
import { AT_THE_LOGIN, eachOf, kubectl, listed, rewritten, roleWrite } from './role-words.js'

type Said = Pick<Scene, 'file' | 'isWritten'>
type Data = Readonly<Record<string, unknown>>

const seconds = (data: Data, name: string): number => Number(data[name] ?? 0)

/** What a role gives, to whom, and for how long. */
export const roleGrantChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.policyMissing],
    subject: 'role',
    wants: { role: presentRole, there: policyNames },
    explains: AT_THE_LOGIN,
    judge: (subject, { role: { role }, there }, scene) => {
      const said = (roleInFile(subject, scene)?.policies ?? []).map((name) => name.toLowerCase())
      const given = role.policies.map((name) => name.toLowerCase())
      const absent = [...new Set(given)].filter((name) => !there.has(name) && name !== 'root')
      const lacking = said.filter((name) => !given.includes(name))
      return [
        ...absent.map((name) => absentPolicy(subject, name, there, role.policies, scene)),
        ...(lacking.length === 0 ? [] : [lackingPolicies(subject, lacking, given, scene)]),
      ]
    },
  }),
  check({
    records: [DOCTOR.rootPolicy],
    subject: 'role',
    wants: { role: presentRole },
    explains: [DOCTOR.rootPolicy.code, ...AT_THE_LOGIN],
    judge: (subject, { role: { role } }, scene) => {
      if (!role.policies.some((name) => name.toLowerCase() === 'root')) return []
      const others = role.policies.filter((name) => name.toLowerCase() !== 'root')
      return [
        {
          message: `The role ${subject.role} names the policy root, which no login gives: it lets nobody in.`,
          evidence: { policies: role.policies.join(', ') },
          remedy: rewritten(subject, scene, {
            commands: [roleWrite(subject, eachOf('policies', others.length === 0 ? ['default'] : others))],
          }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.ttlInvalid],
    subject: 'role',
    wants: { role: presentRole, tune: mountTune },
    judge: ({ role: name, mount }, { role: { data }, tune }) => {
      const most = tune.max_lease_ttl
      const cut = ['token_ttl', 'token_max_ttl', 'token_period'].filter((field) => seconds(data, field) > most)
      const [ttl, own] = [seconds(data, 'token_ttl'), ['token_max_ttl', 'token_explicit_max_ttl'] as const]
      const shorter = own.filter((field) => seconds(data, field) > 0 && seconds(data, field) < ttl)
      if (cut.length + shorter.length === 0) return []
      const fields = [...new Set([...cut, ...(shorter.length > 0 ? ['token_ttl', ...shorter] : [])])]
      return [
        {
          message: `The role ${name} says more than it gets: ${[
            ...cut.map((field) => `${field} is cut to the ${durationText(most)} that auth/${mount} allows`),
            ...shorter.map((field) => `token_ttl is cut to ${field}`),
          ].join('; ')}.`,
          evidence: {
            ...Object.fromEntries(fields.map((field) => [field, durationText(seconds(data, field))])),
            'max_lease_ttl of the mount': durationText(most),
          },
          remedy: {
            manual: [
              `Lower the times of the role, or raise max_lease_ttl of auth/${mount} (clusters.NAME.auth.maxLeaseTTL in the file; icebreaker auth enable --max-lease-ttl).`,
            ],
          },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.tooFewUses],
    subject: 'role',
    wants: { role: presentRole },
    explains: [DOCTOR.tooFewUses.code, ...AT_THE_LOGIN],
    judge: (subject, { role: { data } }, scene) => {
      const uses = seconds(data, 'token_num_uses')
      const said = roleInFile(subject, scene)
      // Without a file nobody says what is meant: only what hardly anything can live with.
      if (uses === 0 || (said === undefined ? uses > FEW : uses >= (said.tokenNumUses ?? Infinity))) return []
      return [
        {
          ...(said === undefined && { severity: 'warning' as const }),
          message: `A token of the role ${subject.role} is good for ${uses === 1 ? 'one request' : `${uses} requests`}${said === undefined ? '' : `, the file says ${said.tokenNumUses ?? 'any number'}`}.`,
          evidence: { token_num_uses: uses },
          remedy: rewritten(subject, scene, { commands: [roleWrite(subject, [['token-num-uses', '0']])] }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.batchToken],
    subject: 'role',
    wants: { role: presentRole, tune: mountTune },
    judge: ({ role: name, mount }, { role: { data }, tune: { token_type: forced = '' } }) => {
      const own = typeof data['token_type'] === 'string' ? data['token_type'] : 'default'
      const limits = ['token_num_uses', 'token_period'].filter((field) => seconds(data, field) > 0)
      const lost =
        forced === 'batch'
          ? [...(own === 'service' ? ['token_type=service'] : []), ...limits]
          : forced === 'service' && own === 'batch'
            ? ['token_type=batch']
            : []
      if (lost.length === 0) return []
      return [
        {
          message: `auth/${mount} makes ${forced} tokens whatever its roles say, so ${lost.join(' and ')} of the role ${name} does not hold.`,
          evidence: { 'token_type of the mount': forced, 'token_type of the role': own },
          remedy: {
            commands: [`vault auth tune -token-type=default-service ${shellWord(`${mount}/`)}`],
            text: 'Let the roles decide (with OpenBao: bao auth tune), in the file too:',
          },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.addressNotBound],
    subject: 'role',
    wants: { role: presentRole },
    applies: (subject, scene) => roleInFile(subject, scene) !== undefined,
    explains: [DOCTOR.addressNotBound.code, ...AT_THE_LOGIN],
    judge: (subject, { role: { role } }, scene) => {
      const said = (roleInFile(subject, scene)?.tokenBoundCIDRs ?? []).map(plain)
      const live = role.cidrs.map(plain)
      const lacking = said.filter((cidr) => !live.includes(cidr))
      if (live.length === 0 || (said.length > 0 && lacking.length === 0)) return []
      return [
        {
          message: `The role ${subject.role} lets in logins from ${live.join(', ')} only; by the file they come from ${said.join(', ') || 'anywhere'}.`,
          evidence: { role: live.join(', '), file: said.join(', ') || 'any' },
          remedy: rewritten(subject, scene, { manual: [] }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.boundAccountMissing, DOCTOR.crossProduct],
    subject: 'role',
    wants: { role: presentRole, view: clusterView },
    applies: ({ method }) => method === 'kubernetes',
    explains: [DOCTOR.boundAccountMissing.code, ...AT_THE_LOGIN],
    judge: (subject, { role: { role }, view }, scene) => {
      const missing = resolveBindings(role.bindings, view).accounts.filter(({ there }) => there === 'no')
      const [names, namespaces] = [role.bindings.names, role.bindings.namespaces].map((all) =>
        all.filter((one) => !one.includes('*')),
      ) as [string[], string[]]
      const isProduct = names.length > 1 && namespaces.length > 1
      const said = roleInFile(subject, scene)
      const own = missing.filter((account) => isOwn(account, said !== undefined, scene))
      const others = missing.filter((account) => !own.includes(account))
      return [
        ...(own.length === 0 ? [] : [missingOfFile(own, subject)]),
        ...(isProduct && (said === undefined || others.length > 0)
          ? [productOf(subject, names, namespaces, others)]
          : others.map((account) => missingOther(account, subject, scene))),
      ]
    },
  }),
  check({
    records: [DOCTOR.entityChurn],
    subject: 'mount',
    wants: { churned },
    applies: ({ method }) => method === 'kubernetes',
    judge: (_mount, { churned }) => churned.map(churn),
  }),
]

/** An agent looks its token up, renews it and reads: with so few uses it does not even begin. */
const FEW = 2

/** As the servers show it: the network of one address is that address. */
const plain = (cidr: string): string => cidr.toLowerCase().replace(/^([\d.]+)\/32$|^([\da-f:]+)\/128$/, '$1$2')

function absentPolicy(
  subject: RoleSubject,
  name: string,
  there: ReadonlySet<string>,
  given: readonly string[],
  scene: Said,
): Problem {
  const inFile = Object.entries(scene.isWritten ? scene.file.policies : {}).find(([own]) => own.toLowerCase() === name)
  const meant = nearest(name, there)
  const isMade = inFile !== undefined && !('existing' in inFile[1])
  const said = (roleInFile(subject, scene)?.policies ?? []).some((policy) => policy.toLowerCase() === name)
  const kept = given.flatMap((policy) =>
    policy.toLowerCase() !== name ? [policy] : meant === undefined ? [] : [meant],
  )
  return {
    message: `The role ${subject.role} gives the policy ${name}, which Vault does not have.${meant === undefined ? '' : ` Is ${meant} meant?`}`,
    evidence: { policies: listed([...there].sort().slice(0, 12)) },
    remedy: isMade
      ? { apply: [`vault:sys/policies/acl/${inFile[0]}`] }
      : said || kept.length === 0
        ? { manual: [`Make the policy ${name}: icebreaker policy write ${shellWord(name)}; or take it from the role.`] }
        : rewritten(subject, scene, {
            commands: [roleWrite(subject, eachOf('policies', kept))],
            text:
              meant === undefined ? `Take it from the role, or make it:` : `Name ${meant} instead, if that is meant:`,
          }),
  }
}

const lackingPolicies = (
  subject: RoleSubject,
  lacking: readonly string[],
  given: readonly string[],
  scene: Said,
): Problem => ({
  message: `The role ${subject.role} does not give the policy ${lacking.join(', ')}, which the file wants.`,
  evidence: { role: listed(given), file: lacking.join(', ') },
  remedy: rewritten(subject, scene, { manual: [] }),
})

/** Apply makes it. */
const isOwn = ({ namespace, name }: BoundAccount, isSaid: boolean, { file }: Said): boolean =>
  isSaid && file.serviceAccounts.includes(`${namespace}/${name}`)

const missingOfFile = (missing: readonly BoundAccount[], { role, cluster = '' }: RoleSubject): Problem => ({
  message: `The file wants the service account ${missing.map(whole).join(', ')}, which the role ${role} lets in, and the cluster does not have it.`,
  remedy: { apply: missing.map(({ namespace, name }) => accountAddress(cluster, namespace, name)) },
})

const whole = ({ namespace, name }: BoundAccount): string => `${namespace}/${name}`

/** Nothing that anybody has tried is broken by it. */
const missingOther = ({ namespace, name }: BoundAccount, { role, cluster }: RoleSubject, scene: Said): Problem => ({
  severity: 'warning',
  message: `The role ${role} lets in the service account ${namespace}/${name}, which does not exist.`,
  remedy: {
    manual: [
      `Make it, if it does not come with what uses it: ${kubectl(['create', 'serviceaccount', name, '--namespace', namespace], cluster, scene)}. Or take it from the role.`,
    ],
  },
})

const productOf = (
  { role }: RoleSubject,
  names: readonly string[],
  namespaces: readonly string[],
  missing: readonly BoundAccount[],
): Problem => ({
  record: DOCTOR.crossProduct,
  message: `The role ${role} lets in each of ${names.join(', ')} in each of ${namespaces.join(', ')}: ${names.length * namespaces.length} accounts${missing.length === 0 ? '' : `, of which ${missing.length === 1 ? 'one does' : `${missing.length} do`} not exist`}.`,
  evidence:
    missing.length === 0
      ? {}
      : {
          missing: missing.slice(0, 12).map(whole).join(', '),
        },
  remedy: { manual: ['Make one role for each namespace, with the accounts that are meant there.'] },
})

const churn = ({ account, entity, policies, groups }: Churned): Problem => ({
  message: `${account} was made anew: Vault takes it for somebody else, and what its old entity has does not hold for it.`,
  evidence: { 'old entity': entity, policies: listed(policies), groups },
  remedy: {
    manual: [
      `Give policies and groups to its new entity; then remove the old one: vault delete identity/entity/id/${entity}.`,
    ],
  },
})
