import type { Emit } from '../events/index.js'

/** Tells of a piece of work as it begins and ends, with its time. */
export async function step<T>(emit: Emit, id: string, title: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now()
  const seconds = () => Math.round(performance.now() - begin) / 1000
  emit({ type: 'step', id, title, state: 'started' })
  try {
    const result = await work()
    emit({ type: 'step', id, title, state: 'done', seconds: seconds() })
    return result
  } catch (error) {
    emit({ type: 'step', id, title, state: 'failed', seconds: seconds() })
    throw error
  }
}
