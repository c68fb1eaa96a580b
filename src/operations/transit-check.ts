import type { Used, UseIo } from '../kinds/engine.js'
import { transit } from '../kinds/engines/transit.js'
import type { Vault } from '../vault/index.js'
import { withStepSession, type StepOptionsBase } from './step-session.js'
import { mountAndName } from './steps/target.js'
import { requireKey, versionsOf, type KeyVersions, type LiveKey } from './transit-key.js'

export interface TransitCheckOptions extends StepOptionsBase {
  /** MOUNT/NAME */
  readonly target: string
}

/** One use of a key that was tried. */
export interface KeyUse {
  /** What was done: `encrypt, decrypt, compare`. */
  readonly use: string
  readonly verdict: Used['verdict']
  readonly detail?: string
}

export interface TransitCheckResult extends KeyVersions {
  readonly operation: 'transit check'
  readonly address: string
  readonly mount: string
  readonly key: string
  readonly type: string
  readonly uses: readonly KeyUse[]
}

/**
 * Uses a key with a canary, as far as its type can: encrypts, decrypts and compares, or signs and verifies. The key is read
 * before, since encrypting with one that is missing would make it.
 * @throws IceError VAULT.notThere, VAULT.notPermitted; VERIFY.probeFailed where what comes back is not what went in
 */
export function transitCheck(options: TransitCheckOptions): Promise<TransitCheckResult> {
  const { mount, name } = mountAndName(options.target, 'KEY')
  return withStepSession(options, async ({ vault: open, signal }) => {
    const vault = await open()
    const key = await requireKey(mount, name, vault)
    const uses: KeyUse[] = []
    for (const [verb, use] of usesOf(key)) {
      const used = await transit.verbs[verb]?.use({ mount, section: {} }, name, ioOf(vault, signal))
      if (used !== undefined) uses.push({ use, ...used })
    }
    return {
      operation: 'transit check',
      address: `vault:${mount}/keys/${name}`,
      mount,
      key: name,
      type: key.type,
      ...versionsOf(key),
      uses,
    }
  })
}

/** Each with the verb whose proof takes both halves. What can neither encrypt nor sign can at least authenticate. */
function usesOf(key: LiveKey): readonly (readonly [verb: string, use: string])[] {
  const uses = [
    ...(key.supports_encryption === true ? [['decrypt', 'encrypt, decrypt, compare'] as const] : []),
    ...(key.supports_signing === true ? [['verify', 'sign, verify'] as const] : []),
  ]
  return uses.length > 0 ? uses : [['verify', 'hmac, verify']]
}

/** The operator does both halves; nothing is leased. */
function ioOf(vault: Vault, signal: AbortSignal): UseIo {
  return {
    workload: vault,
    operator: vault,
    signal,
    capabilities: () => Promise.resolve(undefined),
    lease: () => {
      throw new Error('transit gives no lease')
    },
  }
}
