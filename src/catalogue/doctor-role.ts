import { EXIT, type CodeRecord } from './record.js'

const problem = { severity: 'error', exit: EXIT.problems } as const
const warning = { severity: 'warning', exit: EXIT.done } as const

const PLUGIN = 'https://github.com/hashicorp/vault-plugin-auth-kubernetes'
const VAULT = 'https://github.com/hashicorp/vault/issues'

/** A role of an auth mount: whom it lets in, and what it gives. */
export const DOCTOR_ROLE = {
  roleAbsent: {
    ...problem,
    code: 'ICE9301',
    title: 'There is no role of this name on the auth mount',
    meaning:
      'Whoever logs in names a role that this mount does not have, in this Vault namespace. Names are kept in lower case.',
    shows: '`invalid role name "…"`, with status 400.',
    detected: 'Reading auth/MOUNT/role/NAME finds nothing.',
    remedy: 'Make the role, or log in with the one that was meant; look at the mounts that have one of this name.',
  },
  nameNotBound: {
    ...problem,
    code: 'ICE9302',
    title: 'The role does not let in this service account',
    meaning: 'No name or glob of bound_service_account_names fits the name of the account.',
    shows: '`service account name not authorized`.',
    detected: 'The name of the account is compared with the list as the plug-in does it.',
    remedy: 'Add the account to the role, or log in as one that it names.',
    links: [`${PLUGIN}/issues/49`, `${PLUGIN}/issues/79`, `${PLUGIN}/issues/89`],
  },
  namespaceNotBound: {
    ...problem,
    code: 'ICE9303',
    title: 'The role does not let in accounts of this namespace',
    meaning:
      'No name or glob of bound_service_account_namespaces fits the namespace of the account, and the namespace lacks the labels that the selector of the role asks for.',
    shows: '`namespace not authorized`.',
    detected: 'The namespace is compared with the list, and its labels with the selector, as the plug-in does it.',
    remedy: 'Add the namespace to the role, or give it the labels.',
    links: [`${PLUGIN}/issues/49`, 'https://github.com/bank-vaults/bank-vaults/issues/1313'],
  },
  crossProduct: {
    ...warning,
    code: 'ICE9304',
    title: 'The role lets in every pair of its names and namespaces',
    meaning:
      'A role lets in each account name in each of its namespaces. With several of both it admits pairs that nobody may have meant; one that does not exist yet is let in as soon as somebody makes it.',
    shows: 'Nothing fails; an account logs in that nobody thought of.',
    detected: 'The role has several names and several namespaces, and not all pairs exist or are said in the file.',
    remedy: 'Make one role for each namespace.',
    links: [`${VAULT}/11054`],
  },
  audienceMismatch: {
    ...problem,
    code: 'ICE9305',
    title: 'The token is for another audience than the role asks for',
    meaning: 'The role has an audience, and the token that is presented was not made for it.',
    shows: '`invalid audience (aud) claim: audience claim does not match any expected audience`.',
    detected: 'The audience of the role is compared with the claims of the token, or with what the file says.',
    remedy: 'Project a token for the audience of the role into the pod, or change the role.',
    links: [
      `${PLUGIN}/issues/102`,
      'https://github.com/hashicorp/vault-secrets-operator/issues/553',
      'https://github.com/cert-manager/cert-manager/issues/6150',
    ],
  },
  audienceBreaksClientReview: {
    ...problem,
    code: 'ICE9306',
    title: 'Each client asks for itself, and the API server does not accept the audience of the role',
    meaning:
      'Vault has no reviewer’s token here, so it shows the token that logs in to the API server as a login of its own. The API server accepts only tokens for its own audiences, so one for the audience of the role is refused.',
    shows: '`permission denied`.',
    detected:
      'The config of the mount has no reviewer, and the audience is none of those that the API server gives a token made for itself.',
    remedy: 'Give Vault a reviewer, or let the role ask for an audience of the API server.',
    links: [
      'https://github.com/hashicorp/vault-secrets-operator/issues/379',
      'https://github.com/hashicorp/vault-csi-provider/issues/231',
    ],
  },
  audienceUnset: {
    ...warning,
    code: 'ICE9307',
    title: 'The role asks for no audience',
    meaning:
      'A token that was made for any other service may log in: whoever runs that service can come to Vault in the name of the account.',
    shows: 'Nothing fails; Vault warns when the role is written, OpenBao does not.',
    detected: 'The role has no audience, and no file says that this is meant.',
    remedy: 'Set an audience, such as vault, and project tokens for it.',
    links: [`${PLUGIN}/issues/175`, `${VAULT}/6550`],
  },
  policyMissing: {
    ...problem,
    code: 'ICE9309',
    title: 'A policy that the role should give is missing',
    meaning:
      'The role names a policy that Vault does not have, or lacks one that the file gives it. Neither product looks whether a policy exists when a role is written.',
    shows: 'The login works, and everything after it is answered with 403.',
    detected: 'The names on the role, in lower case, are compared with the list of policies and with the file.',
    remedy: 'Make the policy, or correct the name on the role.',
    links: [`${VAULT}/5607`],
  },
  selectorInvalid: {
    ...problem,
    code: 'ICE9310',
    title: 'The namespace selector of the role cannot be used',
    meaning:
      'The selector must be a LabelSelector in JSON or YAML, with matchLabels alone. Whether its keys and values can be labels is looked at only when somebody logs in.',
    shows: '`namespace not authorized err=key: Invalid value: …`; at the write `invalid "…_selector" configured`.',
    detected: 'The stored selector is parsed, and its keys and values are compared with what Kubernetes takes.',
    remedy: 'Write it as {"matchLabels":{"KEY":"VALUE"}}.',
    links: [`${VAULT}/31560`],
  },
  selectorWiped: {
    ...problem,
    code: 'ICE9311',
    title: 'The role has lost its namespace selector',
    meaning:
      'A write of a role keeps what it does not mention, save the selector: every write that leaves it away clears it.',
    shows: '`namespace not authorized`, since the last change of the role.',
    detected: 'The file gives the role a selector, and the live role has none.',
    remedy: 'Write the role again, with its selector; always send it.',
  },
  ttlInvalid: {
    ...warning,
    code: 'ICE9312',
    title: 'Tokens of the role live shorter than it says',
    meaning:
      'The role asks for more than the mount, or than its own maximum, allows. Vault cuts it without an error: only a warning in the answer to the login says so.',
    shows: 'Tokens end early; `TTL of "…" exceeded the effective max_ttl of "…"` in the answer to the login.',
    detected: 'The times of the role are compared with each other and with max_lease_ttl of the mount.',
    remedy: 'Lower the times of the role, or raise max_lease_ttl of the mount.',
  },
  addressNotBound: {
    ...problem,
    code: 'ICE9313',
    title: 'The role does not let in logins from this address',
    meaning:
      'token_bound_cidrs holds for the login too, and it is the first thing that is looked at: whoever comes from elsewhere is refused before the token is read.',
    shows: '`permission denied`, mostly from pods or from one network only.',
    detected:
      'A scratch role with the same addresses, which lets nobody in, is refused at the door; or the file says others.',
    remedy:
      'Add the addresses from which Vault sees the logins come: the audit log’s remote_address shows them. Behind a proxy that is its address, unless x_forwarded_for is set up.',
  },
  boundAccountMissing: {
    ...problem,
    code: 'ICE9314',
    title: 'A service account that the role names does not exist',
    meaning: 'The role waits for an account that is not on the cluster: it was deleted, or misspelt, or comes later.',
    shows: 'The pod does not start; or `permission denied` with a token of the account as it was.',
    detected: 'The names that the role binds are compared with the service accounts of the cluster.',
    remedy: 'Make the account, or correct the role.',
  },
  wildcardBinding: {
    ...warning,
    code: 'ICE9315',
    title: 'The role binds by wildcard',
    meaning:
      'A * in a name, a namespace, or a selector that fits every namespace lets in accounts that do not exist yet: whoever may make one gets what the role gives.',
    shows: 'Nothing fails; an account logs in that nobody thought of.',
    detected: 'The bindings of the role hold a *, and no file says that this is meant.',
    remedy: 'Name the accounts and namespaces, or say in the file that it is meant: accept: [wildcard].',
    links: [`${VAULT}/11054`],
  },
  entityChurn: {
    severity: 'info',
    exit: EXIT.done,
    code: 'ICE9316',
    title: 'An account was made anew, and what Vault’s identity gave it stayed with the old one',
    meaning:
      'Vault knows an account by its uid, unless the role says serviceaccount_name. One that is made anew is somebody else: policies and groups of the old entity do not hold for it.',
    shows: 'The login works, and what came from the entity or a group is answered with 403.',
    detected:
      'An alias of the mount has a uid that no account has any more, though its name exists, and its entity has policies or groups.',
    remedy:
      'Give them to the new entity. alias_name_source=serviceaccount_name avoids it, and then whoever makes an account of that name inherits them.',
    links: [`${PLUGIN}/issues/75`, `${VAULT}/13972`],
  },
  tooFewUses: {
    ...problem,
    code: 'ICE9317',
    title: 'Tokens of the role are used up after a few requests',
    meaning:
      'token_num_uses counts every request, also looking the token up and renewing it. Agents, the injector, CSI and the operators make several.',
    shows: 'The first request works, the next ones are answered with 403.',
    detected: 'token_num_uses of the role, where no file says it.',
    remedy: 'Set token_num_uses to 0, or to what one run of the workload really needs.',
  },
  batchToken: {
    ...warning,
    code: 'ICE9318',
    title: 'The mount decides what sort of token comes out, not the role',
    meaning:
      'token_type=batch or service of the mount outdoes the role. A batch token cannot be renewed or revoked, and a limit of uses or a period of the role does not hold for it.',
    shows: 'Tokens without an accessor, that end for good; or tokens that last for more requests than the role allows.',
    detected: 'token_type of the mount is compared with what the role asks for.',
    remedy: 'Set token_type of the mount to default-service or default-batch, so that roles decide.',
  },
  rootPolicy: {
    ...problem,
    code: 'ICE9319',
    title: 'The role names the policy root',
    meaning: 'No login makes a root token, so whoever uses the role is refused.',
    shows: '`auth methods cannot create root tokens`, with status 400.',
    detected: 'The policies of the role.',
    remedy: 'Take root from the role, and name the policies that are needed.',
  },
} as const satisfies Record<string, CodeRecord>
