import { expect, test } from '@jest/globals'
import { authConfig } from '../../src/kinds/auth-config.js'
import type { DesiredAuthConfig } from '../../src/kinds/auth-config-fields.js'
import { context, fileWith } from './files.js'

const draft = (reviewer: object = {}, proof = context.clusters['demo']!.proof) => {
  const named = { namespace: 'vault-auth', serviceAccount: 'reviewer' }
  const isClient = 'token' in reviewer && reviewer.token === 'client'
  const file = fileWith({ inventory: { namespace: 'home' } }, { reviewer: { ...(!isClient && named), ...reviewer } })
  const clusters = { demo: { ...context.clusters['demo']!, proof } }
  const [only] = [...authConfig.expand(file, { ...context, clusters })]
  return only!
}
const desired = (reviewer?: object): DesiredAuthConfig => draft(reviewer).desired

const as = ({ values }: DesiredAuthConfig) => ({ values, reviewerSet: true, secretUid: 'uid-1' })
const mark = { fingerprint: '', reviewer: 'vault-auth/reviewer', reviewerToken: 'secret', secretUid: 'uid-1' }
const why = (wanted: DesiredAuthConfig, observed: object, last: object | undefined) =>
  authConfig
    .diff(wanted, { ...as(wanted), ...observed }, last as never)
    .map(({ field, why: reason }) => [field, reason])

test('the token is written again only for a reason, which is told', () => {
  const wanted = desired()
  expect(why(wanted, {}, mark)).toEqual([])
  const token = (reason: string) => [['tokenReviewerJWT', reason]]
  expect(why(wanted, { reviewerSet: false }, mark)).toEqual(token('Vault holds no reviewer token'))
  expect(why(wanted, { secretUid: 'uid-2' }, mark)).toEqual(token('its Secret was made anew'))
  expect(why(wanted, { secretUid: undefined }, mark)).toEqual(token('its Secret was made anew'))
  expect(why(wanted, {}, { ...mark, reviewer: 'other/reviewer' })).toEqual(token('it is a token of other/reviewer'))
  expect(why(wanted, {}, { ...mark, reviewerToken: 'bound' })).toEqual(token('its mode was bound'))
  expect(why(wanted, {}, { fingerprint: '' })).toEqual(token('it is not recorded which token Vault holds'))
  expect(why(wanted, {}, undefined)).toEqual(token('it is not recorded which token Vault holds'))
})

test('a bound token is renewed when less than a third of its life is left', () => {
  const wanted = desired({ token: 'bound' })
  const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString()
  const bound = (issued: number, expires: number) => ({
    fingerprint: '',
    reviewer: mark.reviewer,
    reviewerToken: 'bound',
    issuedAt: at(issued),
    expiresAt: at(expires),
  })
  expect(why(wanted, {}, bound(-40, 21))).toEqual([])
  expect(why(wanted, {}, bound(-40, 19))).toHaveLength(1)
  expect(why(wanted, {}, bound(-60, -1))).toHaveLength(1)
})

test('a new config always has the token, which is never shown', () => {
  const changes = authConfig.diff(desired(), undefined)
  expect(changes.at(-1)).toEqual({ field: 'tokenReviewerJWT', from: undefined, to: '(secret)' })
})

test('what a write needs depends on where the token comes from, and on who proves the address', () => {
  const texts = (reviewer: object, proof?: { by: 'vault'; because: string }) => {
    const { id, desired: wanted } = draft(reviewer, proof ?? { by: 'operator' })
    return authConfig
      .calls(id, wanted)
      .write.map((call) =>
        call.api === 'vault'
          ? `${call.path} ${call.capabilities.join()}`
          : `${call.access.verb} ${call.access.resource}/${call.access.subresource ?? ''}`,
      )
  }
  expect(texts({})).toEqual(['auth/demo/config update', 'get secrets/'])
  expect(texts({ token: 'bound' })).toEqual([
    'auth/demo/config update',
    'create serviceaccounts/token',
    'create secrets/',
    'list secrets/',
    'delete secrets/',
  ])
  expect(texts({}, { by: 'vault', because: 'x' })).toEqual(
    expect.arrayContaining(['sys/auth/icebreaker-scratch-* update,delete,sudo', 'create serviceaccounts/token']),
  )
})

test('modes in which Vault holds no token: none is written, one that is there is taken away', () => {
  for (const reviewer of [{ token: 'pod' }, { token: 'client' }]) {
    const wanted = desired(reviewer)
    expect(authConfig.diff(wanted, undefined).map(({ field }) => field)).not.toContain('tokenReviewerJWT')
    expect(why(wanted, { reviewerSet: false }, undefined)).toEqual([])
    const changes = authConfig.diff(wanted, as(wanted), mark)
    expect(changes).toEqual([
      { field: 'tokenReviewerJWT', from: '(secret)', to: undefined, why: `token: ${reviewer.token} does without` },
    ])
    expect(authConfig.cautions?.(wanted)).toHaveLength(1)
    expect(authConfig.calls({ mount: 'demo', cluster: 'demo' }, wanted).write).toHaveLength(1)
  }
  expect(desired({ token: 'pod' }).values['disableLocalCAJWT']).toBe(false)
  expect(desired().values['disableLocalCAJWT']).toBe(true)
})

test('a Secret that a rotation has given another name is the one that is read', () => {
  const file = fileWith()
  const [config] = [...authConfig.expand(file, { ...context, tokenSecrets: { demo: 'reviewer-token-2' } })]
  expect(config?.id.tokenSecret).toEqual({ namespace: 'vault-auth', name: 'reviewer-token-2' })
  expect(config?.after).toContain('k8s:demo:Secret/vault-auth/reviewer-token-2')
})
