/** What happens during an operation. Operations emit, views listen; nothing here may hold a secret. */
export type IceEvent =
  | { type: 'step'; id: string; title: string; state: 'started' | 'done' | 'failed'; seconds?: number; detail?: string }
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
