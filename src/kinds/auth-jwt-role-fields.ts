import * as v from 'valibot'
import { duration } from './atoms.js'
import { entries, optional, type Fields } from './fields.js'
import { roleTokenFields } from './role-token-fields.js'

/** Where a token of a service account says who it is of; only tokens that expire do (not those of Secrets). */
export const NAME_CLAIM = '/kubernetes.io/serviceaccount/name'
export const NAMESPACE_CLAIM = '/kubernetes.io/namespace'
export const UID_CLAIM = '/kubernetes.io/serviceaccount/uid'

const leeway = (about: string) => ({ about, absent: 0 })
const orOff = v.union(
  [duration, v.literal(-1)],
  'expected a duration such as 30s, 0s for the server’s default, or -1 for none',
)
const claim = v.pipe(v.string(), v.nonEmpty())
const texts = v.array(v.pipe(v.string(), v.nonEmpty()))

/**
 * What `roles.NAME.jwt` may say. Not here: `role_type`, which is always jwt, and what OpenBao has for logins by browser
 * alone (callback_mode, poll_interval, oauth2_metadata, oidc_disable_confirmation).
 */
const own = {
  boundAudiences: optional(texts, 'bound_audiences', {
    about: 'Audiences that fit as well as the one of the role; any of them is enough.',
    absent: [],
    compare: 'set',
  }),
  boundSubject: optional(claim, 'bound_subject', {
    about: 'The subject that a token must have: system:serviceaccount:NAMESPACE:NAME.',
    absent: '',
  }),
  boundClaims: optional(v.record(claim, v.union([v.string(), v.boolean(), v.number(), texts])), 'bound_claims', {
    about:
      'Claims that a token must have besides, by name or by JSON pointer, each with a value or several that fit. Account and namespace are bound anyway.',
    absent: {},
  }),
  boundClaimsType: optional(v.picklist(['string', 'glob']), 'bound_claims_type', {
    about: 'How values of claims are compared; glob where an account or a namespace is one.',
    absent: 'string',
  }),
  userClaim: optional(claim, 'user_claim', {
    about: 'The claim that Vault knows an account by afterwards; default: as aliasNameSource says.',
  }),
  userClaimJSONPointer: optional(v.boolean(), 'user_claim_json_pointer', {
    about: 'The userClaim is a JSON pointer; default: where it begins with /.',
    absent: false,
  }),
  groupsClaim: optional(claim, 'groups_claim', {
    about: 'The claim that lists groups, which become group aliases.',
    absent: '',
  }),
  claimMappings: optional(v.record(claim, v.pipe(v.string(), v.nonEmpty())), 'claim_mappings', {
    about:
      'Claims that become metadata of the alias, which templates of policies can use; default: those of the method `kubernetes`, under the same names.',
    absent: {},
  }),
  clockSkewLeeway: optional(orOff, 'clock_skew_leeway', leeway('How far clocks may differ, for all claims of time.')),
  expirationLeeway: optional(
    orOff,
    'expiration_leeway',
    leeway('How long after its end a token without a beginning still fits.'),
  ),
  notBeforeLeeway: optional(
    orOff,
    'not_before_leeway',
    leeway('How long before its beginning a token without an end fits.'),
  ),
  maxAge: optional(duration, 'max_age', {
    about: 'How old a login may be; for logins by browser.',
    absent: 0,
    unit: 'seconds',
  }),
  oidcScopes: optional(texts, 'oidc_scopes', {
    about: 'The scopes to ask for; for logins by browser.',
    absent: [],
    compare: 'set',
  }),
  allowedRedirectURIs: optional(texts, 'allowed_redirect_uris', {
    about: 'Where a login may lead back to; for logins by browser.',
    absent: [],
    compare: 'set',
  }),
  verboseOIDCLogging: optional(v.boolean(), 'verbose_oidc_logging', {
    about: 'Write tokens and claims to the server’s log at level debug: never in production.',
    absent: false,
  }),
  tokenPoliciesTemplateClaims: optional(v.boolean(), 'token_policies_template_claims', {
    about: 'The policies are templates of claims; OpenBao only.',
    notEverywhere: true,
  }),
} as const satisfies Fields

export const jwtRoleSchema = v.pipe(
  v.strictObject(entries(own)),
  v.forward(
    v.check(
      ({ boundClaims = {} }) => !(NAME_CLAIM in boundClaims) && !(NAMESPACE_CLAIM in boundClaims),
      'the account and its namespace are bound by serviceAccounts and namespaces of the role',
    ),
    ['boundClaims'],
  ),
)

/**
 * Every field of auth/MOUNT/role/NAME of the method `jwt`. Accounts and namespaces are two of the bound claims there;
 * here they are what the file calls them.
 */
export const authJwtRoleFields = {
  serviceAccounts: optional(v.array(v.string()), `bound_claims ${NAME_CLAIM}`, {
    about: 'The service accounts that may log in.',
    absent: [],
    compare: 'set',
  }),
  namespaces: optional(v.array(v.string()), `bound_claims ${NAMESPACE_CLAIM}`, {
    about: 'The namespaces that they must be in.',
    absent: [],
    compare: 'set',
  }),
  ...own,
  roleType: optional(v.literal('jwt'), 'role_type', { about: 'jwt: the login is one request with a token.' }),
  ...roleTokenFields,
} as const satisfies Fields
