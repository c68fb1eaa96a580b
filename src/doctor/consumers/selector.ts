import { at, objects, text, texts, type Json } from './contract.js'

type Labels = Readonly<Record<string, string>>

/** Does a LabelSelector select these labels? The empty one selects all. Pure. */
export function selects(selector: Json, labels: Labels): boolean {
  const wanted = Object.entries(at(selector, 'matchLabels'))
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    objects(selector['matchExpressions']).every((expression) => fits(expression, labels))
  )
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements */
function fits(expression: Json, labels: Labels): boolean {
  const own = labels[text(expression['key']) ?? '']
  const values = texts(expression['values'])
  switch (expression['operator']) {
    case 'In':
      return own !== undefined && values.includes(own)
    case 'NotIn':
      return own === undefined || !values.includes(own)
    case 'Exists':
      return own !== undefined
    case 'DoesNotExist':
      return own === undefined
    default:
      return true
  }
}
