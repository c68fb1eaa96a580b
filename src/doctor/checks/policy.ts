import { judge as judgeAccess } from '../../access/token.js'
import { policyAddress, type Policy } from '../../access/model.js'
import { DOCTOR, LINT, type CodeRecord } from '../../catalogue/index.js'
import { shellWord } from '../../catalogue/shell-word.js'
import type { File } from '../../config/file.js'
import { compileGrant } from '../../kinds/policy.js'
import { hasWildcard, splitMount, type PathRule } from '../../policy/index.js'
import { lint } from '../../policy/lint/index.js'
import { check, type AnyCheck, type Problem, type Remedy } from '../contract.js'
import { livePolicy, parsedPolicy } from '../facts/policies.js'
import { policiesOfRole, workloadRights } from '../facts/rights.js'
import { mounts } from '../facts/vault.js'
import { neededBy } from '../needs.js'

const LINTED = Object.values<CodeRecord>(LINT)

/** What a text says that the file did not make is nobody's to rewrite but its author's. */
const rewrite = (policy: string): Remedy => ({
  manual: [`Correct the text: icebreaker policy lint --live ${shellWord(policy)} shows what to write instead.`],
})

/** The policies that roles give, as Vault has them. */
export const policyChecks: readonly AnyCheck[] = [
  check({
    records: LINTED as [CodeRecord, ...CodeRecord[]],
    subject: 'policy',
    wants: { parsed: parsedPolicy, mounts },
    // Vault's own, and one that is missing: the role says so.
    applies: ({ policy }) => policy !== 'default' && policy !== 'root',
    explains: [DOCTOR.policyLacks.code, DOCTOR.workloadCannot.code],
    judge({ policy }, { parsed, mounts: { mounts, all, product } }, { file, isWritten }) {
      const facts = { mounts, ...(all && { allMounts: true as const }), ...(product && { product }) }
      const { findings } = lint([{ name: policy, parsed }], facts)
      return (
        findings
          .filter(({ severity }) => severity !== 'info')
          // The engine that the file says is missing: that is the cause, and is said of the engine.
          .filter(({ code, path = '' }) => code !== LINT.noMount.code || !isWritten || !isOnEngine(file, path))
          .map(({ code, message, at, path, corrected }): Problem => ({
            record: LINTED.find((record) => record.code === code) ?? LINT.notHcl,
            message,
            evidence: {
              line: at.line,
              ...(path !== undefined && { path }),
              ...(corrected !== undefined && { instead: corrected }),
            },
            remedy:
              isWritten && isMade(file, policy) ? { apply: [`vault:sys/policies/acl/${policy}`] } : rewrite(policy),
          }))
      )
    },
  }),
  check({
    records: [DOCTOR.policyLacks],
    subject: 'policy',
    wants: { live: livePolicy },
    applies: ({ policy }, { file, isWritten }) => isWritten && grantsOf(file, policy).length > 0,
    explains: [DOCTOR.workloadCannot.code],
    judge({ policy }, { live }, { file }) {
      if (live.unknown !== undefined)
        return { unknown: `What the policy ${policy} allows is not known: ${live.unknown}.` }
      return grantsOf(file, policy).flatMap(({ text, rules }): Problem[] => {
        const lacking = lackingOf(rules, [live])
        if (lacking.length === 0) return []
        return [
          {
            message: `The policy ${policy} in Vault does not allow what the file grants: ${text}.`,
            evidence: { lacks: lacking.join('; ') },
            remedy: { apply: [`vault:sys/policies/acl/${policy}`] },
          },
        ]
      })
    },
  }),
  check({
    records: [DOCTOR.deniedByAnother],
    subject: 'role',
    wants: { policies: policiesOfRole },
    applies: ({ role }, { file, isWritten }) => isWritten && file.roles[role] !== undefined,
    explains: [DOCTOR.workloadCannot.code],
    judge: ({ role }, { policies }, { file }) =>
      (file.roles[role]?.policies ?? []).flatMap((name) => {
        const own = policies.find((policy) => policy.name === name.toLowerCase())
        if (own === undefined) return []
        return grantsOf(file, name).flatMap(({ text, rules }): Problem[] => {
          if (lackingOf(rules, [own]).length > 0) return []
          const lacking = lackingOf(rules, policies)
          const others = policies.filter((other) => other !== own && lackingOf(rules, [own, other]).length > 0)
          if (lacking.length === 0 || others.length === 0) return []
          const names = others.map((other) => other.name).join(', ')
          return [
            {
              message: `The policy ${name} grants ${text}, and the policy ${names} of the same role takes it away.`,
              evidence: { lacks: lacking.join('; '), 'taken away by': names },
              remedy: {
                manual: [`Take ${names} from the role ${role}, or the stanza that is more specific or denies from it.`],
              },
            },
          ]
        })
      }),
  }),
  check({
    records: [DOCTOR.workloadCannot],
    subject: 'workload',
    wants: { rights: workloadRights },
    applies: (_workload, { isWritten }) => isWritten,
    judge: ({ role, account }, { rights: { policies, entity, paths } }, { file }) => {
      const lacking = neededBy(file, role, account).flatMap(({ path, capabilities }) => {
        const has = paths.get(path)
        if (has === undefined || has.includes('root')) return []
        const missing = capabilities.filter((capability) => !has.includes(capability))
        return missing.length === 0 ? [] : [`${missing.join(', ')} on ${path} (has ${has.join(', ') || 'nothing'})`]
      })
      if (lacking.length === 0) return []
      return [
        {
          restsOn: policies.map((name) => policyAddress(name)),
          message: `With the token that it really gets, ${account ?? 'the workload'} may not do what the file grants.`,
          evidence: { lacks: lacking.join('; '), policies: policies.join(', '), ...(entity !== '' && { entity }) },
          remedy: {
            manual: [
              `Look at each policy of the token, those of its identity too: vault read identity/entity/id/${entity || 'ID'} names them.`,
            ],
          },
        },
      ]
    },
  }),
]

const isOnEngine = (file: File, path: string): boolean => splitMount(path, Object.keys(file.engines)) !== undefined

const isMade = (file: File, policy: string): boolean => {
  const section = file.policies[policy]
  return section !== undefined && !('existing' in section)
}

interface Meant {
  readonly text: string
  readonly rules: readonly PathRule[]
}

/** What the grants of a policy of the file need, each. */
function grantsOf(file: File, policy: string): readonly Meant[] {
  const [name, section] =
    Object.entries(file.policies).find(([name]) => name.toLowerCase() === policy.toLowerCase()) ?? []
  if (section === undefined || !('grants' in section)) return []
  return section.grants.map((grant, index) => ({
    text: typeof grant === 'string' ? grant : JSON.stringify(grant),
    rules: compileGrant(grant, file, ['policies', name ?? policy, 'grants', index]),
  }))
}

/** What these policies, as one, do not give of it. Patterns are left out: what is under them is not one path. */
function lackingOf(rules: readonly PathRule[], policies: readonly Policy[]): string[] {
  return rules
    .filter(({ path }) => !hasWildcard(path))
    .flatMap(({ path, capabilities }) =>
      capabilities
        .filter((capability) => judgeAccess(policies, [{ path, capability }]).verdict === 'no')
        .map((capability) => `${capability} on ${path}`),
    )
}
