import type { IceEvent } from '../events/index.js'
import type { OperationResult, PlanResult } from '../operations/results.js'
import type { PlainResult } from './results.js'
import type { ErrorRecord, Told } from './told.js'

export type Note = Extract<IceEvent, { type: 'note' }>

/** A format of standard output: data in, text out. What a format leaves away it has nothing to say to. */
export interface Renderer {
  event?(event: IceEvent): string
  /** Before it is carried out. */
  plan?(plan: Told<PlanResult>): string
  result(result: Told<OperationResult> | PlainResult, notes: readonly Note[]): string
  error?(errors: readonly ErrorRecord[], exit: number, notes: readonly Note[]): string
}
