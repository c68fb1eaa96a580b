import { isIceError } from '../../catalogue/index.js'
import type { Seen } from './types.js'

/**
 * What a look found, or why it found nothing.
 * @throws what stopped the whole command, and what is no error of ours
 */
export async function seeing<T>(look: () => Promise<T>, stop: AbortSignal): Promise<Seen<T>> {
  try {
    return { seen: true, value: await look() }
  } catch (error) {
    if (stop.aborted || !isIceError(error)) throw error
    return { seen: false, why: error.message.replace(/\.$/, ''), code: error.code }
  }
}
