import { describe, expect, test } from '@jest/globals'
import { LINT } from '../../../src/catalogue/index.js'
import { lint, RULES, type Finding } from '../../../src/policy/lint/index.js'
import { judgeNames } from '../../../src/policy/lint/names.js'
import { parseHcl } from '../../../src/policy/parse.js'
import { CASES, FACTS, MOUNTS, p, type Case } from './cases.js'

async function found(
  text: string,
  { facts = FACTS, granted }: Pick<Case, 'facts' | 'granted'> = {},
): Promise<readonly Finding[]> {
  const policy = { name: 'app', parsed: await parseHcl(text), ...(granted && { granted }) }
  return lint([policy], facts).findings
}

const of = (findings: readonly Finding[], rule: Case['rule']): readonly Finding[] =>
  findings.filter(({ code }) => code === LINT[rule].code)

describe.each(CASES.map((each) => [`${each.rule}: ${each.what}`, each] as const))('%s', (_name, own) => {
  test('is found, at its place, with what to write instead', async () => {
    const findings = of(await found(own.bad, own), own.rule)
    expect(findings).toHaveLength(1)
    const { at, corrected, severity, message } = findings[0]!
    expect([at.line, at.column]).toEqual(own.at)
    expect(corrected).toBe(own.corrected)
    expect(severity).toBe(LINT[own.rule].severity)
    expect(message).toMatch(/[.?]$/)
  })

  if (own.corrected !== undefined) {
    test('what is proposed is not found again', async () => {
      expect(of(await found(own.corrected!, own), own.rule)).toEqual([])
    })
  }

  if (own.good.length > 0) {
    test.each(own.good)('not found in %s', async (text) => {
      expect(of(await found(text, own), own.rule)).toEqual([])
    })
  }
})

test('every rule has its cases, and every code its rule', () => {
  const tried = new Set(CASES.map(({ rule }) => LINT[rule].code as string))
  const rules = RULES.map(({ record }) => record.code as string)
  expect(rules.filter((code) => !tried.has(code))).toEqual([])
  const elsewhere = ['notHcl', 'sameName', 'badName', 'noSuchPolicy', 'unknownEngine'] as const
  const known = new Set([...rules, ...elsewhere.map((name) => LINT[name].code)])
  expect(Object.values(LINT).filter(({ code }) => !known.has(code))).toEqual([])
})

test('a sound policy is sound', async () => {
  const text = [
    p('static/data/app/*', 'create', 'read', 'update', 'patch', 'delete'),
    p('static/metadata/app/*', 'list', 'read'),
    p('static/metadata/', 'list'),
    p('postgres/creds/app', 'read'),
    p('transit/encrypt/app', 'update'),
    p('transit/sign/app/*', 'update'),
    p('auth/demo/role/app', 'create', 'read', 'update'),
    p('auth/demo/config', 'read', 'update'),
    p('sys/mounts', 'read'),
    p('cubbyhole/*', 'create', 'read', 'update', 'delete', 'list'),
  ].join('\n')
  expect(await found(text)).toEqual([])
})

test('what cannot be judged without facts is named', async () => {
  const policy = { name: 'app', parsed: await parseHcl(p('static/app', 'read')) }
  const { findings, skipped } = lint([policy], {})
  expect(findings).toEqual([])
  expect(skipped.map(({ code }) => code)).toEqual(
    expect.arrayContaining([LINT.kv2Prefix.code, LINT.noMount.code, LINT.otherProduct.code]),
  )
  expect(skipped.find(({ code }) => code === LINT.kv2Prefix.code)?.needs).toEqual(['mounts'])
  expect(lint([policy], { ...FACTS, names: {} }).skipped).toEqual([])
})

test('mounts of which not all are known do not make others unknown', async () => {
  const policy = { name: 'app', parsed: await parseHcl(p('elsewhere/app', 'read')) }
  expect(lint([policy], { mounts: MOUNTS }).findings).toEqual([])
})

describe('names', () => {
  test.each([
    [['app', 'App'], 1, 'sameName'],
    [['App', 'app'], 0, 'badName'],
    [['app', ' app'], 1, 'sameName'],
    [['Root'], 0, 'badName'],
    [['a,b'], 0, 'badName'],
  ] as const)('%j', (names, index, rule) => {
    const problems = judgeNames(names)
    expect(problems).toContainEqual(expect.objectContaining({ index, record: LINT[rule] }))
  })

  test('that are right', () => {
    expect(judgeNames(['app', 'app', 'other', undefined, undefined])).toEqual([])
  })
})
