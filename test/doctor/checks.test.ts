import { expect, test } from '@jest/globals'
import { CATALOGUE } from '../../src/catalogue/index.js'
import { CHECKS } from '../../src/doctor/checks/index.js'

const known = new Set<string>(CATALOGUE.map(({ code }) => code))

test('every code that a check has or explains is in the catalogue', () => {
  const named = CHECKS.flatMap(({ records, explains = [] }) => [...records.map(({ code }) => code), ...explains])
  expect([...new Set(named)].filter((code) => !known.has(code))).toEqual([])
})

test('what doctor alone finds says how it shows and how it is found out', () => {
  const bare = CATALOGUE.filter(({ code }) => /^ICE9[1-9]/.test(code)).filter(
    ({ shows, detected }) => shows === undefined || detected === undefined,
  )
  expect(bare.map(({ code }) => code)).toEqual([])
})
