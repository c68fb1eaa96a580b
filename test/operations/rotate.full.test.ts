import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { reviews } from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'
import { rotate } from '../../src/operations/rotate.js'
import { lookOf } from '../../src/operations/steps/object.js'
import { loginsWhile } from './logins.js'
import { markersOf, rotating } from './rotation.js'
import { expectSoon, openScenario, pending, type Scenario } from './scenario.js'

let scenario: Scenario

beforeEach(async () => {
  scenario = await openScenario()
})
afterEach(() => scenario.close())

/** With the waits that a rotation makes for caches, and some seconds more: by then every server has forgotten the old token. */
test.each(['bound', 'secret'] as const)(
  '50 logins a second all the while a %s token is rotated and long enough after it: none of them is refused',
  async (token) => {
    const { id, cluster } = scenario
    scenario.write(rotating(scenario, token))
    await scenario.apply({ verify: 'changed' })
    const old = await cluster.readSecret(`${id}-auth`, 'reviewer-token', 'token')
    const options = { ...scenario.fileOptions(), step: lookOf(), fileMustExist: true, dryRun: false }
    const { value, logins } = await loginsWhile(scenario, { atLeast: 60, atMost: 120 }, () => rotate(options))
    expect(logins.refused).toEqual([])
    expect(logins.done).toBeGreaterThanOrEqual(2000)
    expect(value).toMatchObject({ rotated: true, left: [], interrupted: false })
    expect(value.seconds).toBeGreaterThan(22)
    expect(await markersOf(scenario)).toHaveLength(token === 'bound' ? 1 : 0)
    expect(pending(await scenario.plan())).toEqual({})
    if (old !== undefined) await expectSoon(async () => expect(await isGood(old)).toBe(false), 15)
  },
  180_000,
)

/** By the API server. */
async function isGood(token: Secret): Promise<boolean> {
  const { apiVersion, kind } = reviews.token
  const review = { apiVersion, kind, spec: { token: Secret.reveal(token) } }
  const { status } = await scenario.cluster.create(reviews.token, review)
  return (status as { authenticated?: boolean }).authenticated === true
}
