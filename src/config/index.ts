import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { IceError, IceErrors, isIceError, type Origin } from '../catalogue/index.js'
import { bindGrant } from '../kinds/policy.js'
import type { WrittenGrant } from '../policy/index.js'
import type { File } from './file.js'
import { readBeside, readConfigFile } from './load.js'
import { check, checkFlags as checkSchema } from './problems.js'
import { fileSchema } from './schema.js'
import type { Path } from './words.js'
import { parseYaml } from './yaml.js'

export { resolveBeside } from './load.js'
export type { Path } from './words.js'

export interface LoadedConfig {
  readonly file: File
  /** The text of each HCL file that a policy names, by the name that the file uses. */
  readonly texts: Readonly<Record<string, string>>
  /** Where in the file the value stands that these keys lead to. */
  locate(keys: readonly (string | number)[]): Origin | undefined
}

/**
 * Reads and checks icebreaker.yaml with everything that it names. Contacts nothing.
 * @throws IceError, or IceErrors with every mistake and its position; exit code 2
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  return readConfig(path, await readConfigFile(path))
}

/** The same of a text that stands, or is to stand, at the path. */
export async function readConfig(path: string, text: string): Promise<LoadedConfig> {
  const parsed = parseYaml(text, path)
  const file = check(fileSchema, parsed)
  const locate = (keys: readonly (string | number)[]): Origin | undefined => parsed.origin(keys)
  const mistakes = grantMistakes(file).map((error) => positioned(error, locate))
  if (mistakes.length > 0) throw new IceErrors(mistakes)
  const named = Object.entries(file.policies).flatMap(([name, section]) =>
    'file' in section ? [[name, section.file] as const] : [],
  )
  const texts = await Promise.all(
    named.map(
      async ([name, reference]) =>
        [reference, await readBeside(path, reference, locate(['policies', name, 'file']))] as const,
    ),
  )
  return { file, texts: Object.fromEntries(texts), locate }
}

/**
 * Checks a document that flags were made into; see problems.ts.
 * @throws IceErrors, exit code 2
 */
export function checkFlags(document: object, flagFor: (path: Path) => string | undefined): File {
  const file = checkSchema(fileSchema, document, flagFor)
  const mistakes = grantMistakes(file)
  if (mistakes.length > 0) throw new IceErrors(mistakes)
  return file
}

/**
 * The file that a step takes its servers and names from, as it is written: only its form is checked.
 * @param needed whether it was asked for; otherwise there may be none
 */
export async function readBase(path: string, needed: boolean): Promise<{ file: string; value: unknown } | undefined> {
  const file = resolve(path)
  if (!needed && !existsSync(file)) return undefined
  return { file, value: parseYaml(await readConfigFile(path), path).value }
}

/** Grants speak of engines by path, which no schema can check. */
function grantMistakes(file: File): IceError[] {
  const written: (readonly [WrittenGrant, readonly (string | number)[]])[] = [
    ...Object.entries(file.policies).flatMap(([name, section]) =>
      'grants' in section
        ? section.grants.map((grant, index) => [grant, ['policies', name, 'grants', index]] as const)
        : [],
    ),
    ...file.verify.flatMap((entry, at) =>
      (['can', 'cannot'] as const).flatMap((list) =>
        entry[list].map((grant, index) => [grant, ['verify', at, list, index]] as const),
      ),
    ),
  ]
  return written.flatMap(([grant, keys]) => {
    try {
      bindGrant(grant, file, keys)
      return []
    } catch (error) {
      if (isIceError(error)) return [error]
      throw error
    }
  })
}

/** Gives an error that knows its keys their line and column. */
export function positioned(error: IceError, locate: LoadedConfig['locate']): IceError {
  const origin = error.details.from && locate(error.details.from)
  return origin === undefined ? error : new IceError(error.record, { ...error.details, at: origin })
}
