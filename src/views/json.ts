import type { OperationResult } from '../operations/results.js'
import { scriptText } from './human/print-commands.js'
import type { Renderer } from './renderer.js'
import type { PlainResult } from './results.js'
import { outcomeCounts, planCounts, probeCounts, removalCounts } from './summary.js'
import type { ErrorRecord, Told } from './told.js'

/** Rises when a reader of the older form would go wrong; new members alone do not raise it. */
export const SCHEMA_VERSION = 1

/** One document, for every command and every error. */
export const json: Renderer = {
  result: (result, notes) => document({ ...resultDocument(result), notes }),
  error: (errors, exit, notes) => document({ ...errorDocument(errors, exit), notes }),
}

function document(members: object): string {
  return `${unobeyed(JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...members }, null, 2))}\n`
}

/** The result with its counts. */
export function resultDocument(result: Told<OperationResult> | PlainResult) {
  switch (result.operation) {
    case 'plan':
      return { ...result, summary: planCounts(result.plan.objects) }
    case 'apply':
    case 'step':
      return {
        ...result,
        summary: {
          ...outcomeCounts(result.outcomes),
          ...(result.verify && { probes: probeCounts(result.verify.probes) }),
        },
      }
    case 'drift':
      return {
        ...result,
        summary: {
          ...planCounts(result.plan.objects),
          ...(result.verify && { probes: probeCounts(result.verify.probes) }),
        },
      }
    case 'verify':
      return { ...result, summary: probeCounts(result.verify.probes) }
    case 'print-commands':
      return { ...result, script: scriptText(result) }
    case 'prune':
    case 'destroy':
    case 'role delete':
      return { ...result, summary: removalCounts(result) }
    case 'sandbox env': {
      const { operation, variables } = result
      const pick = (member: 'value' | 'file'): Record<string, string> =>
        Object.fromEntries(variables.flatMap((one) => (member in one ? [[one.name, one[member as never]]] : [])))
      return { operation, env: pick('value'), files: pick('file') }
    }
    default:
      return result
  }
}

/** `error` is the first; `errors` are all, where there are several. */
export function errorDocument(errors: readonly ErrorRecord[], exit: number): object {
  return { exit, error: errors[0], ...(errors.length > 1 && { errors }) }
}

/** Some pipelines' runners obey `##[` wherever it stands in a line. It can only stand in a string, where `\u0023` is the same. */
export const unobeyed = (text: string): string => text.replaceAll('##[', '#\\u0023[')
