import { mapBounded } from '../http/limit.js'
import { DOCTOR, type CodeRecord, type IceError } from '../catalogue/index.js'
import type { Asker } from './ask.js'
import type { AnyCheck, Fact, Known, Maybe, Problem, Scene } from './contract.js'
import type { Subject } from './subject.js'

/** What came of one check of one subject, before it is known what explains what. */
export interface Judged {
  readonly check: AnyCheck
  readonly subject: Subject
  readonly problems: readonly (Problem & { readonly record: CodeRecord })[]
  /** Undefined: it was judged. */
  readonly unknown?: { readonly why: string; readonly because?: IceError }
  /** What it would take to judge it, for people. */
  readonly writes?: string
  /** How old at most what it was judged by is, milliseconds. */
  readonly staleForMs: number
}

/** Judges every subject by every check of its kind, side by side. */
export async function examine(
  subjects: readonly Subject[],
  checks: readonly AnyCheck[],
  asker: Asker,
  scene: Scene,
  stop: AbortSignal,
): Promise<readonly Judged[]> {
  const pairs = subjects.flatMap((subject) =>
    checks
      .filter((check) => check.subject === subject.kind && (check.applies?.(subject, scene) ?? true))
      .map((check) => ({ subject, check })),
  )
  return mapBounded(pairs, ({ subject, check }) =>
    stop.aborted ? Promise.resolve(stopped(subject, check)) : judgeOne(subject, check, asker, scene),
  )
}

const stopped = (subject: Subject, check: AnyCheck): Judged => ({
  check,
  subject,
  problems: [],
  unknown: { why: 'It was stopped before this.' },
  staleForMs: 0,
})

async function judgeOne(subject: Subject, check: AnyCheck, asker: Asker, scene: Scene): Promise<Judged> {
  const wanted = await Promise.all(
    Object.entries(check.wants).map(async ([name, want]) => {
      const isMaybe = 'maybe' in want
      const known = await asker.know(factOf(want) as Fact<Subject>, subject)
      return { name, isMaybe, known }
    }),
  )
  const base = { check, subject, staleForMs: Math.max(0, ...wanted.map(({ known }) => staleness(known))) }
  const lacking = wanted.find(({ isMaybe, known }) => !isMaybe && !known.known)?.known
  if (lacking !== undefined && !lacking.known) {
    const { why } = lacking
    const isUnprobed = why.code === DOCTOR.notProbed.code
    return {
      ...base,
      problems: [],
      unknown: { why: why.message, because: why },
      ...(isUnprobed && { writes: why.message }),
    }
  }
  const given = Object.fromEntries(
    wanted.map(({ name, isMaybe, known }) => [name, isMaybe || !known.known ? known : known.value]),
  )
  const verdict = check.judge(subject, given, scene)
  if ('unknown' in verdict) return { ...base, problems: [], unknown: { why: verdict.unknown } }
  return { ...base, problems: verdict.map((problem) => ({ ...problem, record: problem.record ?? check.records[0] })) }
}

const factOf = (want: Fact | Maybe): Fact => ('maybe' in want ? want.maybe : want)

const staleness = (known: Known<unknown>): number => (known.known ? known.staleForMs : 0)
