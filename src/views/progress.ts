import type { IceEvent } from '../events/index.js'
import type { Display } from './live.js'
import type { Note } from './renderer.js'
import { duration, wrap } from './text.js'
import type { Environment, Output, Theme } from './theme.js'
import { subjectOf, type Tracker } from './tracker.js'

/** What the operator sees on standard error while an operation runs. */
export interface Progress {
  /** Work begins, or goes on after a rest: where nothing is heard of it for a while, at least that it lasts is shown. */
  begin(): void
  show(event: IceEvent): void
  /** Takes everything off the screen that moves; the next event may bring it back. */
  rest(): Promise<void>
  /** Undoes, at once, what would stay in the terminal after the process. */
  abandon(): void
}

/** Something that moves is only for a terminal that somebody looks at, and whose size is known. */
export function isLive(stderr: Output, env: Environment): boolean {
  return stderr.isTTY === true && stderr.columns !== 0 && !env['CI'] && env['TERM'] !== 'dumb'
}

/** Nothing: where the events themselves are the output. */
export const silent: Progress = {
  begin: () => undefined,
  show: () => undefined,
  rest: () => Promise.resolve(),
  abandon: () => undefined,
}

/** Milliseconds. */
export interface Pace {
  /** After so long a step is announced although it has not ended. */
  readonly announce: number
  /** After so long without a line one says that the work goes on; then each time after so long. */
  readonly silence: number
  readonly again: number
}

const PACE: Pace = { announce: 2000, silence: 5000, again: 30_000 }

/** One plain line for each object, probe and step; another one before it for a step that takes long. */
export function plainProgress(tell: (text: string) => void, theme: Theme, title: string, pace = PACE): Progress {
  const pending = new Map<string, NodeJS.Timeout>()
  const began = performance.now()
  let silence: NodeJS.Timeout | undefined
  const listen = (wait: number): void => {
    clearTimeout(silence)
    silence = setTimeout(() => {
      tell(`${title}: at work for ${duration((performance.now() - began) / 1000)} …\n`)
      listen(pace.again)
    }, wait).unref()
  }
  const write = (text: string): void => {
    tell(text)
    if (silence !== undefined) listen(pace.silence)
  }
  return {
    begin: () => listen(pace.silence),
    show(event) {
      if (event.type === 'note') return write(noteText(event, theme))
      if (event.type !== 'step') {
        if (event.state !== 'started') write(`${endLine(event, theme)}\n`)
        return
      }
      const { id, title, state, minor } = event
      if (state === 'started') {
        const announce = (): void => {
          pending.delete(id)
          write(`${title} …\n`)
        }
        pending.set(id, setTimeout(announce, pace.announce).unref())
        return
      }
      const isShort = pending.has(id)
      clearTimeout(pending.get(id))
      pending.delete(id)
      if (minor !== true || !isShort) write(`${endLine(event, theme)}\n`)
    },
    rest() {
      clearTimeout(silence)
      silence = undefined
      return Promise.resolve()
    },
    abandon: () => clearTimeout(silence),
  }
}

function endLine(event: Exclude<IceEvent, { type: 'note' }>, theme: Theme): string {
  const words = {
    started: '',
    done: theme.good('done'),
    passed: theme.good('ok'),
    failed: theme.bad('FAILED'),
    unknown: theme.bad('UNKNOWN'),
    skipped: theme.warn('skipped'),
  }
  const why = event.type === 'object' ? event.reason : event.detail
  const took = event.seconds === undefined || event.state === 'skipped' ? '' : ` (${duration(event.seconds)})`
  return `${subjectOf(event)}: ${words[event.state]}${took}${why === undefined || event.state === 'passed' ? '' : `: ${why}`}`
}

function noteText({ level, code, text, address }: Note, theme: Theme): string {
  const head = level === 'warning' ? `Warning${code === undefined ? '' : ` ${code}`}: ` : ''
  const about = address === undefined || text.includes(address) ? '' : ` (${address})`
  const lines = wrap(`${head}${text}${about}`, theme.width)
  return `${lines.map((line) => (level === 'warning' ? theme.warn(line) : line)).join('\n')}\n`
}

/** Nobody looks at a display that is gone within a second. Milliseconds. */
const MOMENT = 1000

/**
 * A display that moves, loaded when the first event comes, or when a second has passed without one; notes are written for
 * good when it is taken off.
 */
export function liveProgress(write: (text: string) => void, theme: Theme, title: string, tracker: Tracker): Progress {
  const began = performance.now()
  let display: Promise<Display> | undefined
  let opened: Display | undefined
  let ending = Promise.resolve()
  let moment: NodeJS.Timeout | undefined
  const notes: Note[] = []
  const open = async (): Promise<Display> => {
    const { openDisplay } = await import('./live.js')
    opened = openDisplay(title, began, tracker, theme)
    return opened
  }
  const show = (text?: string): void => {
    clearTimeout(moment)
    display ??= ending.then(open)
    void display.then(({ update }) => update(text))
  }
  const rest = async (): Promise<void> => {
    clearTimeout(moment)
    const shown = display
    display = undefined
    // Two displays at once would draw over each other.
    ending = ending.then(async () => {
      await (await shown)?.end()
      opened = undefined
    })
    await ending
    for (const note of notes.splice(0)) write(noteText(note, theme))
  }
  return {
    begin() {
      clearTimeout(moment)
      moment = setTimeout(show, MOMENT).unref()
    },
    show(event) {
      if (event.type === 'note') notes.push(event)
      // What is mostly over in a moment waits for the moment.
      if (event.type === 'step' && event.minor === true && display === undefined) return
      show(event.type === 'note' ? event.text : undefined)
    },
    rest,
    abandon: () => opened?.abandon(),
  }
}
