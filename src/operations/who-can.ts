import { findingsOf } from '../access/findings.js'
import { policyAddress, roleAddress, type Access, type Finding, type Gap } from '../access/model.js'
import { mountOf, rawQuestion, verbQuestion, type Question } from '../access/question.js'
import { judge } from '../access/token.js'
import { roleViews, whoCan as answersTo, type Answer, type RoleView } from '../access/who-can.js'
import { openAccess, type AccessOptions, type AccessServers, type AccessSession } from './access.js'

export interface WhoCanOptions extends AccessOptions {
  readonly verb: string
  readonly path: string
  /** `verb` is a capability, `path` one of the API. */
  readonly raw: boolean
}

export interface WhoCanResult {
  readonly operation: 'who-can'
  readonly file: string
  /** Whose roles and policies were looked at. */
  readonly source: 'file' | 'vault'
  readonly servers: AccessServers
  readonly question: Question
  readonly answers: readonly Answer[]
  readonly findings: readonly Finding[]
  /** What could not be seen: with anything in it, others may be able to, too. */
  readonly gaps: readonly Gap[]
}

/** Which service accounts can do something, by which role and policy. Reads, and changes nothing. */
export async function whoCan(options: WhoCanOptions): Promise<WhoCanResult> {
  const session = await openAccess(options)
  try {
    const [access, question] = await Promise.all([session.read(), questionOf(options, session)])
    const views = roleViews(access)
    const answers = answersTo(access, views, question)
    return {
      operation: 'who-can',
      file: session.file.name,
      source: access.source,
      servers: session.servers,
      question,
      answers,
      findings: relevant(access, views, question, answers),
      gaps: access.gaps,
    }
  } finally {
    await session.close()
  }
}

async function questionOf({ verb, path, raw }: WhoCanOptions, session: AccessSession): Promise<Question> {
  if (raw) return rawQuestion(verb, path)
  return verbQuestion(verb, path, await session.engine(mountOf(path, await session.mounts())))
}

/** Only what has to do with the question: about roles that give it, and about policies that would. */
function relevant(
  access: Access,
  views: readonly RoleView[],
  { needs }: Question,
  answers: readonly Answer[],
): readonly Finding[] {
  const answering = new Set(answers.map(({ mount, role }) => roleAddress({ mount, name: role })))
  const gives = (view: RoleView): boolean => judge(view.policies, needs).verdict !== 'no'
  const roles = views.filter((view) => answering.has(roleAddress(view.role)) || gives(view))
  const policies = [...access.policies.values()].filter((policy) => judge([policy], needs).verdict !== 'no')
  const addresses = new Set([
    ...roles.map(({ role }) => roleAddress(role)),
    ...policies.map(({ name }) => policyAddress(name)),
  ])
  return findingsOf(access, views).filter(({ address }) => addresses.has(address))
}
