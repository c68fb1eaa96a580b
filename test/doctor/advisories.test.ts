import { describe, expect, test } from '@jest/globals'
import { ADVISORIES, advisoriesFor, type Advisory } from '../../src/doctor/advisories.js'

const ids = (product: Advisory['product'], version: string): readonly string[] =>
  advisoriesFor(product, version).map(({ id }) => id)

describe('HashiCorp Vault', () => {
  test.each([
    ['2.2.2', []],
    ['2.1.2', []],
    ['2.1.1', ['CVE-2026-89322']],
    ['1.21.0', ['CVE-2026-89322', 'CVE-2026-3605']],
    ['1.20.0', ['CVE-2026-89322', 'CVE-2026-3605', 'CVE-2025-6000']],
    ['1.21.12', ['CVE-2026-89322', 'CVE-2026-3605']],
    // What the Enterprise edition was given, the other was not; and it has namespaces.
    ['1.21.12+ent', []],
    ['1.21.11+ent', ['CVE-2026-89322', 'CVE-2026-105820']],
    ['1.21.4+ent.hsm', ['CVE-2026-89322', 'CVE-2026-105820', 'CVE-2026-3605']],
    ['not a version', []],
    ['', []],
  ])('%s', (version, expected) => {
    expect(ids('vault', version)).toEqual(expected)
  })

  test('a correction in an earlier line counts for that line', () => {
    const has = (version: string): boolean => ids('vault', version).includes('CVE-2024-5798')
    expect(['1.15.8', '1.15.9', '1.16.2', '1.16.3', '1.17.0', '1.14.10', '0.10.4'].map(has)).toEqual([
      ...[true, false, true, false, false, true, false],
    ])
  })
})

describe('OpenBao', () => {
  test.each([
    ['2.7.2', []],
    ['2.6.3', []],
    ['2.6.2', ['CVE-2026-115365']],
    ['2.2.0', ['CVE-2026-63131', 'CVE-2026-40264', 'CVE-2026-3605', 'CVE-2025-64761', 'CVE-2025-54996']],
  ])('%s', (version, expected) => {
    expect(ids('openbao', version)).toEqual(expected)
  })
})

test('each has a range that can be, and a page', () => {
  for (const { id, from, fixed, backports = [], enterprise = [], link } of ADVISORIES) {
    expect(id).toMatch(/^CVE-20\d\d-\d{4,}$/)
    for (const version of [from, fixed, ...backports, ...enterprise]) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(link).toMatch(/^https:\/\//)
  }
})
