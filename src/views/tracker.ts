import type { IceEvent } from '../events/index.js'
import { count, elapsed } from './text.js'

type Progress = Exclude<IceEvent, { type: 'note' }>

interface Running {
  readonly text: string
  readonly since: number
}

/** What is under way and what has ended, from the events so far. */
export interface Tracker {
  see(event: Progress): void
  /** What is under way: `create vault:auth/demo/role/app`. */
  running(): readonly string[]
  /** The same and the counts, as at most `most` lines for a live display. */
  lines(most: number): readonly string[]
}

export function createTracker(now: () => number = () => performance.now()): Tracker {
  const running = new Map<string, Running>()
  const ended = new Map<Progress['type'], number>()
  const failed = new Map<Progress['type'], number>()

  const counts = (): string[] => {
    const nouns = { step: 'step', object: 'object', probe: 'probe' } as const
    return [...ended].map(([type, number]) => {
      const bad = failed.get(type) ?? 0
      return `${count(number, nouns[type])} done${bad === 0 ? '' : `, ${bad} FAILED`}`
    })
  }

  return {
    see(event) {
      const key = `${event.type} ${keyOf(event)}`
      if (event.state === 'started') {
        running.set(key, { text: subjectOf(event), since: now() })
        return
      }
      running.delete(key)
      if (event.type === 'step' && event.minor === true) return
      ended.set(event.type, (ended.get(event.type) ?? 0) + 1)
      if (event.state === 'failed' || event.state === 'unknown')
        failed.set(event.type, (failed.get(event.type) ?? 0) + 1)
    },
    running: () => [...running.values()].map(({ text }) => text),
    lines(most) {
      const done = counts()
      const places = Math.max(1, most - done.length)
      const rows = [...running.values()].map(({ text, since }) => `${text}${elapsed((now() - since) / 1000)}`)
      const shown = rows.length <= places ? rows : [...rows.slice(0, places - 1), `… ${rows.length - places + 1} more`]
      return [...done, ...shown]
    },
  }
}

function keyOf(event: Progress): string {
  if (event.type === 'step') return event.id
  return event.type === 'object' ? event.address : event.name
}

/** What an event is about, in a few words. */
export function subjectOf(event: Progress): string {
  if (event.type === 'step') return event.title
  return event.type === 'object' ? `${event.action} ${event.address}` : `probe ${event.name}`
}
