import * as v from 'valibot'
import { isIceError, isIceErrors, type IceError } from '../../src/catalogue/index.js'
import { check } from '../../src/config/problems.js'
import { parseYaml } from '../../src/config/yaml.js'
import { secretSource } from '../../src/secrets/index.js'

/** A schema of the same shapes as the real one, but its own: what is tested is the machine, not the kinds. */

const name = v.pipe(v.string(), v.regex(/^[a-z-]+$/, 'expected lower-case letters, such as team-a'))
const nameOf = (reference: string, also: string[] = []) => v.pipe(v.string(), v.metadata({ reference, also }))
const duration = v.pipe(
  v.union([v.pipe(v.string(), v.regex(/^\d+[smh]$/)), v.number()], 'expected a duration such as 30s'),
  v.transform(String),
)

const database = v.strictObject({
  type: v.literal('database'),
  connections: v.optional(
    v.record(
      name,
      v.pipe(
        v.strictObject({ url: v.string(), password: v.optional(secretSource) }),
        v.forward(
          v.check(({ url }) => !url.includes('@'), 'holds a password'),
          ['url'],
        ),
      ),
    ),
    {},
  ),
  roles: v.optional(v.record(name, v.strictObject({ connection: nameOf('engines.*.connections') })), {}),
})

export const toy = v.strictObject({
  version: v.literal(1),
  name,
  engines: v.optional(
    v.record(
      name,
      v.union([
        v.variant('type', [
          v.strictObject({
            type: v.literal('kv'),
            version: v.optional(v.picklist([1, 2]), 2),
            secrets: v.optional(v.record(v.string(), v.record(v.string(), secretSource))),
          }),
          database,
        ]),
        v.strictObject({ existing: v.literal(true), type: v.literal('kv'), version: v.optional(v.picklist([1, 2])) }),
      ]),
    ),
  ),
  policies: v.optional(
    v.record(
      name,
      v.union([
        v.strictObject({ grants: v.pipe(v.array(v.string()), v.nonEmpty()) }),
        v.strictObject({ file: v.string() }),
      ]),
    ),
  ),
  roles: v.optional(
    v.record(
      name,
      v.pipe(
        v.strictObject({
          serviceAccounts: v.array(name),
          policies: v.optional(v.array(nameOf('policies', ['default'])), []),
          audience: v.optional(v.string()),
          accept: v.optional(v.array(v.picklist(['noAudience']))),
          tokenTTL: v.optional(v.pipe(duration, v.description('how long a token lives'))),
          tokenNumUses: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
          batch: v.optional(v.boolean(), false),
        }),
        v.forward(
          v.check(({ audience, accept }) => audience !== undefined || accept !== undefined, 'expected an audience'),
          ['audience'],
        ),
      ),
    ),
  ),
  bindings: v.optional(v.record(nameOf('roles'), v.nullish(v.strictObject({ note: v.string() })))),
})

/** What an operator would be told: `LINE:COLUMN CODE MESSAGE` of each mistake. */
export function told(text: string, schema: v.GenericSchema = toy): string[] {
  return mistakes(text, schema).map(
    ({ code, message, details: { at } }) => `${at?.line}:${at?.column} ${code} ${message}`,
  )
}

export function mistakes(text: string, schema: v.GenericSchema = toy): readonly IceError[] {
  try {
    check(schema, parseYaml(text, 'icebreaker.yaml'))
    return []
  } catch (error) {
    if (isIceErrors(error)) return error.errors
    if (isIceError(error)) return [error]
    throw error
  }
}
