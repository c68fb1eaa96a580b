import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IceEvent } from '../../src/events/index.js'
import { down } from '../../src/sandbox/index.js'
import { sandboxNames } from '../../src/sandbox/record.js'

/** A state folder for one test file, so that it never meets the developer's own sandboxes. */
export function useOwnStateHome(): string {
  const folder = mkdtempSync(join(tmpdir(), 'icebreaker-state-'))
  process.env['XDG_STATE_HOME'] = folder
  return folder
}

export async function removeStateHome(folder: string): Promise<void> {
  process.env['XDG_STATE_HOME'] = folder
  for (const name of sandboxNames()) await down({ name, purge: true, emit: silent }).catch(() => undefined)
  rmSync(folder, { recursive: true, force: true })
}

export const silent = (): void => undefined

/** Collects what happens. */
export function listener(): { emit: (event: IceEvent) => void; steps: string[]; notes: string[] } {
  const steps: string[] = []
  const notes: string[] = []
  const emit = (event: IceEvent) => {
    if (event.type === 'step') steps.push(`${event.title}: ${event.state}`)
    if (event.type === 'note') notes.push(event.text)
  }
  return { emit, steps, notes }
}
