import { basename, dirname, isAbsolute, relative, resolve } from 'node:path'
import { APPLY, IceError, isIceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import { readConfig } from '../../config/index.js'
import type { File } from '../../config/file.js'
import type { Asker } from '../options.js'
import { additionsFor, questionsFor } from './additions.js'
import { draft } from './draft.js'
import { extend } from './extend.js'
import { interview, requireAnswers, requireSound, type Interview } from './interview.js'
import { settingsFor } from './look-vault.js'
import { QUESTIONS } from './questions.js'
import { createSight, type Sight } from './sight.js'
import { partsOf, TEMPLATES } from './templates.js'
import {
  ADDABLE,
  TEMPLATE_NAMES,
  type Addable,
  type Answers,
  type Facts,
  type InitOptions,
  type InitResult,
  type QuestionId,
  type TemplateName,
} from './types.js'
import { variablesFor } from './variables.js'
import { existingText, fileExists, replaceText, requirePlace, writeNew } from './write.js'

export type { InitOptions, InitResult } from './types.js'

/** A file that nobody writes: only shown. */
const NOWHERE = '-'

/**
 * Makes an icebreaker.yaml from a template and from what is seen of both servers, or adds to one that is there. Writes
 * nothing to a server, and goes on without one that is away.
 * @throws IceError USAGE.fileExists, USAGE.nobodyToAsk, USAGE.wrongUsage, USAGE.fileNotWritten; APPLY.declined
 */
export async function init(options: InitOptions): Promise<InitResult> {
  const add = requireAddable(options.add)
  const before = options.out === NOWHERE ? undefined : await existingText(options.out)
  if (before === undefined) return begin(options)
  return addTo(before, add, options)
}

async function begin(options: InitOptions): Promise<InitResult> {
  const { out, yes, ask, dryRun } = options
  if (options.add.length > 0) throw nothingToAddTo(out)
  if (out !== NOWHERE && !dryRun) await requirePlace(out)
  const template = options.template ?? (yes || ask === undefined ? 'web-app' : await chooseTemplate(ask))
  const { questions } = TEMPLATES[template]
  const about = aboutOf(options, template)
  const asked = { questions, given: options.given, about }
  if (ask === undefined && !yes) requireAnswers(asked, options.template === undefined ? ['--template'] : [])
  requireSound(asked)
  const sight = createSight(options, undefined)
  try {
    const answers = await interview(interviewOf(options, questions, about, sight))
    const facts = await sight.look(needsOf(questions), answers)
    const { text, assumed } = draft({ template, parts: await partsOf(template), answers: beside(out, answers), facts })
    await readConfig(out === NOWHERE ? 'icebreaker.yaml' : out, text)
    const isWritten = out !== NOWHERE && !dryRun
    if (isWritten) await writeNew(out, text)
    const state = isWritten ? 'written' : 'shown'
    return {
      operation: 'init',
      state,
      file: out,
      template,
      added: [],
      assumed,
      variables: variablesFor(options, answers),
      yaml: text,
    }
  } finally {
    await sight.close()
  }
}

async function addTo(before: string, wanted: readonly Addable[], options: InitOptions): Promise<InitResult> {
  const { out, given, yes, ask, dryRun, template } = options
  if (template !== undefined || (wanted.length === 0 && (ask === undefined || yes))) throw fileExists(out)
  const { file } = await readConfig(out, before)
  const add = wanted.length === 0 && ask !== undefined ? await chooseAdditions(ask) : wanted
  const questions = questionsFor(add)
  const about = { ...aboutOf(options, undefined, file), add }
  if (ask === undefined && !yes) requireAnswers({ questions, given, about }, dryRun ? [] : ['--yes'])
  requireSound({ questions, given, about })
  const sight = createSight(options, file)
  try {
    const answers = await interview(interviewOf(options, questions, about, sight))
    const facts = await sight.look(needsOf(questions), answers)
    const additions = additionsFor({ add, answers, facts, file })
    const text = extend(before, additions)
    await readConfig(out, text)
    const proposal: InitResult = {
      operation: 'init',
      state: 'proposed',
      file: out,
      added: additions.map(({ section, key, value }) => `${section}.${key ?? String(value)}`),
      assumed: additions.flatMap(({ section, key = '', checks }) =>
        checks.map((why) => ({ at: `${section}.${key}`, why })),
      ),
      variables: variablesFor(options, answers),
      yaml: text,
      before,
    }
    if (dryRun) return { ...proposal, state: 'shown' }
    if (!yes && !(await options.confirm(proposal))) {
      throw new IceError(APPLY.declined, { message: `${out} was left as it is.` })
    }
    await replaceText(out, before, text)
    return { ...proposal, state: 'written' }
  } finally {
    await sight.close()
  }
}

/** @throws IceError USAGE.wrongUsage */
function requireAddable(words: readonly string[]): readonly Addable[] {
  const wrong = words.find((word) => !ADDABLE.some((each) => each === word))
  if (wrong === undefined) return ADDABLE.filter((each) => words.includes(each))
  throw new IceError(USAGE.wrongUsage, {
    message: `--add: expected one of ${ADDABLE.join(', ')}, not ${JSON.stringify(wrong)}.`,
  })
}

function nothingToAddTo(out: string): IceError {
  return new IceError(USAGE.wrongUsage, {
    message: out === NOWHERE ? '--add needs a file to add to.' : `--add: there is no file ${out} to add to.`,
    next: ['Leave --add out to begin a new file, or name the file with --out.'],
  })
}

async function chooseTemplate(ask: Asker): Promise<TemplateName> {
  const choices = TEMPLATE_NAMES.map((name) => ({
    value: name,
    name: `${name}: ${TEMPLATES[name].title}`,
    short: name,
  }))
  return (await ask.select('What is to get its secrets from Vault?', choices, 'web-app')) as TemplateName
}

async function chooseAdditions(ask: Asker): Promise<readonly Addable[]> {
  const choices = ADDABLE.map((name) => ({ value: name, name }))
  return (await ask.checkbox('The file is there. What shall be added to it?', choices)) as readonly Addable[]
}

function aboutOf(options: InitOptions, template: TemplateName | undefined, file?: File): Interview['about'] {
  const folder = basename(options.out === NOWHERE ? process.cwd() : dirname(resolve(options.out)))
  return { template, add: [], file, folder, vault: vaultOf(options) }
}

/** What flags and the environment say of Vault; nothing where they say what cannot be. */
function vaultOf({ given, tokenFile }: InitOptions): Interview['about']['vault'] {
  try {
    const { address, namespace } = settingsFor({ given, tokenFile }, {})
    return { address, namespace }
  } catch (error) {
    if (isIceError(error)) return {}
    throw error
  }
}

function interviewOf(
  { yes, ask, given }: InitOptions,
  questions: readonly QuestionId[],
  about: Interview['about'],
  sight: Sight,
): Interview {
  const look: Interview['look'] = (needs, answers) => sight.look(needs, answers)
  return { questions, given, ask: yes ? undefined : ask, about, look }
}

const needsOf = (questions: readonly QuestionId[]): readonly (keyof Facts)[] => [
  ...new Set(questions.flatMap((id) => QUESTIONS[id].needs ?? [])),
]

/** A path that was typed starts here; one in a file starts at the file. */
function beside(out: string, answers: Answers): Answers {
  const caFile = answers['vault-ca-file']
  if (caFile === undefined || isAbsolute(caFile) || out === NOWHERE) return answers
  return { ...answers, 'vault-ca-file': relative(dirname(resolve(out)), resolve(caFile)) }
}
