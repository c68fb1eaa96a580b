import { EXIT, type CodeRecord } from './record.js'

const usage = { severity: 'error', exit: EXIT.usage } as const
const unreachable = { severity: 'error', exit: EXIT.unreachable } as const
const notPermitted = { severity: 'error', exit: EXIT.notPermitted } as const
const failed = { severity: 'error', exit: EXIT.failed } as const

export const VAULT = {
  noAddress: {
    ...usage,
    code: 'ICE2001',
    title: 'No Vault address',
    meaning: 'Nothing says which Vault to talk to: no flag, no `vault.address` in the file, no VAULT_ADDR or BAO_ADDR.',
    remedy: 'Set `vault.address` in the file, VAULT_ADDR in the environment, or pass --vault-address.',
  },
  badAddress: {
    ...usage,
    code: 'ICE2002',
    title: 'A Vault address that cannot be used',
    meaning:
      'An address is a scheme, a host and a port, such as https://vault.example.com:8200, without user, query or fragment.',
    remedy: 'Write the address in full, with https://.',
  },
  plaintext: {
    ...usage,
    code: 'ICE2003',
    title: 'Vault over plain http',
    meaning:
      'Tokens and secrets would cross the network unencrypted. Only a loopback address may be spoken to over http unless the file says that it is meant.',
    remedy: 'Use the https address of this Vault.',
  },
  verificationOff: {
    ...usage,
    code: 'ICE2004',
    title: 'The environment switches TLS verification off',
    meaning:
      'VAULT_SKIP_VERIFY or BAO_SKIP_VERIFY is set. Without verification anybody on the way can pose as Vault and take the token.',
    remedy:
      'Unset the variable and name the certificate authority instead: `vault.caFile` in the file, or VAULT_CACERT.',
  },
  badSetting: {
    ...usage,
    code: 'ICE2005',
    title: 'A setting for Vault that cannot be used',
    meaning:
      'A flag, an environment variable or a key of the file holds a value that cannot be read or makes no sense.',
    remedy: 'Correct or unset it.',
  },
  foreignToken: {
    ...usage,
    code: 'ICE2006',
    title: 'The token belongs to another server',
    meaning:
      'A token from the environment or from the token file, and whatever a login is made with, only goes to the server that VAULT_ADDR, BAO_ADDR or a flag names, so that no changed file can carry it elsewhere.',
    remedy: 'If the file is right, set VAULT_ADDR to its address, or pass --vault-address.',
  },
  badToken: {
    ...usage,
    code: 'ICE2007',
    title: 'A token with characters that no token has',
    meaning: 'The token holds a space, a line break, a control character or a letter outside ASCII. It was not sent.',
    remedy: 'Set the token again; take care that nothing is added when it is copied.',
  },
  noToken: {
    ...notPermitted,
    code: 'ICE2008',
    title: 'No Vault token',
    meaning: 'There is no token in VAULT_TOKEN or BAO_TOKEN and none in the token file, and this call needs one.',
    remedy: 'Log in with `vault login` or `bao login`, or set VAULT_TOKEN.',
  },
  tokenFileOpen: {
    code: 'ICE2009',
    severity: 'warning',
    exit: EXIT.done,
    title: 'Others can read the token file',
    meaning: 'The permissions of the token file let other users of this machine read it.',
    remedy: 'chmod 600 the file, and think of the token as seen.',
  },
  hostNotFound: {
    ...unreachable,
    code: 'ICE2010',
    title: 'The name of the Vault server does not resolve',
    meaning: 'DNS has no address for the host, or no DNS server answered.',
    remedy: 'Check the spelling of the address and whether this machine must be in a VPN to resolve it.',
  },
  refused: {
    ...unreachable,
    code: 'ICE2011',
    title: 'The Vault server refused the connection',
    meaning: 'The host answered, but nothing listens on that port.',
    remedy: 'Check the port, and whether Vault runs. For a Vault inside a cluster there is `vault.portForward`.',
  },
  timedOut: {
    ...unreachable,
    code: 'ICE2012',
    title: 'The Vault server did not answer in time',
    meaning:
      'No connection or no answer came within the time limit. Firewalls that drop packets look like this, and servers under load.',
    remedy: 'Check the route to the address; VAULT_CLIENT_TIMEOUT sets the limit.',
  },
  connectionLost: {
    ...unreachable,
    code: 'ICE2013',
    title: 'The connection to Vault broke',
    meaning: 'The connection was closed or reset before the whole answer had come.',
    remedy: 'Try again. If it keeps happening, look at what stands between: load balancer, proxy, service mesh.',
  },
  needsHttps: {
    ...unreachable,
    code: 'ICE2014',
    title: 'Vault speaks https, the address says http',
    meaning: 'The server expects TLS on this port.',
    remedy: 'Change http:// to https:// in the address.',
  },
  needsHttp: {
    ...unreachable,
    code: 'ICE2015',
    title: 'Vault speaks http, the address says https',
    meaning: 'The server does not speak TLS on this port.',
    remedy: 'Turn TLS on in Vault’s listener. For a Vault on this machine change https:// to http://.',
  },
  tlsUntrusted: {
    ...unreachable,
    code: 'ICE2016',
    title: 'Vault’s certificate is not signed by a trusted authority',
    meaning:
      'The certificate that the server showed does not lead to one of the certificate authorities that are trusted here.',
    remedy: 'Name the authority that signed it: `vault.caFile` in the file, VAULT_CACERT, or --vault-ca-file.',
  },
  tlsName: {
    ...unreachable,
    code: 'ICE2017',
    title: 'Vault’s certificate is for another name',
    meaning: 'The host of the address is not among the names that the certificate is valid for.',
    remedy: 'Use an address whose host the certificate names, or set VAULT_TLS_SERVER_NAME to one of its names.',
  },
  tlsExpired: {
    ...unreachable,
    code: 'ICE2018',
    title: 'Vault’s certificate is expired or not yet valid',
    meaning:
      'The certificate, or one that signed it, is outside its validity. A wrong clock on this machine looks the same.',
    remedy: 'Renew the certificate of Vault’s listener; compare this machine’s clock.',
  },
  tlsFailed: {
    ...unreachable,
    code: 'ICE2019',
    title: 'The TLS handshake with Vault failed',
    meaning: 'Both sides could not agree: no common version or cipher, or Vault demands a client certificate.',
    remedy: 'If Vault demands client certificates, set VAULT_CLIENT_CERT and VAULT_CLIENT_KEY.',
  },
  proxyFailed: {
    ...unreachable,
    code: 'ICE2020',
    title: 'The proxy did not connect us to Vault',
    meaning: 'A proxy is set for this address, and it refused or could not be reached.',
    remedy: 'Check the proxy, or add Vault’s host to NO_PROXY.',
  },
  redirect: {
    ...unreachable,
    code: 'ICE2021',
    title: 'Vault redirects to where a token must not go',
    meaning:
      'A standby sent us to the active node, but at an address without https, or through too many redirects. It was not followed.',
    remedy: 'Correct `api_addr` in Vault’s configuration, or use the address of the active node.',
  },
  notVault: {
    ...unreachable,
    code: 'ICE2022',
    title: 'What answered is not Vault',
    meaning: 'The answer is not the JSON that Vault’s API speaks; often it is a web page of a proxy or an ingress.',
    remedy: 'Check host, port and path of the address.',
  },
  uninitialized: {
    ...unreachable,
    code: 'ICE2023',
    title: 'Vault is not initialised',
    meaning: 'This Vault has never been set up, so it has no keys and no data.',
    remedy: 'Initialise and unseal it: `vault operator init`, then `vault operator unseal`.',
  },
  sealed: {
    ...unreachable,
    code: 'ICE2024',
    title: 'Vault is sealed',
    meaning: 'Vault runs but cannot read its data until it is unsealed; it may have been restarted.',
    remedy: 'Unseal it: `vault operator unseal`. Then run the command again.',
  },
  noActiveNode: {
    ...unreachable,
    code: 'ICE2025',
    title: 'Vault has no active node',
    meaning:
      'A standby answered and knows no active node to pass the request to: an election is under way, or the active node is lost.',
    remedy: 'Wait a moment and try again. If it stays so, look at the active node and at `cluster_addr`.',
  },
  namespaceNotFound: {
    ...usage,
    code: 'ICE2026',
    title: 'The Vault namespace does not exist',
    meaning: 'The server knows no namespace of this name, or hides it from this token.',
    remedy: 'Correct `vault.namespace` in the file (or VAULT_NAMESPACE): the full path, without a leading slash.',
  },
  tokenInvalid: {
    ...notPermitted,
    code: 'ICE2027',
    title: 'The Vault token is expired, revoked or not of this server',
    meaning: 'Vault does not know the token. It tells nobody whether it ever did.',
    remedy: 'Log in again and run the command once more; what was done already is found done.',
  },
  notPermitted: {
    ...notPermitted,
    code: 'ICE2028',
    title: 'The token’s policies do not allow this',
    meaning: 'Vault knows the token, but none of its policies allows this call on this path.',
    remedy:
      'Add the missing capability to a policy of the token. `icebreaker permissions` prints all that a file needs.',
  },
  unsupportedPath: {
    ...failed,
    code: 'ICE2029',
    title: 'Vault has nothing at this path',
    meaning: 'Nothing is mounted there, or the engine that is does not know the path or the operation.',
    remedy: 'Check the mount’s path and type, and whether this version of the server has the feature.',
  },
  badRequest: {
    ...failed,
    code: 'ICE2030',
    title: 'Vault rejected the request',
    meaning: 'The server understood the request and would not do it; its own words say why.',
    remedy: 'Correct the value that the server names.',
  },
  serverError: {
    ...failed,
    code: 'ICE2031',
    title: 'Vault failed',
    meaning: 'The server reported an error of its own, also when asked again.',
    remedy: 'Look into the server’s log at this time.',
  },
  rateLimited: {
    ...unreachable,
    code: 'ICE2032',
    title: 'Vault’s rate limit was hit for too long',
    meaning: 'A quota of the server (`sys/quotas`) rejected the request again and again until the time limit.',
    remedy: 'Raise the quota, or VAULT_CLIENT_TIMEOUT, which bounds the waiting.',
  },
  tooLarge: {
    ...failed,
    code: 'ICE2033',
    title: 'The answer is too large',
    meaning: 'An answer of more than 32 MiB is not read.',
    remedy: 'Look at what stands at this path; Vault itself does not send such answers.',
  },
  ignoredParameters: {
    ...failed,
    code: 'ICE2034',
    title: 'Vault ignored some of the parameters',
    meaning:
      'The server accepted the write but does not know some of the parameters, so what it has now is not what was meant.',
    remedy: 'Remove them from the file: this server, or this version of it, does not have them.',
  },
  outcomeUnknown: {
    ...failed,
    code: 'ICE2035',
    title: 'It is not known whether the write was done',
    meaning: 'The request was sent and its answer was lost, and it is not safe to send it again.',
    remedy: 'Run the command again: it reads what is there first.',
  },
  loginRefused: {
    ...notPermitted,
    code: 'ICE2036',
    title: 'Vault refused the login',
    meaning:
      'The auth mount did not accept the token, the role, or the account behind them. For most causes Vault only says `permission denied`.',
    remedy:
      'Check the role’s bindings and audience, and that Vault reaches the Kubernetes API with a working reviewer.',
  },
  namespaceIgnored: {
    ...usage,
    code: 'ICE2037',
    title: 'This Vault has no namespaces',
    meaning:
      'A namespace is set, but the server takes no notice of it: HashiCorp Vault has namespaces only in its Enterprise edition. Everything would be done in the root namespace.',
    remedy:
      'Remove `vault.namespace` from the file and VAULT_NAMESPACE from the environment, or use the Vault that has the namespace.',
  },
  notThere: {
    ...failed,
    code: 'ICE2038',
    title: 'Vault has no such object',
    meaning: 'What was to be shown or used is not in Vault: it was never made, or it is in another mount or namespace.',
    remedy:
      'Check the name, the path of the mount and the namespace; the `list` command of the topic shows what is there.',
  },
  wrappedSecret: {
    ...notPermitted,
    code: 'ICE2039',
    title: 'The wrapped secret cannot be unwrapped',
    meaning:
      'A response-wrapping token opens what it wraps exactly once, and only for a while. This one was used already, has expired, or wraps something else than the secret that is needed. One that somebody else has used is a sign that the secret was stolen on its way.',
    remedy:
      'If nobody can say who used it, treat the secret ID as stolen and destroy it. Have a new one made: `vault write -wrap-ttl=5m -f auth/approle/role/NAME/secret-id`.',
    links: ['https://developer.hashicorp.com/vault/docs/concepts/response-wrapping'],
  },
  browserLogin: {
    ...notPermitted,
    code: 'ICE2040',
    title: 'The login in the browser did not succeed',
    meaning:
      'A login by OpenID Connect ends in a browser, which comes back to this machine. It did not come back in time, the provider refused, or Vault does not know the role or the address to come back to.',
    remedy:
      'Try again and finish the login in the browser. The role must allow the address `http://localhost:PORT/oidc/callback` (`allowed_redirect_uris`).',
  },
  tokenHelper: {
    ...notPermitted,
    code: 'ICE2041',
    title: 'The token helper gave no token',
    meaning:
      'The configuration of Vault’s or OpenBao’s command line (`~/.vault`, `~/.bao`) names a token helper. That command is missing, failed, did not end in time, or the configuration cannot be read.',
    remedy: 'Run the helper with `get` yourself, or name the token with VAULT_TOKEN or --token-file.',
    links: ['https://openbao.org/docs/commands/token-helper'],
  },
  mfaNeeded: {
    ...notPermitted,
    code: 'ICE2042',
    title: 'The login needs a second factor',
    meaning: 'Vault demands a second factor for this login (login MFA), and icebreaker cannot give one.',
    remedy:
      'Log in with `vault login` or `bao login`, which ask for it, and use the token: `login: {method: token}`, or --login token. In a pipeline use a method without a second factor, such as approle or jwt.',
  },
  tokenLeft: {
    code: 'ICE2043',
    severity: 'warning',
    exit: EXIT.done,
    title: 'A token of this run was not revoked',
    meaning:
      'icebreaker logged in for this run, and revokes the token at its end. Vault did not answer to that, so the token lives until its lifetime is over.',
    remedy: 'Revoke it by its accessor: `vault token revoke -accessor ACCESSOR`; or wait until it expires.',
  },
} as const satisfies Record<string, CodeRecord>
