import { setTimeout as pause } from 'node:timers/promises'
import { IceError, USAGE, type CodeRecord } from '../../catalogue/index.js'
import { nearest } from '../../catalogue/nearest.js'
import { createAsker } from '../../doctor/ask.js'
import { CHECKS } from '../../doctor/checks/index.js'
import type { AnyCheck, Scene } from '../../doctor/contract.js'
import { examine } from '../../doctor/examine.js'
import { rootsOf, type Checked, type Roots } from '../../doctor/roots.js'
import { subjectsOf } from '../../doctor/scope.js'
import { subjectsOfPod } from '../../doctor/scope-pod.js'
import type { Subject } from '../../doctor/subject.js'
import { sweepExpired } from '../../doctor/sweep.js'
import { phase } from '../../events/index.js'
import type { Counter } from './counted.js'
import { traced } from './login.js'
import { openScene } from './open.js'
import { typed } from './remedy.js'
import type { DoctorListResult, DoctorOptions, DoctorResult } from './types.js'

/** Between two examinations of --wait, milliseconds: what the servers cache lasts for seconds. */
const AGAIN_MS = 2_000

/** Names what is wrong, with evidence and what mends it. Only reads, unless `probe` allows scratch objects. */
export async function doctor(
  options: DoctorOptions,
  operation: DoctorResult['operation'] = 'doctor',
): Promise<DoctorResult> {
  const began = performance.now()
  const checks = chosen(options)
  const counter: Counter = { calls: 0 }
  const deadline = began + (options.wait ?? 0)
  for (;;) {
    const seen = await once(options, operation, checks, counter)
    const errors = seen.roots.findings.filter(({ severity }) => severity === 'error').length
    const isOver = performance.now() + AGAIN_MS > deadline || options.stop.aborted
    if (errors === 0 || isOver) {
      const { opened, roots, asked, left, trace } = seen
      const findings = await typed(roots.findings, options)
      return {
        operation,
        ...(opened.scene.isWritten && { file: opened.scene.file.name }),
        servers: opened.servers,
        findings,
        checks: roots.checks,
        ...(trace && { trace }),
        open: [...new Set(roots.checks.flatMap(({ writes }) => writes ?? []))],
        summary: summaryOf(roots),
        effort: {
          facts: asked.length,
          calls: counter.calls,
          seconds: seen.seconds,
          chainSeconds: Math.max(0, ...asked.map(({ chainSeconds }) => chainSeconds)),
        },
        left,
        interrupted: options.stop.aborted,
        seconds: (performance.now() - began) / 1000,
      }
    }
    await pause(AGAIN_MS, undefined, { signal: options.stop }).catch(() => undefined)
  }
}

async function once(
  options: DoctorOptions,
  operation: DoctorResult['operation'],
  checks: readonly AnyCheck[],
  counter: Counter,
) {
  const opened = await openScene(options, counter)
  const { scene, stop } = opened
  const began = performance.now()
  const left: string[] = []
  let asker = createAsker(scene)
  const look = async (within: Scene): Promise<{ roots: Roots; subjects: readonly Subject[] }> => {
    const subjects = await phase(options.emit, 'See what there is', () =>
      options.pod === undefined ? subjectsOf(options.scope, within, asker) : subjectsOfPod(options.pod, within, asker),
    )
    const judged = phase(options.emit, 'Examine it', () => examine(subjects, checks, asker, within, stop))
    const [all] = await Promise.all([
      judged,
      within.probe && !stop.aborted ? sweepExpired(subjects, within, asker) : undefined,
    ])
    return { roots: rootsOf(all), subjects }
  }
  try {
    let { roots, subjects } = await look(scene)
    const writes = [...new Set(roots.checks.flatMap((each) => each.writes ?? []))]
    if (!scene.probe && writes.length > 0 && !stop.aborted && (await options.mayProbe?.(writes)) === true) {
      const allowed = withLeave(scene)
      asker = createAsker(allowed, await asker.settled())
      ;({ roots, subjects } = await look(allowed))
    }
    const trace = operation === 'doctor login' ? await traced(subjects, roots, asker) : undefined
    left.push(...(await phase(options.emit, 'Give back what was borrowed', () => scene.borrowed.giveBack())))
    return { opened, roots, trace, asked: asker.asked(), left, seconds: (performance.now() - began) / 1000 }
  } catch (error) {
    for (const what of await scene.borrowed.giveBack())
      options.emit({ type: 'note', level: 'warning', text: `Not given back: ${what}` })
    throw error
  } finally {
    await opened.close()
  }
}

/** The same scene, in which scratch objects may be made. No copy: its servers are opened only when they are needed. */
const withLeave = (scene: Scene): Scene => Object.create(scene, { probe: { value: true } }) as Scene

/** @throws IceError USAGE.wrongUsage where there is no such code */
function chosen({ only, skip }: DoctorOptions): readonly AnyCheck[] {
  const known = CHECKS.flatMap(({ records }) => records.map(({ code }): string => code))
  const unknown = [...only, ...skip].find((code) => !known.includes(code))
  if (unknown !== undefined)
    throw new IceError(USAGE.wrongUsage, {
      message: `Doctor has no check with the code ${JSON.stringify(unknown)}.`,
      next: [`${meant(unknown, known)}icebreaker doctor --list shows all of them.`],
    })
  const has = (check: AnyCheck, codes: readonly string[]): boolean =>
    check.records.some(({ code }) => codes.includes(code))
  return CHECKS.filter((check) => (only.length === 0 || has(check, only)) && !has(check, skip))
}

function meant(code: string, known: readonly string[]): string {
  const near = nearest(code, known)
  return near === undefined ? '' : `Did you mean ${near}? `
}

function summaryOf({ findings, checks }: Roots): DoctorResult['summary'] {
  const severity = (wanted: CodeRecord['severity']): number =>
    findings.filter((each) => each.severity === wanted).length
  const state = (wanted: Checked['state']): number => checks.filter((each) => each.state === wanted).length
  return {
    error: severity('error'),
    warning: severity('warning'),
    info: severity('info'),
    ok: state('ok'),
    problem: state('problem'),
    explained: state('explained'),
    skipped: state('skipped'),
    unknown: state('unknown'),
  }
}

/** Every check there is, without examining anything. */
export function doctorList(): DoctorListResult {
  const rows = CHECKS.flatMap(({ records, subject, wants }) => {
    const probe = Object.values(wants).some((want) => 'writes' in ('maybe' in want ? want.maybe : want))
    return records.map(({ code, severity, title }) => ({ code, severity, title, subject, probe }))
  })
  const distinct = [...new Map(rows.map((row) => [row.code, row])).values()]
  return { operation: 'doctor list', checks: distinct.sort((a, b) => a.code.localeCompare(b.code)) }
}
