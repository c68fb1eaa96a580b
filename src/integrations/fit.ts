import type { Fit, IntegrationContext } from './contract.js'

/** Why no way at all fits: there is nothing to bring, or not enough tokens to bring it with. */
export function enough({ secrets, left, workload }: IntegrationContext): Fit | undefined {
  if (secrets.length === 0)
    return {
      fits: false,
      why: left.length === 0 ? 'its role may read no secret and no database credential' : lowerFirst(left.join('; ')),
    }
  return fewUses(workload)
}

/** Logging in, reading and renewing take several requests. */
export function fewUses({ uses }: IntegrationContext['workload']): Fit | undefined {
  if (uses === 0) return undefined
  const requests = uses === 1 ? 'one request' : `${uses} requests`
  return { fits: false, why: `a token of its role lasts for ${requests} only (tokenNumUses)` }
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** What to know of a workload in whatever way its secrets come. */
export function cautionsOf({ left, workload }: IntegrationContext): readonly string[] {
  return [
    ...left.map((text) => `${text}, so it is left out.`),
    ...(workload.audience === undefined
      ? ['Its role asks for no audience, so the token is one that the API server would take, too.']
      : []),
  ]
}

/** Who logs in for the workload from somewhere else. */
export function fromElsewhere(who: string, { workload }: IntegrationContext): readonly string[] {
  if (workload.cidrs.length === 0) return []
  return [`Its role lets in from ${workload.cidrs.join(', ')} only, and it is ${who} that logs in.`]
}
