import { EXIT, isIceError, isIceErrors, type IceError, type Origin, type Severity } from '../catalogue/index.js'
import { USAGE } from '../catalogue/usage.js'
import { redact } from '../secrets/redact.js'
import { Secret } from '../secrets/secret.js'
import { Shown } from '../secrets/shown.js'
import type { Environment } from './theme.js'

/** An error as plain data: what JSON holds, and what the other formats are made from. */
export interface ErrorRecord {
  readonly code: string
  readonly severity: Severity
  readonly title: string
  readonly message: string
  readonly evidence?: Readonly<Record<string, string | number | boolean>>
  readonly next: readonly string[]
  readonly at?: Origin
  readonly address?: string
  /** The page that says more, in the documentation. */
  readonly page: string
  readonly exit: number
}

/** The same data with errors as records, and secrets as what may be shown of them. */
export type Told<T> = T extends IceError
  ? ErrorRecord
  : T extends Secret | Shown
    ? string
    : T extends readonly (infer Item)[]
      ? readonly Told<Item>[]
      : T extends object
        ? { readonly [K in keyof T]: Told<T[K]> }
        : T

/** Makes a result fit to be shown: errors become records, and every text is redacted once more, wherever it came from. */
export function tell<T>(value: T): Told<T> {
  return plain(value) as Told<T>
}

/**
 * What the file and this tool call things. The file is searched for control characters when it is read, and a name that
 * happens to be somebody's password must not be blanked out: that would give the password away.
 */
const NAMES: ReadonlySet<string> = new Set([
  'operation',
  'address',
  'kind',
  'title',
  'name',
  'cluster',
  'role',
  'field',
])

function plain(value: unknown): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map(plain)
  if (isIceError(value)) return errorRecord(value)
  if (value instanceof Shown) return Shown.text(value)
  if (value instanceof Secret) return String(value)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [redact(key), NAMES.has(key) && typeof member === 'string' ? member : plain(member)]),
  )
}

/** All that an error says, as records; what is none of our errors is a bug, of which only its name and message are told. */
export function errorRecords(error: unknown, env: Environment): readonly ErrorRecord[] {
  if (isIceErrors(error)) return error.errors.map(errorRecord)
  return [isIceError(error) ? errorRecord(error) : bugRecord(error, env)]
}

/** The exit code that an error asks for. */
export const exitOf = (error: unknown): number =>
  isIceError(error) || isIceErrors(error) ? error.exitCode : EXIT.failed

export const pageOf = (code: string): string => `docs/codes/${code}.md`

function errorRecord({ record, details, message, next, exitCode }: IceError): ErrorRecord {
  const { evidence, at, address } = details
  return {
    code: record.code,
    severity: record.severity,
    title: record.title,
    message: redact(message),
    ...(evidence && { evidence: plain(evidence) as Record<string, string> }),
    next: next.map(redact),
    ...(at && { at: { ...at, file: redact(at.file) } }),
    ...(address !== undefined && { address: redact(address) }),
    page: pageOf(record.code),
    exit: exitCode,
  }
}

function bugRecord(error: unknown, env: Environment): ErrorRecord {
  const { name, message, stack } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  const { code, severity, title, remedy, exit } = USAGE.bug
  return {
    code,
    severity,
    title,
    message: redact(`This is a bug in icebreaker. ${name}: ${message}`),
    ...(env['DEBUG'] && stack !== undefined && { evidence: { stack: redact(stack) } }),
    next: [remedy],
    page: pageOf(code),
    exit,
  }
}
