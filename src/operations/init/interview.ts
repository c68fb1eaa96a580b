import { IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import type { About, Question } from './about.js'
import { QUESTIONS } from './questions.js'
import type { Asker } from '../options.js'
import type { AnswerId, Answers, Facts, QuestionId } from './types.js'

export interface Interview {
  readonly questions: readonly QuestionId[]
  /** What flags have answered. */
  readonly given: Answers
  /** Undefined: nobody is asked, and what is suggested is taken. */
  readonly ask: Asker | undefined
  /** What the questions go by, beside answers and facts. */
  readonly about: Omit<About, 'answers' | 'facts'>
  /** Looks at what a question needs, and at nothing else. */
  look(needs: readonly (keyof Facts)[], answers: Answers): Promise<Facts>
}

const flagOf = (id: QuestionId): AnswerId => QUESTIONS[id].flag ?? (id as AnswerId)

const UNSEEN = { seen: false, why: '' } as const
const NOTHING: Facts = { contexts: UNSEEN, vault: UNSEEN, cluster: UNSEEN, accounts: {} }

type Given = Pick<Interview, 'questions' | 'given' | 'about'>

/**
 * Before anything is contacted: is every flag one that answers something, with what can be an answer?
 * @throws IceError USAGE.wrongUsage that names the flag
 */
export function requireSound({ questions, given, about }: Given): void {
  refuseStrangers(questions, given, about)
  for (const id of questions) {
    const answer = given[flagOf(id)]
    if (answer !== undefined && QUESTIONS[id].late !== true) {
      checked(id, answer, { ...about, answers: given, facts: NOTHING })
    }
  }
}

/**
 * The flags that nobody has given of those that would be asked for.
 * @throws IceError USAGE.nobodyToAsk that names them
 */
export function requireAnswers({ questions, given, about }: Given, others: readonly string[]): void {
  const known = { ...about, answers: given, facts: NOTHING }
  const asked = questions.filter(
    (id) => messageOf(QUESTIONS[id], known) !== undefined && QUESTIONS[id].applies?.(known) !== false,
  )
  const missing = asked.filter((id) => given[flagOf(id)] === undefined).map((id) => `--${flagOf(id)}`)
  const flags = [...new Set([...others, ...missing])]
  if (flags.length === 0) return
  throw new IceError(USAGE.nobodyToAsk, {
    message: `There is no terminal to ask at; these answers are missing: ${flags.join(', ')}.`,
    next: ['Add these flags, or --yes: then what is found is taken, and defaults for the rest.'],
  })
}

/**
 * Goes through the questions: flag, then whoever is at the terminal, then what is suggested.
 * @throws IceError USAGE.wrongUsage where an answer is wrong, or there is none
 */
export async function interview(all: Interview): Promise<Answers> {
  const { questions, given, ask, about } = all
  let answers: Answers = {}
  for (const id of questions) {
    const question = QUESTIONS[id]
    const known = { ...about, answers, facts: await all.look(question.needs ?? [], answers) }
    if (question.applies?.(known) === false) continue
    const answer = await answerTo(id, known, given[flagOf(id)], ask)
    if (answer !== undefined) answers = { ...answers, [id]: answer }
  }
  return answers
}

async function answerTo(
  id: QuestionId,
  about: About,
  given: string | undefined,
  ask: Asker | undefined,
): Promise<string | undefined> {
  const question = QUESTIONS[id]
  const message = messageOf(question, about)
  if (given !== undefined) return checked(id, given, about)
  if (ask !== undefined && message !== undefined) return (await put(question, message, about, ask)) || undefined
  const suggestion = question.suggest?.(about)
  // What the environment says may not fit into the file.
  if (question.optional && suggestion !== undefined && question.problem?.(suggestion, about) !== undefined)
    return undefined
  if (suggestion !== undefined || question.optional) return suggestion
  throw wrong(id, 'nothing was found that could be taken for it')
}

/** @throws IceError USAGE.wrongUsage that names the flag */
function checked(id: QuestionId, answer: string, about: About): string | undefined {
  const question = QUESTIONS[id]
  if (answer === '' && question.optional) return undefined
  const what = answer === '' ? 'expected an answer that is not empty' : question.problem?.(answer, about)
  if (what !== undefined) throw wrong(id, what)
  return answer
}

async function put(question: Question, message: string, about: About, ask: Asker): Promise<string> {
  const choices = question.choices?.(about) ?? []
  const suggestion = question.suggest?.(about)
  if (question.many && choices.length > 0) return (await ask.checkbox(message, choices)).join(',')
  if (choices.length > 0) {
    const offered = question.closed ? choices : [...choices, { value: '', name: 'another one' }]
    const chosen = await ask.select(message, offered, suggestion)
    if (chosen !== '') return chosen
  }
  // Who wants none of the choices has seen the question already.
  const [words, initial] = choices.length > 0 ? ['Which one?', undefined] : [message, suggestion]
  return ask.text(words, initial, (answer) => {
    if (answer === '') return question.optional ? undefined : 'An answer is needed.'
    const problem = question.problem?.(answer, about)
    return problem && sentence(problem)
  })
}

/** These say where to look, whatever is asked. */
const SERVER = ['vault-address', 'vault-namespace', 'vault-ca-file', 'vault-tls-server-name'] as const

/** A flag that answers nothing that is asked here was meant for something else. */
function refuseStrangers(questions: readonly QuestionId[], given: Answers, about: Interview['about']): void {
  const known = new Set([...questions.map(flagOf), ...SERVER])
  const stranger = Object.keys(given).find((flag) => !known.has(flag as AnswerId))
  if (stranger === undefined) return
  const what = about.template === undefined ? `--add ${about.add.join(' --add ')}` : `--template ${about.template}`
  throw new IceError(USAGE.wrongUsage, {
    message: `--${stranger} means nothing with ${what}.`,
    next: [`Leave it out; with ${what} there are: ${[...known].map((flag) => `--${flag}`).join(', ')}.`],
  })
}

const messageOf = ({ message }: Question, about: About): string | undefined =>
  typeof message === 'function' ? message(about) : message

const wrong = (id: QuestionId, what: string): IceError =>
  new IceError(USAGE.wrongUsage, { message: `--${flagOf(id)}: ${what}.` })

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
