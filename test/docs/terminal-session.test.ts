import { expect, test } from '@jest/globals'
import { shows } from './terminal-session.js'

test.each([
  [['Done. (371 ms)'], ['Done. (1.2 s)'], true],
  [['ok  logs in  18 ms   for 1h'], ['ok  logs in  118 ms  for 1h'], true],
  [['ok  logs in  18 ms'], ['FAILED  logs in  18 ms'], false],
  [['a', '...', 'd'], ['a', 'b', 'c', 'd'], true],
  [['a', '...', 'd'], ['a', 'b', 'c'], false],
  [['a', '...'], ['a'], true],
  [['a'], ['a', 'b'], false],
  [[], [], true],
  [['...'], [], true],
  [[], ['a'], false],
  [['Vault https://127.0.0.1:8200'], ['Vault         https://127.0.0.1:27302'], true],
  [['[a]'], ['a'], false],
])('a page with %j shows %j: %j', (page, said, shown) => {
  expect(shows(page, said)).toBe(shown)
})
