import { rulesOf } from '../../access/rules.js'
import type { Policy } from '../../access/model.js'
import { parseHcl } from '../../policy/parse.js'
import { fact } from '../contract.js'
import { policyText } from './vault.js'

interface OfPolicy {
  readonly policy: string
}
const byName = ({ policy }: OfPolicy): string => policy

/** A policy as Vault has it, parsed by Vault’s own parser. */
export const parsedPolicy = fact({
  what: 'the parsed policy',
  key: byName,
  from: 'operator',
  fetch: async (subject: OfPolicy, { ask }) => parseHcl(await ask(policyText, subject)),
})

/** What a policy allows, as Vault has it. */
export const livePolicy = fact({
  what: 'what the policy allows',
  key: byName,
  from: 'operator',
  fetch: async (subject: OfPolicy, { ask }): Promise<Policy> => ({
    name: subject.policy,
    ...(await rulesOf(await ask(policyText, subject))),
  }),
})
