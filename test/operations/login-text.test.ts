import { resolve } from 'node:path'
import { expect, test } from '@jest/globals'
import { isIceErrors, USAGE } from '../../src/catalogue/index.js'
import { loginOfText } from '../../src/operations/login-text.js'

test('what the file says in keys, a flag says in one text', () => {
  expect(loginOfText('token')).toEqual({ method: 'token' })
  expect(loginOfText('approle,roleID=literal:r-1,secretID=env:SECRET_ID')).toEqual({
    method: 'approle',
    path: 'approle',
    roleID: { literal: 'r-1' },
    secretID: { env: 'SECRET_ID' },
  })
  expect(loginOfText('approle,path=ci/one,roleID=env:R,wrappedSecretID=file:w')).toMatchObject({
    path: 'ci/one',
    wrappedSecretID: { file: resolve('w') },
  })
  expect(loginOfText('kubernetes,role=ops,serviceAccount=ops/bot,audience=vault')).toEqual({
    method: 'kubernetes',
    path: 'kubernetes',
    role: 'ops',
    serviceAccount: 'ops/bot',
    audience: 'vault',
  })
  expect(loginOfText('jwt,role=ci,token=env:CI_JWT')).toMatchObject({ method: 'jwt', token: { env: 'CI_JWT' } })
  expect(loginOfText('oidc,callbackPort=8300,timeout=30s')).toEqual({
    method: 'oidc',
    path: 'oidc',
    callbackPort: 8300,
    timeout: 30,
  })
  expect(loginOfText('userpass,username=ada')).toEqual({ method: 'userpass', path: 'userpass', username: 'ada' })
  expect(loginOfText('ldap,username=a,b=c'.replace(',b=c', ',password=prompt'))).toMatchObject({
    method: 'ldap',
    password: { prompt: 'Value' },
  })
})

/** The first error of a text. */
function refusal(text: string): { message: string; next: readonly string[] } {
  try {
    loginOfText(text)
  } catch (error) {
    const first = isIceErrors(error) ? error.errors[0] : error
    expect(first).toMatchObject({ code: USAGE.wrongUsage.code, exitCode: 2 })
    return first as never
  }
  throw new Error(`${text} was taken`)
}

test('a method or key that is not one is told with the nearest', () => {
  expect(refusal('').next.join()).toContain('approle')
  expect(refusal('aprole').next).toEqual(['Did you mean approle?'])
  expect(refusal('approle,rolID=env:R').next).toEqual(['Did you mean roleID=…?'])
  expect(refusal('approle').message).toMatch(/^--login, roleID: /)
  expect(refusal('oidc,callbackPort=web').message).toMatch(/callbackPort/)
  expect(refusal('kubernetes,role=a,tokenFile=t,serviceAccount=a/b').message).toContain('exclude each other')
  expect(refusal('approle,roleID=env:R,secretID=env:S,wrappedSecretID=env:W').message).toContain('exclude each other')
})

test('a secret in place of its source is refused and not repeated', () => {
  for (const text of [
    'approle,roleID=env:R,secretID=hunter2-hunter2',
    'approle,roleID=env:R,secretID=literal:hunter2-hunter2',
    'approle,roleID=env:R,hunter2-hunter2',
    'userpass,username=ada,password=env:A,hunter2-hunter2=x',
    'userpass,username=ada,password=generate:12',
  ])
    expect(JSON.stringify(refusal(text))).not.toContain('hunter2')
})
