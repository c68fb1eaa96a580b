import { isIceError, VAULT } from '../../catalogue/index.js'
import type { Emit } from '../../events/index.js'
import { path } from '../path.js'
import { revokeSelf } from '../token.js'
import type { Vault, VaultLogin } from '../types.js'

/** With less than this left, seconds, renewing has come to the end of what the token may last. */
const LAST = 3
/** The longest that a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1

/**
 * A client with the token that the run got itself. A token that can be renewed is, for as long as the run lasts; closing
 * the client revokes it. A batch token can be neither renewed nor revoked.
 * @param vault the client without a token
 * @param fresh a client for the last call: that of the run may have been aborted
 */
export function holdToken(vault: Vault, login: VaultLogin, emit: Emit, fresh: () => Vault): Vault {
  const own = vault.withToken(login.token)
  let timer: NodeJS.Timeout | undefined
  let closing: Promise<void> | undefined
  const keep = (ttlSeconds: number): void => {
    if (ttlSeconds < LAST || closing !== undefined) return
    timer = setTimeout(() => void renew(), Math.min((ttlSeconds * 2000) / 3, LONGEST_MS)).unref()
  }
  const renew = async (): Promise<void> => {
    try {
      const answer = await own.write(path`auth/token/renew-self`, {}, { repeatable: true })
      if (answer.login?.renewable === true) keep(answer.login.ttlSeconds)
    } catch {
      // What needs the token next says that it is over.
    }
  }
  if (login.numUses > 0) {
    emit({
      type: 'note',
      level: 'warning',
      text: `The role allows the token of this run ${login.numUses} requests only (token_num_uses); the run may need more.`,
    })
  }
  if (login.renewable) keep(login.ttlSeconds)

  async function close(): Promise<void> {
    clearTimeout(timer)
    try {
      if (login.type !== 'batch') await revoke(fresh().withToken(login.token), login, emit)
    } finally {
      await vault.close()
    }
  }

  return { ...own, close: () => (closing ??= close()) }
}

async function revoke(vault: Vault, { accessor, ttlSeconds }: VaultLogin, emit: Emit): Promise<void> {
  try {
    await revokeSelf(vault)
  } catch (error) {
    const why = isIceError(error) ? error.message : 'Vault did not answer'
    const lives = ttlSeconds > 0 ? `; it lives for ${ttlSeconds} seconds at most, or until it is revoked` : ''
    emit({
      type: 'note',
      level: 'warning',
      code: VAULT.tokenLeft.code,
      text: `The token of this run (accessor ${accessor}) was not revoked${lives}: ${why}`,
    })
  } finally {
    await vault.close()
  }
}
