import type { File } from '../config/file.js'
import { phase } from '../events/index.js'
import type { Io } from '../kinds/contract.js'
import { borrow, sweep } from './borrow.js'
import { createProber, skipped, type ProbeResult } from './probe.js'
import { namespacesOf, subjectsOf, type Selection } from './subjects.js'
import { verifySubject } from './verify-subject.js'

export type { ProbeResult, Verdict } from './probe.js'

export interface VerifyResult {
  readonly probes: readonly ProbeResult[]
  /** What verify got and could not give back. */
  readonly left: readonly string[]
}

export interface VerifyOptions extends Selection {
  readonly positiveOnly: boolean
  /** How long a first login may go on being refused: caches and informers follow a fresh apply with some delay. Milliseconds. */
  readonly patience: number
  readonly stop: AbortSignal
}

/**
 * Proves the trust as the workloads: what the file allows must work, what it does not must be refused.
 * @throws IceError VERIFY.unknownRole
 */
export async function runVerify(file: File, io: Io, options: VerifyOptions): Promise<VerifyResult> {
  const { subjects, unnamed } = subjectsOf(file, options)
  const { positiveOnly, stop } = options
  const prober = createProber(io, stop)
  const borrowed = borrow(io, file.name)
  const run = { io, prober, borrowed, positiveOnly, stop, deadline: Date.now() + options.patience }

  // Nothing is given back before everything has ended: what is still under way may yet get something.
  const ends = await Promise.allSettled([
    ...unnamed.map(({ cluster, role }) =>
      prober.probe({ name: `${cluster}: role ${role}`, cluster, role }, () =>
        Promise.resolve(skipped('its bindings name no account; name one under `verify`')),
      ),
    ),
    ...subjects.map((subject) => verifySubject(run, subject)),
    ...(stop.aborted ? [] : [...namespacesOf(subjects)].map(([cluster, namespaces]) => sweep(io, cluster, namespaces))),
  ])
  const left = await phase(io.emit, 'Give back what was borrowed', () => borrowed.giveBack())

  const broken = ends.find((end) => end.status === 'rejected')
  if (broken !== undefined) {
    for (const what of left) io.emit({ type: 'note', level: 'warning', text: `Not given back: ${what}` })
    throw broken.reason
  }
  return { probes: prober.results.toSorted((a, b) => (a.name < b.name ? -1 : 1)), left }
}
