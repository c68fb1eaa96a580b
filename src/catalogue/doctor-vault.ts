import { EXIT, type CodeRecord } from './record.js'

const problem = { severity: 'error', exit: EXIT.problems } as const
const warning = { severity: 'warning', exit: EXIT.done } as const

/** The operator's own way to Vault, and the state that Vault is in; what the client itself says (ICE20xx) is not here. */
export const DOCTOR_VAULT = {
  mountInOtherNamespace: {
    ...problem,
    code: 'ICE9011',
    title: 'The auth mount is in another Vault namespace',
    meaning:
      'The namespace that was asked has no such mount; another one has it, for the same cluster. Every path, and so every login, is looked up in one namespace only.',
    shows:
      '`permission denied` or `missing client token` at every login, though the mount is there whenever somebody else looks.',
    detected:
      'The table of auth mounts of this namespace does not have the path, that of another one does, and the config there names the same API server.',
    remedy: 'Name the namespace: `vault.namespace` in the file, VAULT_NAMESPACE, or --vault-namespace.',
    links: [
      'https://github.com/hashicorp/vault-plugin-auth-kubernetes/issues/109',
      'https://github.com/hashicorp/vault-k8s/issues/129',
      'https://github.com/external-secrets/external-secrets/issues/314',
    ],
  },
  operatorLacksCapabilities: {
    ...warning,
    code: 'ICE9012',
    title: 'Doctor may not see everything',
    meaning:
      'The operator’s own token, or the account of the kubeconfig, may not read what some verdicts depend on. They stay unknown: this says nothing about the trust itself.',
    shows: '`403 permission denied` for the operator; the workloads may be well.',
    detected: 'The servers refused these reads to an identity that they know.',
    remedy:
      'Have the rights given that the finding names. `icebreaker permissions --for doctor` prints all that a file needs.',
    links: ['https://developer.hashicorp.com/vault/docs/concepts/policies#capabilities'],
  },
  proxyInTheWay: {
    ...problem,
    code: 'ICE9013',
    title: 'A proxy stands between this machine and Vault',
    meaning:
      'The environment names a proxy for Vault’s address, and Vault does not answer through it; without it the address answers from here.',
    shows: 'Some programs reach Vault, others time out, depending on which variables they read.',
    detected:
      'The request through the proxy failed, and a connection that leaves the proxy aside is answered by TLS at Vault’s address.',
    remedy: 'Add Vault’s host to NO_PROXY, or unset the variable that names the proxy.',
    links: [
      'https://github.com/cert-manager/cert-manager/issues/3691',
      'https://developer.hashicorp.com/vault/docs/commands#environment-variables',
    ],
  },
  noAuditDevice: {
    ...warning,
    code: 'ICE9014',
    title: 'Vault keeps no audit log',
    meaning:
      'No audit device is enabled, so nobody can tell afterwards who logged in and who read which secret; a refused login leaves no trace either.',
    shows: 'Nothing, until somebody asks who did it.',
    detected:
      'sys/audit lists no device. It is not judged where Vault’s address is a loopback one: that is a Vault for trying things out, or one behind a port-forward of the operator’s own.',
    remedy: 'Enable two audit devices, such as a file and a socket: Vault stops answering when it can write to none.',
    links: ['https://developer.hashicorp.com/vault/docs/audit', 'https://openbao.org/docs/audit/'],
  },
  rootTokenInUse: {
    ...warning,
    code: 'ICE9015',
    title: 'A root token is in use',
    meaning:
      'The operator works with a token of the policy root: it may do everything, mostly never expires, and what is done with it cannot be told apart by person. Proofs that are made with it also do not show which rights a pipeline would lack.',
    shows: 'Nothing: everything is allowed.',
    detected: 'The token’s policies hold `root`. It is not judged where Vault’s address is a loopback one.',
    remedy:
      'Log in as yourself with a policy that has what is needed (`icebreaker permissions`), and revoke the root token: vault token revoke -self.',
    links: ['https://developer.hashicorp.com/vault/docs/concepts/tokens#root-tokens'],
  },
  clockSkew: {
    ...problem,
    code: 'ICE9016',
    title: 'The clocks are apart',
    meaning:
      'Vault compares the times in a service-account token with its own clock and allows 60 seconds. Where its clock is further behind the API server’s, every fresh token is from the future; where it is ahead, tokens expire early.',
    shows:
      '`invalid issued at (iat) claim: token issued in the future`, `invalid not before (nbf) claim: token not yet valid`, or logins that fail near the end of a token’s life.',
    detected:
      'server_time_utc of sys/health, the Date header of the API server and the clock of this machine, compared at the time of each answer.',
    remedy: 'Set the clock that is off: it should follow NTP.',
    links: ['https://github.com/kubernetes/kubernetes/issues/124022'],
  },
  knownAdvisory: {
    ...warning,
    code: 'ICE9017',
    title: 'This version of Vault has known weaknesses',
    meaning:
      'Published advisories on policies, identities, tokens or logins name this version as affected. Icebreaker knows those that matter for this trust and that were published before its own release: that it names none proves nothing.',
    shows: 'Nothing.',
    detected:
      'The version of sys/health and the product, compared with the ranges of the advisories. It is not judged where Vault’s address is a loopback one.',
    remedy: 'Upgrade to a version that has the corrections.',
    links: [
      'https://discuss.hashicorp.com/tag/security-vault/',
      'https://github.com/openbao/openbao/security/advisories',
    ],
  },
  tokenEndsSoon: {
    ...warning,
    code: 'ICE9018',
    title: 'The operator’s token is about to end',
    meaning:
      'The token expires within minutes, or may be used only a few more times. A run that it ends on the way leaves part of the work undone.',
    shows: '`permission denied` in the middle of a run.',
    detected: 'The remaining lifetime and uses that auth/token/lookup-self tells.',
    remedy: 'Log in again, or renew the token: vault token renew.',
  },
  quotaExceeded: {
    ...problem,
    code: 'ICE9019',
    title: 'A quota of Vault turns requests away',
    meaning:
      'A rate limit quota counts the requests of this address or of all clients, and it is used up; logins at the same path are turned away alike.',
    shows: '`429`, `rate limit quota exceeded`, also at logins, whatever their token.',
    detected: 'Requests were answered with 429 until the time limit.',
    remedy: 'Raise the rate, or take the path out of the quota; look for a client that asks in a loop.',
    links: ['https://developer.hashicorp.com/vault/docs/concepts/resource-quotas'],
  },
  standbyCannotForward: {
    ...problem,
    code: 'ICE9020',
    title: 'A standby answers, and does not lead to the active node',
    meaning:
      'The address is that of a standby. It sends requests on to the active node, by itself or by a redirect to the address that the node gives, and there they fail from here.',
    shows:
      'sys/health answers, everything else fails: 307 to an address that nobody outside knows, or connection refused.',
    detected:
      'sys/health answers and says standby, and a request that needs the active node failed, on the way or where it was sent to.',
    remedy:
      'Use the address of the active node (on Kubernetes the Service vault-active), or correct api_addr and cluster_addr in the configuration of the nodes.',
    links: [
      'https://developer.hashicorp.com/vault/docs/concepts/ha#client-redirection',
      'https://openbao.org/docs/concepts/ha/#client-redirection',
    ],
  },
} as const satisfies Record<string, CodeRecord>
