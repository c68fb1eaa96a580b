import { IceError, isIceError } from '../catalogue/index.js'
import { enginesOfApi, type MountRow } from '../access/from-live.js'
import type { File } from '../config/file.js'
import { bindGrant } from '../kinds/policy.js'
import { capabilitiesSelf, path, statusOf, type Vault, type VaultLogin } from '../vault/index.js'
import { orUndefined } from './step-shown.js'
import type { StepSession } from './step-session.js'

/** What was asked of a token: a grant as policies have it, or a path of the API. */
export interface Question {
  readonly asked: string
  /** What a grant takes; of a path it is only told what is allowed there. */
  readonly paths: readonly { readonly path: string; readonly needs: readonly string[] }[]
}

export interface Allowed {
  readonly asked: string
  /** Of a grant: all that it takes. Of a path: anything at all. null: nobody here may ask. */
  readonly allowed: boolean | null
  readonly paths: readonly {
    readonly path: string
    readonly needs: readonly string[]
    readonly has: readonly string[] | null
  }[]
}

/**
 * Reads what is asked. A grant is compiled with the engine that Vault has at its path, or that the file names.
 * @throws IceError FILE.badGrant
 */
export async function questionsOf(asked: readonly string[], session: StepSession, vault: Vault): Promise<Question[]> {
  const file = asked.some(isGrant) ? await withEngines(session, vault) : session.file
  return asked.map((text) => (isGrant(text) ? grantQuestion(text, file) : pathQuestion(text)))
}

const isGrant = (text: string): boolean => /\S\s+\S/.test(text)

async function withEngines({ file, place }: StepSession, vault: Vault): Promise<File> {
  const rows = await orUndefined(() => vault.read<Readonly<Record<string, MountRow>>>(path`sys/mounts`))
  return { ...file, engines: { ...place.engines, ...enginesOfApi(rows?.data ?? {}) } as File['engines'] }
}

function grantQuestion(asked: string, file: File): Question {
  try {
    const { grant, type, engine, path: rest } = bindGrant(asked, file, ['can'])
    const rules = type.verbs[grant.verb]?.rules(engine, rest) ?? []
    return { asked, paths: rules.map((rule) => ({ path: rule.path, needs: rule.capabilities })) }
  } catch (error) {
    if (!isIceError(error)) throw error
    const told = error.message.replace('in no engine of this file', 'in no secrets engine that is mounted')
    const next = told === error.message ? error.next : ['Check the path of the engine in the grant.']
    throw new IceError(error.record, { ...error.details, message: `--can: ${told}`, next })
  }
}

const pathQuestion = (asked: string): Question => ({
  asked,
  paths: [{ path: asked.trim().replace(/^\/?(?:v1\/)?/, ''), needs: [] }],
})

/** Asks Vault what the token may do there: as the workload, or, where that may not ask, as the operator. */
export async function askAbout(
  questions: readonly Question[],
  login: VaultLogin,
  operator: Vault,
): Promise<readonly Allowed[]> {
  const paths = questions.flatMap((question) => question.paths.map((one) => one.path))
  const has = paths.length === 0 ? undefined : await capabilitiesOf([...new Set(paths)], login, operator)
  return questions.map(({ asked, paths: needed }) => {
    const answers = needed.map(({ path: at, needs }) => ({ path: at, needs, has: has?.get(at) ?? null }))
    return { asked, allowed: has === undefined ? null : answers.every(isEnough), paths: answers }
  })
}

function isEnough({ needs, has }: Allowed['paths'][number]): boolean {
  if (has === null || has.includes('deny')) return false
  return has.includes('root') || (needs.length === 0 ? has.length > 0 : needs.every((need) => has.includes(need)))
}

type Answer = Readonly<Record<string, readonly string[]>>

async function capabilitiesOf(
  paths: readonly string[],
  { token, numUses }: VaultLogin,
  operator: Vault,
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const itself = () => capabilitiesSelf(operator.withToken(token), paths)
  const theOperator = async () => {
    const { data } = await operator.write<Answer>(path`sys/capabilities`, { token, paths }, { repeatable: true })
    return new Map(paths.map((at) => [at, data[at] ?? ['deny']]))
  }
  // A token that lasts for a few requests is not used up on what the operator can ask.
  for (const ask of numUses > 0 ? [theOperator] : [itself, theOperator]) {
    try {
      return await ask()
    } catch (error) {
      if (statusOf(error) !== 403) throw error
    }
  }
  return undefined
}
