import { KUBERNETES, VAULT, type CodeRecord } from '../catalogue/index.js'
import type { Checked, Roots } from './roots.js'

/** One step of a login as the plug-in does it, and the codes whose verdicts say whether it fails. */
export interface LoginStep {
  readonly title: string
  readonly codes: readonly CodeRecord['code'][]
}

/** How a step went. */
export interface TraceStep {
  readonly title: string
  /** not reached: an earlier step fails, and this one was not judged for itself. */
  readonly state: Checked['state'] | 'not reached'
  /** Of what fails here; where nothing does, of what was looked for. */
  readonly codes: readonly CodeRecord['code'][]
  /** For people, short. */
  readonly detail?: string
}

const ice = (...numbers: readonly number[]): CodeRecord['code'][] =>
  numbers.map((number): CodeRecord['code'] => `ICE${number}`)
const from = (first: number, last: number): CodeRecord['code'][] =>
  ice(...Array.from({ length: last - first + 1 }, (_, index) => first + index))
const ofArea = (area: object): CodeRecord['code'][] => Object.values<CodeRecord>(area as never).map(({ code }) => code)

/** Where what the token says of itself is shown. */
const TOKEN_STEP = 'The token is a JWT'
/** The last one: it proves all that come before. */
const LAST_STEP = 'Vault issues a token'

/**
 * The login algorithm, in its order: vault-plugin-auth-kubernetes and its fork in OpenBao, path_login.go, pathLogin;
 * before it what the servers do themselves. That addresses come before the config was seen on both products.
 */
export const LOGIN_STEPS: readonly LoginStep[] = [
  { title: 'Vault serves requests', codes: [...ofArea(VAULT), ...ice(9013, 9020)] },
  { title: 'The auth mount is there', codes: ice(9011, 9101, 9102) },
  { title: 'No quota keeps the login out', codes: ice(9019, 9409) },
  { title: 'The role exists', codes: ice(9301) },
  { title: 'The role takes logins from this address', codes: ice(9313) },
  { title: 'The mount has a config', codes: ice(9103, 9124) },
  { title: TOKEN_STEP, codes: ice(9403) },
  { title: 'Its signature fits the stored keys', codes: ice(9122, 9123) },
  { title: 'Its issuer is the expected one', codes: ice(9120) },
  { title: 'It is for the audience of the role', codes: ice(9305) },
  { title: 'It is valid now', codes: ice(9016, 9401, 9402) },
  { title: 'It is of a service account', codes: ice(9404) },
  { title: 'The role lets in the name', codes: ice(9302) },
  { title: 'The role lets in the namespace', codes: ice(9214, 9303, 9310, 9311) },
  { title: 'Vault reaches the API server', codes: [...ofArea(KUBERNETES), ...from(9104, 9119), ...ice(9125)] },
  {
    title: 'The API server lets Vault ask',
    codes: [...from(9201, 9203), ...from(9205, 9208), ...from(9210, 9212), ...ice(9217, 9306)],
  },
  { title: 'The API server accepts the token', codes: ice(9314, 9405, 9407, 9408) },
  { title: 'The account’s annotations can be read', codes: ice(9215, 9216) },
  { title: 'Vault’s identity lets it in', codes: ice(9410) },
  { title: LAST_STEP, codes: ice(9319, 9406) },
]

/**
 * A login step by step. After the first step that fails the others were not reached, unless they were judged for
 * themselves; a login that worked has passed every step. Pure.
 * @param said what the token says of itself, for people
 */
export function traceOf({ findings, checks }: Pick<Roots, 'findings' | 'checks'>, said?: string): readonly TraceStep[] {
  const codesOf = ({ codes }: LoginStep): CodeRecord['code'][] => [
    ...new Set(findings.flatMap(({ code, severity }) => (severity !== 'info' && codes.includes(code) ? [code] : []))),
  ]
  // One that found something else says nothing of this step.
  const judged = checks.filter(({ state }) => state !== 'problem')
  const judgedOf = ({ codes }: LoginStep): Checked[] => {
    // What can turn out to be many things is of the step of the usual one.
    const own = judged.filter((check) => check.codes.slice(0, 1).some((code) => codes.includes(code)))
    return own.length > 0 ? own : judged.filter((check) => check.codes.some((code) => codes.includes(code)))
  }
  const isIn = LOGIN_STEPS.some((step) => step.title === LAST_STEP && judgedOf(step).some(isOkLogin))
  let hasFailed = false
  return LOGIN_STEPS.map((step) => {
    const failing = codesOf(step)
    const { state, detail } = isIn && failing.length === 0 ? OK : stateOf(failing, judgedOf(step), hasFailed)
    hasFailed ||= state === 'problem' || state === 'explained'
    const text = detail ?? (step.title === TOKEN_STEP && state === 'ok' ? said : undefined)
    return {
      title: step.title,
      state,
      codes: failing.length > 0 ? failing : step.codes,
      ...(text !== undefined && { detail: text }),
    }
  })
}

type Stated = Pick<TraceStep, 'state' | 'detail'>

const OK: Stated = { state: 'ok' }

const isOkLogin = ({ state, codes }: Checked): boolean => state === 'ok' && codes.includes('ICE9406')

function stateOf(failing: readonly string[], judged: readonly Checked[], hasFailed: boolean): Stated {
  if (failing.length > 0) return { state: 'problem' }
  const states = new Set(judged.map(({ state }) => state))
  if (states.has('explained')) return { state: 'explained' }
  const open = judged.find(({ state }) => state === 'unknown') ?? judged.find(({ state }) => state === 'skipped')
  if (open === undefined && judged.length > 0) return OK
  if (hasFailed) return { state: 'not reached' }
  if (open === undefined) return { state: 'unknown' }
  const { state, because, why, writes } = open
  const detail = writes !== undefined ? 'needs --probe' : state === 'skipped' ? because : why
  return { state, ...(detail !== undefined && { detail }) }
}
