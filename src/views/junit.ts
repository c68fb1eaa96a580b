import type { ApplyResult, DriftResult, OperationResult } from '../operations/results.js'
import type { DoctorResult } from '../operations/doctor/types.js'
import type { PolicyLintResult } from '../operations/policy-lint.js'
import type { VerifyResult } from '../verify/run.js'
import type { Renderer } from './renderer.js'
import type { PlainResult } from './results.js'
import type { ErrorRecord, Told } from './told.js'

interface Case {
  readonly name: string
  readonly group: string
  readonly seconds: number
  readonly problem?: { readonly as: 'failure' | 'error' | 'skipped'; readonly type?: string; readonly message: string }
}

interface Suite {
  readonly name: string
  readonly cases: readonly Case[]
}

/** JUnit's XML as GitLab, Jenkins and their like read it: a case for each object and each probe. */
export function junit(command: string): Renderer {
  return {
    result: (result) => xml(suitesOf(result)),
    error: (errors) => xml([{ name: command, cases: errors.map((error) => errorCase(command, error)) }]),
  }
}

function suitesOf(result: Told<OperationResult> | PlainResult): Suite[] {
  if (result.operation === 'apply') return [applySuite(result), ...(result.verify ? [verifySuite(result.verify)] : [])]
  if (result.operation === 'drift') return [driftSuite(result), ...(result.verify ? [verifySuite(result.verify)] : [])]
  if (result.operation === 'verify') return [verifySuite(result.verify)]
  if (result.operation === 'policy lint') return [lintSuite(result)]
  if (result.operation === 'doctor' || result.operation === 'doctor login' || result.operation === 'doctor pod')
    return [doctorSuite(result)]
  throw new Error(`${result.operation} has no form in JUnit`)
}

function applySuite({ plan, outcomes }: Told<ApplyResult>): Suite {
  const byAddress = new Map(outcomes.map((outcome) => [outcome.address, outcome]))
  const cases = plan.objects.map(({ address, kind }): Case => {
    const { state = 'done', seconds = 0, error, reason } = byAddress.get(address) ?? {}
    const base = { name: address, group: kind, seconds }
    if (state === 'done') return base
    const message = error?.message ?? reason ?? state
    if (state === 'skipped') return { ...base, problem: { as: 'skipped', message } }
    return {
      ...base,
      problem: { as: state === 'failed' ? 'failure' : 'error', message, ...(error && { type: error.code }) },
    }
  })
  return { name: 'apply', cases }
}

function driftSuite({ plan }: Told<DriftResult>): Suite {
  const cases = plan.objects.map(({ address, kind, action, changes, reason }): Case => {
    const base = { name: address, group: kind, seconds: 0 }
    if (action === 'none') return base
    const fields = changes.map(({ field }) => field).join(', ')
    return { ...base, problem: { as: 'failure', message: reason ?? (action === 'create' ? 'it is missing' : fields) } }
  })
  return { name: 'drift', cases }
}

function verifySuite({ probes }: Told<VerifyResult>): Suite {
  const cases = probes.map(({ name, cluster, role, verdict, seconds, detail = verdict, code }): Case => {
    const base = { name, group: cluster === '' ? role : `${cluster}.${role}`, seconds }
    if (verdict === 'passed') return base
    return {
      ...base,
      problem: {
        as: verdict === 'failed' ? 'failure' : 'skipped',
        message: detail,
        ...(code !== undefined && { type: code }),
      },
    }
  })
  return { name: 'verify', cases }
}

/** A case for each check of each subject; a warning or a note is no failure. */
function doctorSuite({ findings, checks }: Told<DoctorResult>): Suite {
  const errors = findings.filter(({ severity }) => severity === 'error')
  const cases = checks.map(({ codes, subject, state, because, why = '' }): Case => {
    const found = errors.find((finding) => finding.subject === subject && codes.includes(finding.code))
    const base = { name: `${found?.code ?? codes[0] ?? ''} ${subject}`, group: 'doctor', seconds: 0 }
    if (state === 'problem' && found !== undefined) {
      const steps = [...(found.remedy.text === undefined ? [] : [found.remedy.text]), ...found.remedy.commands]
      const text = [
        found.message,
        ...Object.entries(found.evidence).map(([name, value]) => `${name}: ${String(value)}`),
        ...steps,
      ]
      return { ...base, problem: { as: 'failure', type: found.code, message: text.join('\n') } }
    }
    if (state === 'ok' || state === 'problem') return base
    return { ...base, problem: { as: 'skipped', message: because === undefined ? why : `${because}: ${why}` } }
  })
  return { name: 'doctor', cases }
}

/** A case for each finding, and one for each policy in which nothing was found; a note is no failure. */
function lintSuite({ policies, skipped }: Told<PolicyLintResult>): Suite {
  const cases = policies.flatMap(({ source, name = source, findings }): Case[] => {
    if (findings.length === 0) return [{ name, group: source, seconds: 0 }]
    return findings.map(({ code, severity, title, at, message, corrected }) => {
      const base = { name: `${at.line}:${at.column} ${code} ${title}`, group: source, seconds: 0 }
      if (severity === 'info') return base
      const instead = corrected === undefined ? [] : ['Instead:', corrected]
      const text = [`${at.file}:${at.line}:${at.column}: ${message}`, ...instead].join('\n')
      return { ...base, problem: { as: 'failure', type: code, message: text } }
    })
  })
  const unseen = skipped.map(({ code, title, why }): Case => ({
    name: `${code} ${title}`,
    group: 'policy lint',
    seconds: 0,
    problem: { as: 'skipped', message: why },
  }))
  return { name: 'policy lint', cases: [...cases, ...unseen] }
}

function errorCase(command: string, { code, message, next, at, address }: ErrorRecord): Case {
  const place = at === undefined ? '' : `${at.file}:${at.line}:${at.column}: `
  const name = address ?? (at === undefined ? command : `${at.file}:${at.line}`)
  return {
    name,
    group: command,
    seconds: 0,
    problem: { as: 'error', type: code, message: [`${place}${message}`, ...next].join('\n') },
  }
}

function xml(suites: readonly Suite[]): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="icebreaker"${totals(suites.flatMap(({ cases }) => cases))}>`,
    ...suites.flatMap(({ name, cases }) => [
      `  <testsuite${attribute('name', name)}${totals(cases)}>`,
      ...cases.flatMap(caseLines),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ]
  return `${lines.join('\n')}\n`
}

function totals(cases: readonly Case[]): string {
  const of = (wanted: string) => cases.filter(({ problem }) => problem?.as === wanted).length
  const time = cases.reduce((sum, { seconds }) => sum + seconds, 0)
  return ` tests="${cases.length}" failures="${of('failure')}" errors="${of('error')}" skipped="${of('skipped')}" time="${time.toFixed(3)}"`
}

function caseLines({ name, group, seconds, problem }: Case): string[] {
  const head = `    <testcase${attribute('name', name)}${attribute('classname', group)} time="${seconds.toFixed(3)}"`
  if (problem === undefined) return [`${head}/>`]
  const { as, type, message } = problem
  const first = attribute('message', message.split('\n', 1)[0] ?? '')
  if (as === 'skipped') return [`${head}>`, `      <skipped${first}/>`, '    </testcase>']
  return [
    `${head}>`,
    `      <${as}${type === undefined ? '' : attribute('type', type)}${first}>${escape(message)}</${as}>`,
    '    </testcase>',
  ]
}

const attribute = (name: string, value: string): string =>
  ` ${name}="${escape(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** XML 1.0 has no place at all for most control characters, lone surrogates, U+FFFE and U+FFFF. Runners obey `::` and `##[`. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
    .replace(/^(\s*):(?=:)/gm, '$1&#58;')
    .replaceAll('##[', '#&#35;[')
}
