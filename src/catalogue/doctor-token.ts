import { EXIT, type CodeRecord } from './record.js'

const problem = { severity: 'error', exit: EXIT.problems } as const

const PLUGIN = 'https://github.com/hashicorp/vault-plugin-auth-kubernetes'

/** The token of a workload, and its login. */
export const DOCTOR_TOKEN = {
  tokenExpired: {
    ...problem,
    code: 'ICE9401',
    title: 'The token has expired',
    meaning:
      'The kubelet renews a projected token in its file; whoever reads it once and keeps it presents the old one. Tokens of TokenRequest live as long as the cluster allows at most.',
    shows: '`invalid expiration time (exp) claim: token is expired`; within the first minute `permission denied`.',
    detected: 'The claim exp is before the clock of Vault, or of the API server.',
    remedy: 'Read the file again before each login, or make a new token.',
    links: ['https://github.com/hashicorp/vault/issues/12855'],
  },
  tokenNotYetValid: {
    ...problem,
    code: 'ICE9402',
    title: 'The token is not valid yet',
    meaning: 'It was issued in the future, as the server sees it: the clocks of the two differ.',
    shows:
      '`invalid not before (nbf) claim: token not yet valid` or `invalid issued at (iat) claim: token issued in the future`.',
    detected: 'The claims nbf and iat are after the clock of Vault by more than a minute, or after the API server’s.',
    remedy: 'Set the clocks by NTP.',
    links: ['https://github.com/kubernetes/kubernetes/issues/124022'],
  },
  tokenMalformed: {
    ...problem,
    code: 'ICE9403',
    title: 'What is presented is not a JWT',
    meaning:
      'It is cut, has something around it, or is the Base64 text of a Secret as kubectl shows it, which has to be decoded first.',
    shows: '`permission denied`.',
    detected: 'It does not have three parts of which the first two are JSON, or names no algorithm that Vault takes.',
    remedy: 'Present the token itself: three parts with dots between them, which begin with ey.',
  },
  notServiceAccount: {
    ...problem,
    code: 'ICE9404',
    title: 'The token is not one of a service account',
    meaning: 'It is a JWT of somebody else: of a user, of another issuer, or one for another auth method.',
    shows: '`could not parse UID from claims`, with status 500, or `permission denied`.',
    detected: 'Its claims do not name a service account with its namespace and uid.',
    remedy: 'Present the token of a service account, or log in at a mount of the type jwt.',
  },
  tokenRejected: {
    ...problem,
    code: 'ICE9405',
    title: 'The API server does not accept the token',
    meaning:
      'The account was deleted or made anew, or the Pod or Secret that the token is bound to is gone. The token looks right and is worth nothing any more.',
    shows: '`permission denied`.',
    detected: 'A TokenReview by the operator, as Vault would ask it; the API server says why.',
    remedy: 'Get a new token of the account as it is now; a pod gets one when it starts.',
    links: [
      'https://github.com/hashicorp/vault/issues/15430',
      'https://github.com/hashicorp/vault-csi-provider/issues/112',
    ],
  },
  loginRefused: {
    ...problem,
    code: 'ICE9406',
    title: 'Vault refuses the login, and nothing finer is proven',
    meaning:
      'All that can be judged from outside is right: the role, the token, the account. Where the API server accepts the token when the operator asks, the fault lies between Vault and the API server.',
    shows: '`permission denied`.',
    detected: 'A login as the workload does it.',
    remedy:
      'Look at the findings of the auth mount and the reviewer, with --probe. Else the server’s log says more at the level debug: `login unauthorized`.',
    links: [`${PLUGIN}/issues/168`, `${PLUGIN}/issues/373`, 'https://github.com/hashicorp/vault/issues/31139'],
  },
  tokenSignature: {
    ...problem,
    code: 'ICE9407',
    title: 'The signature of the token is broken',
    meaning:
      'It names a key of this cluster, and this key did not sign what it says: it was cut at its end, or somebody changed it.',
    shows: '`permission denied`.',
    detected: 'The signature is verified with the keys that the cluster publishes.',
    remedy: 'Present the token as it was issued, whole.',
  },
  tokenOfAnotherCluster: {
    ...problem,
    code: 'ICE9408',
    title: 'The token was signed by another cluster',
    meaning:
      'None of the keys that this cluster publishes signed it. Many clusters name the same issuer, so only the key tells them apart. Each cluster needs an auth mount of its own.',
    shows: '`permission denied`.',
    detected: 'The API server rejects it, and the key that it names is none of those of the cluster.',
    remedy: 'Log in at the mount of the cluster that issued it. If the cluster has new keys, get a new token.',
  },
  loginQuota: {
    ...problem,
    code: 'ICE9409',
    title: 'A quota keeps logins out',
    meaning: 'A rate limit or a lease count of Vault (sys/quotas) is used up, by this client or by all together.',
    shows: '`rate limit quota exceeded`, with status 429.',
    detected: 'The login is answered with 429.',
    remedy: 'Raise the quota, or find out who logs in so often: mostly a client that does so for every request.',
  },
  entityDisabled: {
    ...problem,
    code: 'ICE9410',
    title: 'Vault’s entity of the account is disabled',
    meaning:
      'Somebody has disabled the entity by which Vault’s identity knows the account, so none of its logins passes.',
    shows: '`permission denied`, though everything is right.',
    detected: 'identity/lookup/entity by the alias that the login would have.',
    remedy: 'Enable it again, if that is meant.',
  },
} as const satisfies Record<string, CodeRecord>
