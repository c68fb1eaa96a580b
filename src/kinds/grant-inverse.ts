import { isIceError } from '../catalogue/index.js'
import { parseGrant, readCanonical, renderPolicy, sum, type PathRule, type WrittenGrant } from '../policy/index.js'
import type { Engine, EngineType, Verb } from './engine.js'
import { engineTypes } from './engines/index.js'
import { compileGrant } from './policy.js'

/** The engines that grants may speak of, as the file has them. */
export type Engines = Parameters<typeof compileGrant>[1]['engines']

/**
 * The inverse of compiling grants: those that make exactly this text, letter for letter; undefined where none do. So a
 * policy that somebody wrote by hand stays as he wrote it. Pure.
 */
export function grantsOf(text: string, engines: Engines): readonly WrittenGrant[] | undefined {
  const rules = readCanonical(text.endsWith('\n') ? text : `${text}\n`)
  if (rules === undefined || rules.length === 0) return undefined
  const found = Object.entries(engines).flatMap(([mount, section]) => {
    const type = Object.hasOwn(engineTypes, section.type) ? engineTypes[section.type] : undefined
    return type === undefined ? [] : grantsIn({ mount, section }, type, rules)
  })
  const fitting = found.flatMap((grant) => {
    const made = compiled(grant, engines)
    return made !== undefined && made.every((rule) => isAllowed(rule, rules)) ? [{ grant, made }] : []
  })
  const isSame = (grants: typeof fitting): boolean =>
    grants.length > 0 && renderPolicy(sum(grants.flatMap(({ made }) => made))).trim() === text.trim()
  if (!isSame(fitting)) return undefined
  // Verbs that mean the same (deletions in KV version 1), and what a broader grant brings along: the first stays.
  const fewest = fitting.toReversed().reduce((left, one) => {
    const without = left.filter((other) => other !== one)
    return isSame(without) ? without : left
  }, fitting)
  return fewest.map(({ grant }) => grant)
}

/** Stands for the rest of a path, to see where a verb puts it. */
const REST = 'icebreaker-rest'

/** Every grant of an engine one of whose paths is among the rules'. */
function grantsIn(engine: Engine, type: EngineType, rules: readonly PathRule[]): WrittenGrant[] {
  return Object.entries(type.verbs).flatMap(([name, verb]) => {
    const fromPaths = rules.flatMap(({ path }) => restOf(path, engine, verb))
    return [...new Set([...fromPaths, ...type.names(engine)])].map((rest) =>
      written(name, type.type, engine.mount, rest),
    )
  })
}

function restOf(path: string, engine: Engine, verb: Verb): string[] {
  if (verb.mountItself === true && verb.rules(engine, '')[0]?.path === path) return ['']
  const [shape = ''] = verb.rules(engine, REST).map((rule) => rule.path)
  const [before = '', after = ''] = shape.split(REST)
  const fits = path.startsWith(before) && path.endsWith(after) && path.length > before.length + after.length
  return fits ? [path.slice(before.length, path.length - after.length)] : []
}

/** As people write it, where it can be read again. */
function written(verb: string, engine: string, mount: string, path: string): WrittenGrant {
  const target = path === '' ? mount : `${mount}/${path}`
  const short = `${verb} ${engine} ${target}`
  const read = parseGrant(short, { [engine]: [verb] })
  return 'ok' in read && read.ok.target === target ? short : { verb, engine, mount, path }
}

function compiled(grant: WrittenGrant, engines: Engines): readonly PathRule[] | undefined {
  try {
    return compileGrant(grant, { engines }, [])
  } catch (error) {
    if (isIceError(error)) return undefined
    throw error
  }
}

const isAllowed = ({ path, capabilities }: PathRule, rules: readonly PathRule[]): boolean => {
  const rule = rules.find((each) => each.path === path)
  return rule !== undefined && capabilities.every((capability) => rule.capabilities.includes(capability))
}
