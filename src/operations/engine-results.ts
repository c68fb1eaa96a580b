import type { DatabaseCredsResult } from './database-creds.js'
import type { DatabaseRotateRootResult } from './database-rotate-root.js'
import type { KvGetResult } from './kv-get.js'
import type { TransitCheckResult } from './transit-check.js'
import type { TransitRotateResult } from './transit-rotate.js'

export type DatabaseResult = DatabaseCredsResult | DatabaseRotateRootResult
export type TransitResult = TransitRotateResult | TransitCheckResult

/** What steps in secrets engines came to that only look, or do one act. */
export type EngineResult = KvGetResult | DatabaseResult | TransitResult
