import type { Ran } from './process.js'

interface Told {
  readonly schemaVersion: number
  readonly exit: number
  readonly error?: ToldError
  readonly errors?: readonly ToldError[]
}

interface ToldError {
  readonly code: string
  readonly message: string
  readonly next: readonly string[]
  readonly evidence?: Readonly<Record<string, unknown>>
  readonly at?: { readonly file: string; readonly line: number; readonly column: number }
}

/** The one JSON document that standard output must be. */
export const json = ({ stdout }: Pick<Ran, 'stdout'>): Told => JSON.parse(stdout) as Told

/** The codes of all that went wrong. */
export function codes(ran: Pick<Ran, 'stdout'>): readonly string[] {
  const { error, errors } = json(ran)
  return (errors ?? (error ? [error] : [])).map(({ code }) => code)
}
