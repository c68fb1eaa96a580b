import { IceError, USAGE } from '../../catalogue/index.js'
import type { SecretSource } from '../../secrets/source.js'
import { SOURCE_FORMS } from '../step-fields.js'
import { sourceOf } from './source.js'

/** What a secret is to hold, by key: where each value comes from. */
export type KvData = Readonly<Record<string, SecretSource>>

const wrong = (message: string, next?: string): IceError =>
  new IceError(USAGE.wrongUsage, { message, ...(next !== undefined && { next: [next] }) })

/** `password=env:PW`, `user=literal:app`. @throws IceError USAGE.wrongUsage, which repeats no value */
export function pairsData(pairs: readonly string[]): KvData {
  const data: Record<string, SecretSource> = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const key = pair.slice(0, at)
    if (at < 1) throw wrong('Expected KEY=SOURCE, such as password=env:PGPASSWORD.', FORMS)
    if (Object.hasOwn(data, key)) throw wrong(`The key ${JSON.stringify(key)} is there twice.`)
    data[key] = sourceOf(key, pair.slice(at + 1))
  }
  if (pairs.length === 0) throw wrong('What the secret is to hold is missing: KEY=SOURCE, or - for JSON.', FORMS)
  return data
}

const FORMS = `A SOURCE is one of ${SOURCE_FORMS}; literal:TEXT for what is no secret.`

/** What came on standard input, to be asked for like any other secret. */
export interface GivenData {
  readonly data: KvData
  /** @returns the value that a source of `data` stands for */
  readonly answer: (question: string) => Promise<string>
}

/**
 * A JSON object of texts. No value becomes part of a source: that would be plain text in a plan.
 * @throws IceError USAGE.wrongUsage, which holds nothing of the input but its keys
 */
export function jsonData(text: string): GivenData {
  const values = textsOf(text)
  const answers = new Map(Object.entries(values).map(([key, value]) => [`standard input: ${key}`, value]))
  const data = Object.entries(values).map(([key, value]): [string, SecretSource] => [
    key,
    // What is empty hides nothing, and is no answer to a question.
    value === '' ? { literal: '' } : { prompt: `standard input: ${key}` },
  ])
  return { data: Object.fromEntries(data), answer: (question) => Promise.resolve(answers.get(question) ?? '') }
}

function textsOf(text: string): Readonly<Record<string, string>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong('Standard input is not JSON.', JSON_FORM)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong('Standard input holds no JSON object.', JSON_FORM)
  const entries = Object.entries(value as Readonly<Record<string, unknown>>)
  if (entries.length === 0) throw wrong('The JSON object on standard input is empty.', JSON_FORM)
  const other = entries.find(([key, member]) => key === '' || typeof member !== 'string')
  if (other !== undefined) throw wrong(`The value of ${JSON.stringify(other[0])} is not a text.`, JSON_FORM)
  return Object.fromEntries(entries as [string, string][])
}

const JSON_FORM = 'Expected an object of texts, such as {"username": "app", "password": "…"}.'
