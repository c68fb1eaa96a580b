import type { IceEvent } from '../events/index.js'
import type { Display } from './live.js'
import type { Note } from './renderer.js'
import { duration, wrap } from './text.js'
import type { Environment, Output, Theme } from './theme.js'
import { subjectOf, type Tracker } from './tracker.js'

/** What the operator sees on standard error while an operation runs. */
export interface Progress {
  show(event: IceEvent): void
  /** Takes everything off the screen that moves; the next event may bring it back. */
  rest(): Promise<void>
  /** Undoes, at once, what would stay in the terminal after the process. */
  abandon(): void
}

/** Something that moves is only for a terminal that somebody looks at. */
export function isLive(stderr: Output, env: Environment): boolean {
  return stderr.isTTY === true && !env['CI'] && env['TERM'] !== 'dumb'
}

/** Nothing: where the events themselves are the output. */
export const silent: Progress = { show: () => undefined, rest: () => Promise.resolve(), abandon: () => undefined }

/** After so long a step is announced although it has not ended. Milliseconds. */
const ANNOUNCE_AFTER = 2000

/** One plain line for each object, probe and step; another one before it for a step that takes long. */
export function plainProgress(write: (text: string) => void, theme: Theme, announceAfter = ANNOUNCE_AFTER): Progress {
  const pending = new Map<string, NodeJS.Timeout>()
  return {
    show(event) {
      if (event.type === 'note') return write(noteText(event, theme))
      if (event.type === 'step') {
        clearTimeout(pending.get(event.id))
        pending.delete(event.id)
        if (event.state === 'started') {
          pending.set(event.id, setTimeout(() => write(`${event.title} …\n`), announceAfter).unref())
        }
      }
      if (event.state !== 'started') write(`${endLine(event, theme)}\n`)
    },
    rest: () => Promise.resolve(),
    abandon: () => undefined,
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

/** A display that moves, loaded when the first event comes; notes are written for good when it is taken off. */
export function liveProgress(write: (text: string) => void, theme: Theme, title: string, tracker: Tracker): Progress {
  let display: Promise<Display> | undefined
  let opened: Display | undefined
  let ending = Promise.resolve()
  const notes: Note[] = []
  const open = async (): Promise<Display> => {
    const { openDisplay } = await import('./live.js')
    opened = openDisplay(title, tracker, theme)
    return opened
  }
  const rest = async (): Promise<void> => {
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
    show(event) {
      if (event.type === 'note') notes.push(event)
      display ??= ending.then(open)
      void display.then(({ update }) => update(event.type === 'note' ? event.text : undefined))
    },
    rest,
    abandon: () => opened?.abandon(),
  }
}
