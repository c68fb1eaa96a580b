import { DefaultRenderer, Listr, ListrLogger, ProcessOutput, Spinner, type ListrDefaultRendererLogLevels } from 'listr2'
import { elapsed, shortened } from './text.js'
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

/** listr2 looks at TERM for Unicode, not at the locale. */
class AsciiSpinner extends Spinner {
  protected override readonly spinner = ['-', '\\', '|', '/']
}
const ASCII = { spinner: new AsciiSpinner(), icon: { WAITING: '-', PENDING: '-', OUTPUT: '>', COMPLETED: ' ' } }

/** What listr2 puts before a line: icon, indentation, and a column that it leaves free. */
const MARGIN = 6

/**
 * Opens a display on standard error of what is under way. It is gone when it ends: the result says it all.
 * @param began what `performance.now()` was when the work began
 */
export function openDisplay(title: string, began: number, tracker: Tracker, theme: Theme): Display {
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
            task.title = title + elapsed((performance.now() - began) / 1000, 1)
            const width = (process.stderr.columns || theme.width) - MARGIN
            const lines = [...tracker.lines(LINES), ...(last === undefined ? [] : [last])]
            task.output = lines.map((line) => shortened(theme.finish(line), width, theme.ascii)).join('\n')
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
        ...(theme.ascii && ASCII),
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
