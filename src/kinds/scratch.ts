import { randomBytes } from 'node:crypto'

/**
 * Names for what the tool makes only to try something: `icebreaker-scratch-EXPIRY-RANDOM`, EXPIRY in seconds since 1970.
 * Whoever finds an expired one may remove it, whosever it was; one that is not expired belongs to a running command.
 */
const SCRATCH = /^icebreaker-scratch-(\d{10})-[0-9a-f]{8}$/

export const SCRATCH_SECONDS = 600

/** On scratch objects in Kubernetes, so that they can be found. */
export const SCRATCH_LABEL = { 'app.kubernetes.io/component': 'scratch' } as const

export function scratchName(now = Date.now()): string {
  return `icebreaker-scratch-${Math.floor(now / 1000) + SCRATCH_SECONDS}-${randomBytes(4).toString('hex')}`
}

export const isScratch = (name: string): boolean => SCRATCH.test(name)

export function isExpiredScratch(name: string, now = Date.now()): boolean {
  const expiry = SCRATCH.exec(name)?.[1]
  return expiry !== undefined && Number(expiry) < now / 1000
}
