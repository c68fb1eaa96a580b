import * as v from 'valibot'
import { optional } from './fields.js'

/** How the credentials of a role are made. An empty one is not taken as such: Vault keeps what it has. */
export const credentialConfig = optional(v.record(v.string(), v.string()), 'credential_config', {
  about: 'How the credentials are made, as a mapping of the parameters of their type.',
  sticky: true,
})

/** What Vault fills in by itself where a role has RSA keys. */
const DEFAULTS: Readonly<Record<string, string>> = { key_bits: '2048', format: 'pkcs8' }

/** Shows only what was configured, as the text that the file has. */
export function fromApi(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const given = Object.entries((data['credential_config'] ?? {}) as Record<string, unknown>)
    .map(([name, value]) => [name, String(value)] as const)
    .filter(([name, value]) => DEFAULTS[name] !== value)
  return { ...data, credential_config: Object.fromEntries(given) }
}
