import { DefaultRenderer, Listr, ListrLogger, ProcessOutput, type ListrDefaultRendererLogLevels } from 'listr2'
import type { Theme } from './theme.js'
import type { Tracker } from './tracker.js'

/** So many lines at most, whatever runs. */
const LINES = 10
const TICK_MS = 1000

export interface Display {
  readonly update: (note?: string) => void
  end(): Promise<void>
  /** Gives the terminal back at once. */
  abandon(): void
}

/** Opens a display on standard error of what is under way. It is gone when it ends: the result says it all. */
export function openDisplay(title: string, tracker: Tracker, theme: Theme): Display {
  const output = new ProcessOutput(process.stderr, process.stderr)
  const { promise: over, resolve: finish } = Promise.withResolvers<undefined>()
  let last: string | undefined
  let draw = (): void => undefined
  const list = new Listr(
    [
      {
        title,
        task: (_, task) => {
          draw = () => {
            const lines = [...tracker.lines(LINES), ...(last === undefined ? [] : [last])]
            task.output = theme.finish(lines.join('\n'))
          }
          draw()
          return over
        },
        rendererOptions: { outputBar: 1 },
      },
    ],
    {
      renderer: DefaultRenderer,
      // Signals are the command's affair; listr2 would end the process with 127.
      registerSignalListeners: false,
      rendererOptions: {
        clearOutput: true,
        formatOutput: 'truncate',
        logger: new ListrLogger<ListrDefaultRendererLogLevels>({ processOutput: output }),
      },
    },
  )
  const shown = list.run()
  const clock = setInterval(() => draw(), TICK_MS).unref()
  return {
    update(note) {
      if (note !== undefined) last = note
      draw()
    },
    async end() {
      clearInterval(clock)
      finish(undefined)
      await shown
    },
    abandon: () => output.release(),
  }
}
