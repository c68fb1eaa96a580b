import { describe, expect, test } from '@jest/globals'
import type { File } from '../../src/config/file.js'
import { roleOfApi } from '../../src/access/from-live.js'
import { boundChecks } from '../../src/doctor/checks/bound.js'
import { roleChecks } from '../../src/doctor/checks/role.js'
import { roleGrantChecks } from '../../src/doctor/checks/role-grants.js'
import type { AnyCheck, Known, Verdict } from '../../src/doctor/contract.js'
import type { LiveRole } from '../../src/doctor/facts/mount.js'
import type { RoleSubject, WorkloadSubject } from '../../src/doctor/subject.js'

const subject: RoleSubject = { kind: 'role', mount: 'demo', method: 'kubernetes', cluster: 'demo', role: 'app' }
const workload: WorkloadSubject = { ...subject, kind: 'workload', account: 'app/web' }

type Section = Partial<File['roles'][string]>

const sceneOf = (role?: Section) => ({
  isWritten: role !== undefined,
  file: {
    clusters: { demo: {} },
    serviceAccounts: [],
    policies: {},
    roles: role === undefined ? {} : { app: { accept: [], serviceAccounts: ['web'], namespaces: ['app'], ...role } },
  } as unknown as File,
})

const live = (data: object): LiveRole => {
  const all = { bound_service_account_names: ['web'], bound_service_account_namespaces: ['app'], ...data }
  return { data: all, role: roleOfApi('demo', 'app', all) }
}

const known = <T>(value: T): Known<T> => ({ known: true, value, from: 'operator', staleForMs: 0 })

/** Of all checks of a list whose first code it is, what they find; unknown: why. */
function judged(
  checks: readonly AnyCheck[],
  code: string,
  given: object,
  scene: ReturnType<typeof sceneOf>,
  of: RoleSubject | WorkloadSubject = subject,
): string[] {
  const found = checks.filter(({ records, applies }) => records[0].code === code && (applies?.(of, scene) ?? true))
  return found.flatMap((one) => said(one, one.judge(of, given as never, scene)))
}

const said = (check: AnyCheck, verdict: Verdict): string[] =>
  'unknown' in verdict
    ? [`unknown: ${verdict.unknown}`]
    : verdict.map(({ record = check.records[0], severity = record.severity }) => `${severity} ${record.code}`)

describe('selectors', () => {
  test.each([
    ['{"matchLabels":{"team":"a"}}', []],
    ['matchLabels: {team: 1}', []],
    ['{}', []],
    ['{"matchLabels":{"example.com/team":""}}', []],
    ['{"matchExpressions":[{"key":"a","operator":"Exists"}]}', ['error ICE9310']],
    ['team=a', ['error ICE9310']],
    ['[1]', ['error ICE9310']],
    ['{"matchLabels":{"a b":"c"}}', ['error ICE9310']],
    ['{"matchLabels":{"a":"b c"}}', ['error ICE9310']],
    ['{"matchLabels":{"a/b/c":"d"}}', ['error ICE9310']],
    [`{"matchLabels":{"${'a'.repeat(64)}":"d"}}`, ['error ICE9310']],
  ])('%s', (selector, expected) => {
    const role = live({ bound_service_account_namespace_selector: selector })
    expect(judged(roleChecks, 'ICE9310', { role }, sceneOf())).toEqual(expected)
  })

  test('ICE9311: one that the file gives and the role has lost; another one', () => {
    const scene = sceneOf({ namespaces: [], namespaceSelector: { matchLabels: { team: 'a' } } })
    const of = (selector: string) => ({ role: live({ bound_service_account_namespace_selector: selector }) })
    expect(judged(roleChecks, 'ICE9311', of(''), scene)).toEqual(['error ICE9311'])
    expect(judged(roleChecks, 'ICE9311', of('{"matchLabels":{"team":"b"}}'), scene)).toEqual(['error ICE9303'])
    expect(judged(roleChecks, 'ICE9311', of('{"matchLabels":{"team":"a"}}'), scene)).toEqual([])
  })

  test('a namespace that the file names may be let in by its labels', () => {
    const role = live({
      bound_service_account_namespaces: [],
      bound_service_account_namespace_selector: '{"matchLabels":{"team":"a"}}',
    })
    const labels = (team: string) => known(new Map([['app', { team }]]))
    expect(judged(roleChecks, 'ICE9303', { role, labels: labels('a') }, sceneOf({}))).toEqual([])
    expect(judged(roleChecks, 'ICE9303', { role, labels: labels('b') }, sceneOf({}))).toEqual(['error ICE9303'])
    const unseen = { known: false, why: new Error() }
    expect(judged(roleChecks, 'ICE9303', { role, labels: unseen }, sceneOf({}))).toEqual([
      'unknown: Whether the labels of app fit the selector is not known.',
    ])
  })
})

describe('whom the role lets in, against the file', () => {
  test.each([
    [['web'], ['web'], []],
    [['w*'], ['web'], []],
    [['other'], ['web'], ['error ICE9302']],
    [['web'], ['we*'], ['error ICE9302']],
    [['*'], ['we*'], []],
  ])('the role has %j, the file %j', (names, serviceAccounts, expected) => {
    const role = live({ bound_service_account_names: names })
    expect(judged(roleChecks, 'ICE9302', { role }, sceneOf({ serviceAccounts }))).toEqual(expected)
  })

  test('what the file says explicitly is no warning', () => {
    const role = live({ bound_service_account_names: ['*'] })
    expect(judged(roleChecks, 'ICE9315', { role }, sceneOf())).toEqual(['warning ICE9315'])
    expect(judged(roleChecks, 'ICE9315', { role }, sceneOf({}))).toEqual(['warning ICE9315'])
    const meant = sceneOf({ serviceAccounts: ['*'], accept: ['wildcard'] })
    expect(judged(roleChecks, 'ICE9315', { role }, meant)).toEqual([])
    expect(judged(roleChecks, 'ICE9307', { role: live({}) }, sceneOf({ accept: ['noAudience'] }))).toEqual([])
  })
})

describe('lifetimes', () => {
  const of = (data: object, max_lease_ttl = 3600) => ({ role: live(data), tune: { max_lease_ttl } })
  test.each([
    [{ token_ttl: 3600 }, []],
    [{ token_ttl: 3601 }, ['warning ICE9312']],
    [{ token_period: 7200 }, ['warning ICE9312']],
    [{ token_ttl: 600, token_max_ttl: 300 }, ['warning ICE9312']],
    [{ token_ttl: 600, token_explicit_max_ttl: 300 }, ['warning ICE9312']],
    [{ token_ttl: 300, token_explicit_max_ttl: 600 }, []],
  ])('%j', (data, expected) => {
    expect(judged(roleGrantChecks, 'ICE9312', of(data), sceneOf())).toEqual(expected)
  })

  test('ICE9318: the mount outdoes the role only where it says so', () => {
    const tuned = (token_type: string, data: object) => ({ role: live(data), tune: { max_lease_ttl: 1, token_type } })
    const warned = (token_type: string, data: object) =>
      judged(roleGrantChecks, 'ICE9318', tuned(token_type, data), sceneOf())
    expect(warned('default-service', { token_type: 'batch' })).toEqual([])
    expect(warned('default-batch', { token_num_uses: 1 })).toEqual([])
    expect(warned('batch', { token_type: 'default' })).toEqual([])
    expect(warned('batch', { token_type: 'service' })).toEqual(['warning ICE9318'])
    expect(warned('batch', { token_period: 60 })).toEqual(['warning ICE9318'])
    expect(warned('service', { token_type: 'batch' })).toEqual(['warning ICE9318'])
  })
})

describe('uses and addresses', () => {
  test.each([
    [1, undefined, ['warning ICE9317']],
    [3, undefined, []],
    [0, undefined, []],
    [1, {}, ['error ICE9317']],
    [1, { tokenNumUses: 1 }, []],
    [2, { tokenNumUses: 5 }, ['error ICE9317']],
  ])('%j uses, the file %j', (token_num_uses, section, expected) => {
    expect(judged(roleGrantChecks, 'ICE9317', { role: live({ token_num_uses }) }, sceneOf(section))).toEqual(expected)
  })

  test.each([
    [[], {}, []],
    [['10.0.0.0/8'], {}, ['error ICE9313']],
    [['10.0.0.0/8'], { tokenBoundCIDRs: ['10.0.0.0/8'] }, []],
    [['10.0.0.1'], { tokenBoundCIDRs: ['10.0.0.1/32'] }, []],
    [['10.0.0.0/8'], { tokenBoundCIDRs: ['10.0.0.0/8', '192.168.0.0/16'] }, ['error ICE9313']],
  ])('the role takes %j, the file says %j', (token_bound_cidrs, section, expected) => {
    expect(judged(roleGrantChecks, 'ICE9313', { role: live({ token_bound_cidrs }) }, sceneOf(section))).toEqual(
      expected,
    )
  })
})

describe('a workload at its role', () => {
  const who = { namespace: 'app', name: 'web' }
  const view = known({
    name: 'demo',
    whole: true,
    namespaces: new Map([['app', { team: 'a' }]]),
    accounts: new Map([['app', new Map([['web', who]])]]),
  })
  const bound = (code: string, data: object) =>
    judged(boundChecks, code, { role: live(data), who, view }, sceneOf(), workload)

  test('globs and labels, as the plug-in has them', () => {
    expect(bound('ICE9302', { bound_service_account_names: ['*eb'] })).toEqual([])
    expect(bound('ICE9302', { bound_service_account_names: ['api'] })).toEqual(['error ICE9302'])
    expect(bound('ICE9303', { bound_service_account_namespaces: ['a*'] })).toEqual([])
    const none = { bound_service_account_namespaces: ['other'] }
    expect(bound('ICE9303', none)).toEqual(['error ICE9303'])
    const selector = (team: string) => ({
      ...none,
      bound_service_account_namespace_selector: JSON.stringify({ matchLabels: { team } }),
    })
    expect(bound('ICE9303', selector('a'))).toEqual([])
    expect(bound('ICE9303', selector('b'))).toEqual(['error ICE9303'])
  })
})
