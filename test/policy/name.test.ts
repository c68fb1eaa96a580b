import { expect, test } from '@jest/globals'
import { policyNameProblem } from '../../src/policy/index.js'

test.each(['static', 'vso-client', 'team/app', 'a b', 'default', 'roots', 'ñ'])('%j is a name', (name) => {
  expect(policyNameProblem(name)).toBeUndefined()
})

test.each([
  ['', 'needs a name'],
  ['root', 'built in'],
  ['ROOT', 'built in'],
  [' Root ', 'built in'],
  ['response-wrapping', 'built in'],
  [' app', 'begin or end with a space'],
  ['app\u00a0', 'begin or end with a space'],
  ['App', 'would store it as "app"'],
  ['Ñ', 'lower case'],
  ['a,root', 'comma'],
])('%j is none: %s', (name, problem) => {
  expect(policyNameProblem(name)).toContain(problem)
})
