import * as v from 'valibot'
import { IceError, USAGE } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import { loginSchema } from '../config/login-schema.js'
import { checkFlags } from '../config/problems.js'
import { closedValues, optionsOf, shapeOf } from '../config/shape.js'
import { noSource, secretSourceOf, stepFields, type StepField } from './step-fields.js'

export type LoginSection = v.InferOutput<typeof loginSchema>

/**
 * What --login says: `METHOD,KEY=VALUE,…` with the keys of `vault.login`. A secret stands in it as a source, since the
 * arguments of a process are for all to see.
 * @throws IceError, IceErrors of exit code 2; never with what stands in place of a source
 */
export function loginOfText(text: string): LoginSection {
  const [method = '', ...parts] = text.split(',')
  const fields = fieldsOf(method)
  const section = Object.fromEntries(parts.map((part) => memberOf(part, fields)))
  return checkFlags(v.strictObject({ login: loginSchema }), { login: { method, ...section } }, ([, key]) =>
    key === undefined ? 'login' : `login, ${key}`,
  ).login
}

/** The fields of a method. @throws IceError USAGE.wrongUsage where there is no such method */
function fieldsOf(method: string): readonly StepField[] {
  const methods = optionsOf(shapeOf(loginSchema, undefined)).map((option) => ({
    option,
    name: String(closedValues(shapeOf(option, undefined).entries?.['method'] as v.GenericSchema)?.[0]),
  }))
  const found = methods.find(({ name }) => name === method)
  if (found !== undefined) return stepFields(found.option, { omit: ['method'] })
  const names = methods.map(({ name }) => name)
  const meant = nearest(method, names)
  throw new IceError(USAGE.wrongUsage, {
    message: `--login: there is no method ${JSON.stringify(method)}.`,
    next: [meant === undefined ? `It is one of ${names.join(', ')}.` : `Did you mean ${meant}?`],
  })
}

function memberOf(part: string, fields: readonly StepField[]): [string, unknown] {
  const at = part.indexOf('=')
  const key = at < 0 ? part : part.slice(0, at)
  const value = at < 0 ? '' : part.slice(at + 1)
  const field = fields.find(({ name }) => name === key)
  if (field === undefined) {
    // Of a value with a comma in it the rest would stand here, which may be secret: the part is not repeated.
    const meant =
      at < 0
        ? undefined
        : nearest(
            key,
            fields.map(({ name }) => name),
          )
    throw new IceError(USAGE.wrongUsage, {
      message:
        '--login: after the method come KEY=VALUE pairs, separated by commas; one of them has no key of this method.',
      next: [
        meant === undefined ? `The keys are ${fields.map(({ name }) => name).join(', ')}.` : `Did you mean ${meant}=…?`,
      ],
    })
  }
  if (field.type === 'source') return [key, secretSourceOf(value) ?? noSource(`--login, ${key}`)]
  return [key, field.type === 'number' && /^\d+$/.test(value) ? Number(value) : value]
}
