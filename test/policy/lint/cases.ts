import type { Case } from './case.js'
import { MEANING_CASES } from './meaning-cases.js'
import { PATH_CASES } from './path-cases.js'
import { TEXT_CASES } from './text-cases.js'

export { FACTS, MOUNTS, p, type Case } from './case.js'

/** For every rule what it finds, and what it must let pass. */
export const CASES: readonly Case[] = [...TEXT_CASES, ...PATH_CASES, ...MEANING_CASES]
