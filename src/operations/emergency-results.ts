import type { LeaseActResult } from './lease/act.js'
import type { LeaseListResult } from './lease/list.js'
import type { LockdownResult } from './lockdown/types.js'

export type LeaseResult = LeaseListResult | LeaseActResult

/** What came of tokens and leases, and of closing Vault to somebody. */
export type EmergencyResult = LeaseResult | LockdownResult
