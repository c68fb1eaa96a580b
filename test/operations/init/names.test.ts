import { expect, test } from '@jest/globals'
import { connectionUrl, free, labelOf, mountProblem } from '../../../src/operations/init/names.js'

test.each([
  ['kind-demo', 'kind-demo'],
  ['arn:aws:eks:eu-west-1:123456789012:cluster/Prod_1', 'prod-1'],
  ['kubernetes-admin@cluster.local', 'cluster-local'],
  ['gke_project_zone_name', 'gke-project-zone-name'],
  ['---', undefined],
  ['', undefined],
  ['a/', 'a'],
  [`${'x'.repeat(62)}-y`, 'x'.repeat(62)],
])('the label of %j is %j', (text, label) => {
  expect(labelOf(text)).toBe(label)
})

test('a name that is free', () => {
  expect([free('a', []), free('a', ['a']), free('a', ['a', 'a-2'])]).toEqual(['a', 'a-2', 'a-3'])
})

const LOGIN = '{{username}}:{{password}}@'
test.each([
  ['db:5432/app', `postgresql://${LOGIN}db:5432/app`],
  ['postgres://db/app?sslmode=verify-full', `postgresql://${LOGIN}db/app?sslmode=verify-full`],
  [`postgresql://${LOGIN}db:5432/app`, `postgresql://${LOGIN}db:5432/app`],
  ['[::1]:5432/app', `postgresql://${LOGIN}[::1]:5432/app`],
  ['postgres://vault:hunter2@db/app', undefined],
  ['vault@db/app', undefined],
  ['db:5432', undefined],
  ['mysql://db/app', undefined],
  ['db 1/app', undefined],
])('%j as a connection URL', (text, url) => {
  expect(connectionUrl(text)).toBe(url)
})

test.each([
  ['kv', 'kv', undefined],
  ['new', 'kv', undefined],
  ['kv', 'database', /of type kv, not database/],
  ['kv/inner', 'kv', /beside kv/],
  ['outer', 'kv', /beside outer\/one/],
])('%s as a mount of type %s', (path, type, problem) => {
  const told = mountProblem(path, type, [
    { path: 'kv', type: 'kv' },
    { path: 'outer/one', type: 'kv' },
  ])
  if (problem === undefined) expect(told).toBeUndefined()
  else expect(told).toMatch(problem)
})
