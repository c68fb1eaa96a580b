/** What happens during an operation. Operations emit, views listen; nothing here may hold a secret. */
export type IceEvent =
  | {
      type: 'step'
      id: string
      title: string
      state: 'started' | 'done' | 'failed'
      seconds?: number
      detail?: string
      /** Worth telling of only while it takes long. */
      minor?: true
    }
  | { type: 'note'; level: 'info' | 'warning'; code?: string; text: string; address?: string }
  | {
      type: 'object'
      address: string
      kind: string
      action: 'create' | 'update' | 'narrow' | 'replace' | 'delete'
      state: 'started' | 'done' | 'failed' | 'skipped' | 'unknown'
      seconds?: number
      reason?: string
    }
  | {
      type: 'probe'
      name: string
      state: 'started' | 'passed' | 'failed' | 'skipped'
      seconds?: number
      detail?: string
    }

export type Emit = (event: IceEvent) => void

/** Does a part of an operation that is over in a moment, mostly: where it is not, whoever waits sees what for. */
export async function phase<T>(emit: Emit, title: string, work: () => Promise<T>): Promise<T> {
  const step = { type: 'step', id: title, title, minor: true } as const
  emit({ ...step, state: 'started' })
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  try {
    const result = await work()
    emit({ ...step, state: 'done', seconds: seconds() })
    return result
  } catch (error) {
    emit({ ...step, state: 'failed', seconds: seconds() })
    throw error
  }
}
