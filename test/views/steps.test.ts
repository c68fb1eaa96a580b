import { expect, test } from '@jest/globals'
import { expectGolden, written } from './golden.js'
import * as fixtures from './steps-fixtures.js'

const results = {
  'role-show': fixtures.roleShow,
  'role-list': fixtures.roleList,
  'role-list-empty': fixtures.roleListEmpty,
  'auth-show': fixtures.authShow,
  'auth-show-bare': fixtures.authShowBare,
  'auth-list': fixtures.authList,
  'auth-login': fixtures.authLogin,
  'auth-login-kept': fixtures.authLoginKept,
  'auth-login-left': fixtures.authLoginLeft,
  'reviewer-ready': fixtures.reviewerReady,
  'reviewer-missing': fixtures.reviewerMissing,
  'reviewer-token': fixtures.reviewerToken,
  'reviewer-token-shown': fixtures.reviewerTokenShown,
  'cluster-ca': fixtures.clusterCa,
  'cluster-inspect': fixtures.clusterInspect,
  'cluster-inspect-poor': fixtures.clusterInspectPoor,
  step: fixtures.step,
} as const

const cases = Object.entries(results).flatMap(([name, result]) =>
  (['human', 'json'] as const).map((format) => ({ name, result, format })),
)

test.each(cases)('$name as $format', async ({ name, result, format }) => {
  const text = await written(format, (view) => view.result(result), { command: result.operation })
  expectGolden(`step-${name}.${format}`, text)
})

test.each(['human', 'json', 'ndjson'] as const)('a secret shows in %s only where it was asked for', async (format) => {
  const SECRET = 'eyJhbGciOiJub25lIn0'
  for (const result of [fixtures.authLogin, fixtures.reviewerToken]) {
    const text = await written(format, (view) => view.result(result))
    expect(text).not.toContain(SECRET)
    expect(text).toContain('(secret)')
  }
  for (const result of [fixtures.authLoginKept, fixtures.reviewerTokenShown]) {
    expect(await written(format, (view) => view.result(result))).toContain(SECRET)
  }
})

test('what others say of themselves steers no terminal', async () => {
  const evil = '\u001b]0;gotcha\u0007'
  const { roles } = fixtures.roleList as Extract<typeof fixtures.roleList, { operation: 'role list' }>
  const text = await written('human', (view) =>
    view.result({ operation: 'role list', mount: evil, roles: roles.map((role) => ({ ...role, policies: [evil] })) }),
  )
  expect(text).not.toMatch(/[\u001b\u0007]/)
})
