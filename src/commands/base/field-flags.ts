import * as Flags from '@oclif/core/flags'
import { SOURCE_FORMS, type StepField } from '../../operations/step-fields.js'
import { withVariables } from './flags.js'

const VALUES: Readonly<Record<string, string>> = { map: 'KEY=VALUE', labels: 'LABEL=VALUE', source: 'SOURCE' }

/**
 * A flag for each field of a section, with its variable.
 * @param help what a flag means, where the schema does not say it
 * @param variables what the variables begin with
 */
export function fieldFlags(
  fields: readonly StepField[],
  help: Readonly<Record<string, string>> = {},
  variables = 'ICEBREAKER',
) {
  const flags = fields.map((field) => [field.flag, flagOf(field, help[field.flag])] as const)
  return withVariables(Object.fromEntries(flags), variables)
}

function flagOf(field: StepField, help: string | undefined) {
  const description = [
    help ?? sentence(field.description),
    hint(field),
    field.api === undefined ? '' : `API: ${field.api}.`,
  ]
    .filter((text) => text !== '')
    .join(' ')
  const common = { ...(description !== '' && { description }), helpGroup: 'field' }
  const helpValue = VALUES[field.type]
  const several = { ...common, multiple: true, multipleNonGreedy: true } as const
  switch (field.type) {
    case 'boolean':
      return Flags.boolean({ ...common, allowNo: true })
    case 'number':
      return Flags.integer({ ...common, helpValue: 'N' })
    case 'choice':
      return Flags.string({ ...common, options: [...(field.options ?? [])] })
    case 'list':
    case 'map':
    case 'labels':
      return Flags.string({ ...several, ...(helpValue !== undefined && { helpValue }) })
    case 'text':
    case 'source':
      return Flags.string({ ...common, ...(helpValue !== undefined && { helpValue }) })
  }
}

function hint({ type, options, verbatim }: StepField): string {
  if (type === 'source') return `One of ${SOURCE_FORMS}.`
  if (type !== 'list') return ''
  const what = options === undefined ? '' : `Of ${options.join(', ')}. `
  return `${what}${verbatim ? 'May be given several times; @FILE reads it from a file.' : 'Several are separated by commas.'}`
}

/** With a capital, unless it begins with a name, and with a full stop. */
function sentence(text = ''): string {
  if (text === '') return ''
  const first = /^[\w-]+:|^[a-z]+[A-Z]/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase()
  return `${first}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}
