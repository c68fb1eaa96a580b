import type { VerifyFileOptions } from '../../src/operations/options.js'
import type { ProbeResult } from '../../src/verify/run.js'
import { path } from '../../src/vault/index.js'
import type { Scenario } from '../operations/scenario.js'

/** Verifies, and says of each probe (by what is behind the account and the role) its verdict, and its code if it failed. */
export async function verdicts(
  scenario: Scenario,
  options: Partial<VerifyFileOptions> = {},
): Promise<Record<string, string>> {
  const { verify } = await scenario.verify(options)
  return Object.fromEntries(verify.probes.map((probe) => [whatOf(probe), verdictOf(probe)]))
}

export const whatOf = ({ name }: ProbeResult): string => name.replace(/^.* as [^:]+: /, '')
export const verdictOf = ({ verdict, code }: ProbeResult): string =>
  code === undefined ? verdict : `${verdict} ${code}`

/** Only what did not pass. */
export function exceptions(all: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([, verdict]) => verdict !== 'passed'))
}

/** The detail of one probe. */
export async function detailOf(
  scenario: Scenario,
  what: string,
  options: Partial<VerifyFileOptions> = {},
): Promise<string | undefined> {
  const { verify } = await scenario.verify(options)
  return verify.probes.find((probe) => whatOf(probe) === what)?.detail
}

/** Changes a policy by hand for as long as `during` runs. */
export async function withPolicy<T>(
  { vault }: Scenario,
  name: string,
  policy: string,
  during: () => Promise<T>,
): Promise<T> {
  const target = path`sys/policies/acl/${name}`
  const before = await vault.read<{ policy: string }>(target)
  await vault.write(target, { policy }, { repeatable: true })
  try {
    return await during()
  } finally {
    await vault.write(target, { policy: before?.data.policy ?? '' }, { repeatable: true })
  }
}

/** Changes fields of the role by hand for as long as `during` runs. */
export async function withRole<T>(
  { vault, id }: Scenario,
  role: string,
  fields: Readonly<Record<string, string | number | boolean | readonly string[]>>,
  during: () => Promise<T>,
): Promise<T> {
  const target = path`auth/${id}/role/${role}`
  const before = await vault.read<Record<string, string>>(target)
  await vault.write(target, fields, { repeatable: true })
  try {
    return await during()
  } finally {
    const kept = Object.fromEntries(Object.keys(fields).map((field) => [field, before?.data[field] ?? '']))
    await vault.write(target, kept, { repeatable: true })
  }
}

export const EVERYTHING = 'path "*" { capabilities = ["create", "read", "update", "patch", "delete", "list"] }'
export const NOTHING = '# nothing\n'
