export { CAPABILITIES, toRules, type Capability, type PathRule, type Rules } from './rule.js'
export { hasWildcard, matches } from './match.js'
export { decide, effective, type Decision } from './govern.js'
export { compareRules, meet } from './effect.js'
export { sum } from './sum.js'
export { readCanonical, renderPolicy, renderStanza, unwritable, type PinnedRule } from './hcl.js'
export { policyNameProblem } from './name.js'
export {
  grantSchema,
  parseGrant,
  splitMount,
  type Grant,
  type ParsedGrant,
  type Placed,
  type WrittenGrant,
} from './grant.js'
