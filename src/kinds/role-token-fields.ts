import * as v from 'valibot'
import { vaultAddress } from './address.js'
import { duration, nameOf } from './atoms.js'
import { Reference, type Sayings } from './export.js'
import { optional, type Fields } from './fields.js'

/** What a login gives: the same for the roles of every auth method. */
export const roleTokenFields = {
  policies: optional(v.array(nameOf('policies', ['default'])), 'token_policies', {
    about: 'What whoever logs in may do: policies of this file, or `default`.',
    absent: [],
    compare: 'set',
  }),
  tokenTTL: optional(duration, 'token_ttl', {
    about: 'How long a token of Vault lives before it must be renewed; 0s: as the mount says.',
    absent: 0,
    unit: 'seconds',
  }),
  tokenMaxTTL: optional(duration, 'token_max_ttl', {
    about: 'How long it may be renewed at most; 0s: as the mount says.',
    absent: 0,
    unit: 'seconds',
  }),
  tokenExplicitMaxTTL: optional(duration, 'token_explicit_max_ttl', {
    about: 'A hard end, whatever the mount says; 0s: none.',
    absent: 0,
    unit: 'seconds',
  }),
  tokenPeriod: optional(duration, 'token_period', {
    about: 'A token that is renewed at least this often lives on; 0s: not so.',
    absent: 0,
    unit: 'seconds',
  }),
  tokenNumUses: optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 'token_num_uses', {
    about: 'How often a token may be used; 0: any number of times.',
    absent: 0,
  }),
  tokenNoDefaultPolicy: optional(v.boolean(), 'token_no_default_policy', {
    about: 'Leave the policy `default` away, which lets a token renew itself and look at itself.',
    absent: false,
  }),
  tokenBoundCIDRs: optional(v.array(v.string()), 'token_bound_cidrs', {
    about: 'The addresses that a login may come from and a token be used from.',
    absent: [],
    compare: 'cidrs',
  }),
  tokenType: optional(v.picklist(['default', 'service', 'batch']), 'token_type', {
    about: 'service: can be renewed and revoked. batch: neither, and cheaper. default: as the mount says.',
    absent: 'default',
  }),
  // Only one of the two products knows each of these, so they are sent only where they are asked for.
  aliasMetadata: optional(v.record(v.string(), v.string()), 'alias_metadata', {
    about: 'Metadata for the alias of the account, which templates of policies can use; not every server knows it.',
    notEverywhere: true,
  }),
  tokenStrictlyBindIP: optional(v.boolean(), 'token_strictly_bind_ip', {
    about: 'The token can only be used from the address that logged in; not every server knows it.',
    notEverywhere: true,
  }),
} as const satisfies Fields

const policyNamed = (name: string): Reference => new Reference(vaultAddress(`sys/policies/acl/${name}`), '.name', name)

/** The same in Terraform, for the roles of both methods. */
export const roleTokenSayings = {
  policies: { as: 'token_policies', value: (policies) => (policies as string[]).map(policyNamed) },
  tokenTTL: true,
  tokenMaxTTL: true,
  tokenExplicitMaxTTL: true,
  tokenPeriod: true,
  tokenNumUses: true,
  tokenNoDefaultPolicy: true,
  tokenBoundCIDRs: true,
  tokenType: true,
  aliasMetadata: true,
  tokenStrictlyBindIP: {
    cannot: 'the provider has no argument for it, so a token can be used from other addresses, too',
  },
} as const satisfies Sayings<typeof roleTokenFields>
