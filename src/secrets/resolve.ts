import { randomInt } from 'node:crypto'
import { resolve as resolvePath } from 'node:path'
import { FILE, IceError, type CodeRecord } from '../catalogue/index.js'
import { Secret } from './secret.js'
import { readSmallFile } from './small-file.js'
import type { SecretSource } from './source.js'

/** Opens sources when their value is written; the same source is asked for once in a run. */
export interface SecretResolver {
  /**
   * A literal comes as it is, everything else as a Secret. `generate` gives a new value at every call: that a value is
   * generated only once, at creation, is the business of the kind that writes it.
   * @throws IceError FILE.secret…; it never holds the value
   */
  resolve(source: SecretSource): Promise<Secret | string>
}

export interface ResolverOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder of the file that holds the sources: relative paths begin there. */
  readonly baseDir: string
  /** @returns undefined where there is no such Secret or key; cluster undefined: the file's first cluster. */
  readonly readKubernetesSecret: (
    cluster: string | undefined,
    namespace: string,
    name: string,
    key: string,
  ) => Promise<Secret | undefined>
  /** Asks without echo; absent where there is no terminal. */
  readonly prompt?: (question: string) => Promise<string>
}

export function createResolver(options: ResolverOptions): SecretResolver {
  const asked = new Map<string, Promise<Secret | string>>()
  const prompt = oneAtATime(options.prompt)

  function open(source: SecretSource): Promise<Secret | string> | Secret | string {
    if ('literal' in source) return source.literal
    if ('generate' in source) return new Secret(generate(source.generate.length))
    if ('env' in source) return fromEnvironment(source.env, options.env)
    if ('file' in source) return fromFile(source.file, options.baseDir)
    if ('prompt' in source) return fromOperator(source.prompt, prompt)
    return fromKubernetes(source.kubernetes, options.readKubernetesSecret)
  }

  return {
    async resolve(source) {
      if ('generate' in source) return open(source)
      // The schema puts keys in one order, so equal sources have equal JSON.
      const key = JSON.stringify(source)
      const answer = asked.get(key) ?? Promise.resolve(open(source))
      asked.set(key, answer)
      return answer
    },
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Letters and digits, 5.95 bits of entropy each: 190 bits for the usual 32, 47 for the least that is allowed (8). */
function generate(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

function fromEnvironment(name: string, env: ResolverOptions['env']): Secret {
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (value === undefined) throw fail(FILE.secretNotInEnvironment, `The environment variable ${name} is not set.`)
  if (value === '') throw fail(FILE.secretNotInEnvironment, `The environment variable ${name} is empty.`)
  return new Secret(value)
}

async function fromFile(path: string, baseDir: string): Promise<Secret> {
  const full = resolvePath(baseDir, path)
  const file = await readSmallFile(full)
  if ('problem' in file) throw fail(FILE.secretFileUnreadable, `The secret file ${full} ${file.problem}.`)
  const value = file.text.replace(/\r?\n$/, '')
  if (value === '') throw fail(FILE.secretFileUnreadable, `The secret file ${full} is empty.`)
  return new Secret(value)
}

async function fromOperator(question: string, prompt: ResolverOptions['prompt']): Promise<Secret> {
  const what = JSON.stringify(question)
  if (prompt === undefined) {
    throw fail(FILE.secretNotAsked, `The file asks for ${what}, but there is no terminal to ask at.`)
  }
  const answer = await prompt(question)
  if (answer === '') throw fail(FILE.secretNotAsked, `The answer to ${what} was empty.`)
  return new Secret(answer)
}

async function fromKubernetes(
  { secret, key, cluster }: Extract<SecretSource, { kubernetes: unknown }>['kubernetes'],
  read: ResolverOptions['readKubernetesSecret'],
): Promise<Secret> {
  const [namespace = '', name = ''] = secret.split('/')
  const found = await read(cluster, namespace, name, key)
  if (found === undefined) {
    const where = cluster === undefined ? '' : ` of cluster ${cluster}`
    throw fail(FILE.secretNotInCluster, `There is no key ${JSON.stringify(key)} in the Secret ${secret}${where}.`)
  }
  return found
}

function fail(record: CodeRecord, message: string): IceError {
  return new IceError(record, { message })
}

/** Objects are written side by side, but a terminal can ask only one question at a time. */
function oneAtATime(prompt: ResolverOptions['prompt']): ResolverOptions['prompt'] {
  if (prompt === undefined) return undefined
  let last: Promise<unknown> = Promise.resolve()
  return (question) => {
    const answer = last.then(() => prompt(question))
    last = answer.catch(() => undefined)
    return answer
  }
}
