import type { CodeRecord, Severity } from '../catalogue/index.js'
import type { Remedy } from './contract.js'
import type { Judged } from './examine.js'
import { addressOf, areRelated } from './subject.js'

/** Something that is not as it must be, with what mends it. */
export interface Finding {
  readonly code: CodeRecord['code']
  readonly severity: Severity
  readonly title: string
  /** What it was found at: `vault:auth/demo/role/app`. */
  readonly subject: string
  readonly message: string
  readonly evidence: Readonly<Record<string, string | number | boolean>>
  readonly remedy: Remedy
  /** Codes of what is the matter only because of this. */
  readonly consequences: readonly CodeRecord['code'][]
  /** What it was judged by may be so old, milliseconds; 0: it was seen just now. */
  readonly staleForMs: number
  readonly at?: readonly (string | number)[]
}

/** One check of one subject. */
export interface Checked {
  readonly codes: readonly CodeRecord['code'][]
  readonly subject: string
  /** explained: it is a consequence of a finding. skipped: a finding kept it from being judged. */
  readonly state: 'ok' | 'problem' | 'explained' | 'skipped' | 'unknown'
  /** The code that explains it, or keeps it from being judged. */
  readonly because?: string
  readonly why?: string
  /** What would have to be made to judge it, for people. */
  readonly writes?: string
}

export interface Roots {
  /** Root causes, the gravest first. */
  readonly findings: readonly Finding[]
  readonly checks: readonly Checked[]
}

type Found = Judged['problems'][number] & { readonly judged: Judged }

/**
 * Parts root causes from their consequences: one fault yields one error. What could not be judged because of a finding is
 * skipped with its code; what nobody explains stays unknown. Pure.
 */
export function rootsOf(all: readonly Judged[]): Roots {
  const found: readonly Found[] = all.flatMap((judged) => judged.problems.map((problem) => ({ ...problem, judged })))
  const errors = found.filter((problem) => severityOf(problem) === 'error')
  const explainerOf = (problem: Found): Found | undefined =>
    errors.find((cause) => cause !== problem && explains(cause, problem.record.code, problem.judged, problem))
  const causes = new Map(found.map((problem) => [problem, explainerOf(problem)]))
  const roots = found.filter((problem) => causes.get(problem) === undefined || isInCircle(problem, causes))
  const checks = all.map((judged) => checkedOf(judged, errors, causes, roots))
  return { findings: distinct(roots.map((root) => findingOf(root, causes))).sort(gravestFirst), checks }
}

const severityOf = ({ severity, record }: Found): Severity => severity ?? record.severity

function explains(
  cause: Found,
  code: CodeRecord['code'],
  consequence: Judged,
  { restsOn = [], because = [] }: Pick<Found, 'restsOn' | 'because'> = {},
): boolean {
  // Of several that one check finds at one subject none is the cause of another.
  if (cause.judged === consequence) return false
  const { check, subject } = cause.judged
  const isNamed = [code, ...(consequence.check.alike ?? [])].some((one) => check.explains?.includes(one))
  if (!isNamed && !because.includes(cause.record.code)) return false
  return areRelated(subject, consequence.subject) || restsOn.includes(addressOf(subject))
}

/** Two that explain each other: the first one is told. */
function isInCircle(problem: Found, causes: ReadonlyMap<Found, Found | undefined>): boolean {
  const seen: Found[] = [problem]
  for (let at = causes.get(problem); at !== undefined; at = causes.get(at)) {
    if (at === problem) return [...causes.keys()].find((each) => seen.includes(each)) === problem
    if (seen.includes(at)) return false
    seen.push(at)
  }
  return false
}

/** What explains it, and is itself explained by nothing that has not been passed. */
function rootOf(problem: Found, causes: ReadonlyMap<Found, Found | undefined>): Found {
  const passed = new Set([problem])
  for (let at = problem; ;) {
    const next = causes.get(at)
    if (next === undefined || passed.has(next)) return at
    passed.add(next)
    at = next
  }
}

function checkedOf(
  judged: Judged,
  errors: readonly Found[],
  causes: ReadonlyMap<Found, Found | undefined>,
  roots: readonly Found[],
): Checked {
  const { check, subject, problems, unknown, writes } = judged
  const codes = check.records.map(({ code }) => code)
  const base = { codes, subject: addressOf(subject) }
  if (unknown !== undefined) {
    const { why, because } = unknown
    const cause = errors.find(
      (error) => error.record.code === because?.code || codes.some((code) => explains(error, code, judged)),
    )
    if (cause !== undefined) return { ...base, state: 'skipped', because: rootOf(cause, causes).record.code, why }
    return { ...base, state: 'unknown', ...(because && { because: because.code }), why, ...(writes && { writes }) }
  }
  if (problems.length === 0) return { ...base, state: 'ok' }
  if (roots.some((root) => root.judged === judged)) return { ...base, state: 'problem' }
  const own = [...causes].find(([problem]) => problem.judged === judged)
  return { ...base, state: 'explained', ...(own?.[1] && { because: own[1].record.code }) }
}

function findingOf(root: Found, causes: ReadonlyMap<Found, Found | undefined>): Finding {
  const { record, message, evidence = {}, remedy, at, judged } = root
  const consequences = [...causes].filter(([, cause]) => cause === root).map(([problem]) => problem.record.code)
  return {
    code: record.code,
    severity: severityOf(root),
    title: record.title,
    subject: addressOf(judged.subject),
    message,
    evidence,
    remedy,
    consequences: [...new Set(consequences)].sort(),
    staleForMs: judged.staleForMs,
    ...(at && { at }),
  }
}

/** The same thing seen from two subjects is told once. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((each) => [`${each.code} ${each.subject} ${each.message}`, each])).values()]
}

const GRAVITY: readonly Severity[] = ['error', 'warning', 'info']

const gravestFirst = (a: Finding, b: Finding): number =>
  GRAVITY.indexOf(a.severity) - GRAVITY.indexOf(b.severity) || a.code.localeCompare(b.code)
