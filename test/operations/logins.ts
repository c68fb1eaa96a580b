import { setTimeout as sleep } from 'node:timers/promises'
import type { Scenario } from './scenario.js'

const PER_SECOND = 50

export interface Logins {
  readonly done: number
  /** What Vault said to those that it did not let in. */
  readonly refused: readonly string[]
}

/**
 * Logs in to the scenario's mount 50 times a second, as `ID-app/app` with the role `app`, while something is done and for
 * so many seconds at least; on loopback only, and never for longer than `atMost`.
 */
export async function loginsWhile<T>(
  { id, vault, cluster }: Scenario,
  { atLeast, atMost }: { readonly atLeast: number; readonly atMost: number },
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly logins: Logins }> {
  if (!/^https:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):/.test(vault.address)) throw new Error('not on loopback')
  const request = { namespace: `${id}-app`, serviceAccount: 'app', audiences: ['vault'], expirationSeconds: 3600 }
  const { token } = await cluster.requestToken(request)
  const refused: string[] = []
  const underWay = new Set<Promise<void>>()
  let done = 0
  const over = new AbortController()
  const logIn = async (): Promise<void> => {
    try {
      await vault.login(id, 'app', token)
    } catch (error) {
      refused.push(String(error))
    } finally {
      done++
    }
  }
  const began = performance.now()
  const elapsed = () => (performance.now() - began) / 1000
  const running = (async () => {
    for (let started = 0; started < atMost * PER_SECOND && !(over.signal.aborted && elapsed() >= atLeast); started++) {
      const login = logIn()
      underWay.add(login)
      void login.then(() => underWay.delete(login))
      // A machine that is slow gets a queue, but no longer one.
      if (underWay.size > 2 * PER_SECOND) await Promise.race(underWay)
      await sleep(Math.max(0, ((started + 1) / PER_SECOND - elapsed()) * 1000))
    }
  })()
  try {
    const value = await work()
    over.abort()
    await running
    await Promise.all(underWay)
    return { value, logins: { done, refused } }
  } finally {
    over.abort()
    await running
  }
}
