import { constants } from 'node:os'
import { IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import type { View } from '../../views/index.js'

// A closed terminal (SIGHUP) must not leave behind what a run borrowed any more than Ctrl-C does.
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type StopSignal = (typeof SIGNALS)[number]

export interface Stop {
  /** Aborted by the first signal; its reason is an error that says so. */
  readonly signal: AbortSignal
  /** 130 after Ctrl-C, 143 after SIGTERM; undefined where no signal came. */
  exitCode(): number | undefined
  /** The same as a signal from elsewhere: a prompt reads Ctrl-C by itself. */
  stop(signal: StopSignal): void
  dispose(): void
}

/** The first signal asks to finish what is running; the second ends the process. */
export function stopOnSignals(view: View): Stop {
  const controller = new AbortController()
  let first: StopSignal | undefined
  const stop = (signal: StopSignal): void => {
    first = signal
    controller.abort(new IceError(USAGE.stopped, { message: `Stopped by ${signal}.` }))
  }
  const receive = (signal: StopSignal): void => {
    if (first !== undefined) {
      view.leaving(signal)
      process.exit(exitCodeOf(signal))
    }
    view.stopping(signal)
    stop(signal)
  }
  for (const signal of SIGNALS) process.on(signal, receive)
  return {
    signal: controller.signal,
    exitCode: () => first && exitCodeOf(first),
    stop,
    dispose: () => SIGNALS.forEach((signal) => process.off(signal, receive)),
  }
}

const exitCodeOf = (signal: StopSignal): number => 128 + constants.signals[signal]
