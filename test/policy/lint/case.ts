import type { LINT } from '../../../src/catalogue/index.js'
import type { Facts, Granted } from '../../../src/policy/lint/index.js'

export const MOUNTS = {
  static: { type: 'kv', version: 2, accessor: 'kv_1' },
  old: { type: 'kv', version: 1, accessor: 'kv_2' },
  postgres: { type: 'database', accessor: 'database_1' },
  transit: { type: 'transit', accessor: 'transit_1' },
  'auth/demo': { type: 'kubernetes', accessor: 'auth_kubernetes_2222' },
  'auth/token': { type: 'token', accessor: 'auth_token_1' },
  sys: { type: 'system', accessor: 'system_1' },
  identity: { type: 'identity', accessor: 'identity_1' },
  cubbyhole: { type: 'cubbyhole', accessor: 'cubbyhole_1' },
} as const

export const FACTS: Facts = { mounts: MOUNTS, allMounts: true, product: 'openbao' }

export interface Case {
  readonly rule: keyof typeof LINT
  readonly what: string
  readonly bad: string
  /** Line and column of the finding. */
  readonly at: readonly [number, number]
  /** What is to be written instead; undefined: nothing is proposed. */
  readonly corrected?: string
  /** Texts near to it that are not wrong. */
  readonly good: readonly string[]
  readonly facts?: Facts
  readonly granted?: Granted
  /** Servers that refuse the bad text, and take the corrected one. */
  readonly refused?: readonly ('openbao' | 'vault')[]
}

export const BOTH = ['openbao', 'vault'] as const

/** `path "PATH" { capabilities = [LIST] }` */
export const p = (path: string, ...capabilities: readonly string[]): string =>
  `path "${path}" { capabilities = [${capabilities.map((each) => `"${each}"`).join(', ')}] }`

/** The same as it is proposed anew. */
export const anew = (path: string, ...capabilities: readonly string[]): string =>
  `path "${path}" {\n  capabilities = [${capabilities.map((each) => `"${each}"`).join(', ')}]\n}`

export const GRANTED: Granted = {
  mounts: ['static'],
  rules: [
    { path: 'static/data/app/*', capabilities: ['read'] },
    { path: 'static/metadata/app', capabilities: ['list'] },
  ],
}
