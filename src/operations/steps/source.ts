import * as v from 'valibot'
import { secretSource, type SecretSource } from '../../secrets/source.js'
import { noSource, secretSourceOf } from '../step-fields.js'

/**
 * `env:PGPASSWORD` as the file says it, checked.
 * @param what the flag or key that it was typed for
 * @throws IceError USAGE.wrongUsage, which does not repeat it
 */
export function sourceOf(what: string, said: string): SecretSource {
  const parsed = v.safeParse(secretSource, secretSourceOf(said))
  return parsed.success ? parsed.output : noSource(what)
}
