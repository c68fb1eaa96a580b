import type { Json } from '../../kinds/contract.js'
import type { ShownField } from '../../operations/step-shown.js'
import { table } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { inline } from '../value.js'

/** Fields with their values, in the words of the file; what is not set last, on one line. */
export function fieldLines(fields: readonly Told<ShownField>[], theme: Theme): string[] {
  const [set, unset] = [fields.filter((field) => field.set), fields.filter((field) => !field.set)]
  return [
    ...table(set.map(({ field, value }) => [`  ${field}`, inline(value)])),
    ...(unset.length === 0 ? [] : [theme.dim(`  not set: ${unset.map(({ field }) => field).join(', ')}`)]),
  ]
}

/** What there is besides, under the API's names. */
export function otherLines(others: Readonly<Record<string, Json>>, theme: Theme): string[] {
  const rows = Object.entries(others).map(([name, value]) => [`  ${name}`, inline(value)])
  return rows.length === 0 ? [] : [theme.dim('Besides, by the names of the API'), ...table(rows)]
}

/** `a, b`, or what is said where there is nothing. */
export function listText(value: Json | undefined, none = '-'): string {
  const items = Array.isArray(value) ? value.map((item: Json) => inline(item)) : []
  return items.length === 0 ? none : items.join(', ')
}
