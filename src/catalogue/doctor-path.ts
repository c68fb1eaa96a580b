import { EXIT, type CodeRecord } from './record.js'

const problem = { severity: 'error', exit: EXIT.problems } as const

const SILENT = '`permission denied` at every login; the cause stands in Vault’s debug log alone.'
const ORACLE =
  'Vault is made to call the API server, by a role whose namespace selector lets nobody in, on a scratch mount with the stored address and CA and a new token: it returns what it met, '

/** The way from Vault to the API server. */
export const DOCTOR_PATH = {
  hostNameUnknown: {
    ...problem,
    code: 'ICE9105',
    title: 'Vault cannot resolve the name of the API server',
    meaning:
      'The stored address has a host name that the resolver of Vault’s machine does not know: a name of the cluster’s own DNS (kubernetes.default.svc) with a Vault outside of it, a misspelt one, or Vault’s resolver is broken.',
    shows: SILENT,
    detected: `${ORACLE}a failed lookup.`,
    remedy: 'Store an address that Vault’s machine can resolve, or mend its DNS.',
    links: [
      'https://github.com/hashicorp/vault-plugin-auth-kubernetes/issues/194',
      'https://github.com/bank-vaults/bank-vaults/issues/1748',
    ],
  },
  hostLoopback: {
    ...problem,
    code: 'ICE9106',
    title: 'The stored address leads elsewhere from where Vault stands',
    meaning:
      'The address is a loopback or a private one: it was copied from a kubeconfig, and leads to the API server from the operator’s machine alone. Vault looks on its own machine, or in its own network.',
    shows: `It works from the laptop. ${SILENT}`,
    detected: `A handshake from here proves the address with the stored CA; ${ORACLE}another server, or none.`,
    remedy:
      'Store an address at which Vault reaches the API server: https://kubernetes.default.svc where it runs in the cluster, else one that is routed to its machine.',
    links: [
      'https://github.com/hashicorp/vault-secrets-operator/issues/577',
      'https://github.com/hashicorp/vault/issues/20165',
    ],
  },
  hostRefused: {
    ...problem,
    code: 'ICE9107',
    title: 'Nothing listens at the stored address',
    meaning:
      'Vault reaches the machine, which refuses the connection: the port is wrong (the default of https is 443, most API servers listen at 6443), or the API server is down.',
    shows: SILENT,
    detected: `${ORACLE}\`connection refused\`.`,
    remedy: 'Store the address with the port that the API server has.',
    links: ['https://github.com/hashicorp/vault/issues/5985'],
  },
  hostTimesOut: {
    ...problem,
    code: 'ICE9108',
    title: 'Vault gets no answer from the stored address',
    meaning:
      'Packets to the API server are lost, or what took the connection says nothing: a firewall, a missing route, a private endpoint, a list of authorised networks without Vault’s.',
    shows: '`permission denied` after 10, 30 or 90 seconds, or a client that gives up before.',
    detected: `${ORACLE}a timeout, or no route.`,
    remedy: 'Open the way from Vault’s machine to the API server, or store an address to which there is one.',
    links: ['https://github.com/hashicorp/vault/issues/8804', 'https://github.com/hashicorp/vault/issues/24303'],
  },
  hostNotKubernetes: {
    ...problem,
    code: 'ICE9109',
    title: 'What answers at the stored address is no Kubernetes API',
    meaning:
      'A login page, a load balancer, a proxy or another service answers there, or the address has a path that the API server does not know.',
    shows: `${SILENT} There: \`invalid character '<' looking for beginning of value\`.`,
    detected: `${ORACLE}an answer that is not the API’s.`,
    remedy: 'Store the address of the API server itself.',
    links: ['https://github.com/hashicorp/vault-plugin-auth-kubernetes/issues/20'],
  },
  hostRejectsTokens: {
    ...problem,
    code: 'ICE9110',
    title: 'What answers at the stored address takes no service-account tokens',
    meaning:
      'It refuses a token that the cluster has only just issued and accepts itself. Front ends with a login of their own do that: Rancher’s /k8s/clusters/…, Teleport, the DNS endpoint of GKE. So does the API server of another cluster behind a load balancer.',
    shows: SILENT,
    detected: `${ORACLE}401 (or 403 as nobody) for a new token that the API server of the kubeconfig accepts.`,
    remedy:
      'Store the address of the API server itself; where there is none for Vault, use the method jwt, which asks nobody.',
    links: [
      'https://github.com/rancher/rancher/issues/17447',
      'https://github.com/hashicorp/web-unified-docs/issues/3251',
    ],
  },
  hostOtherCluster: {
    ...problem,
    code: 'ICE9111',
    title: 'The stored address is that of another cluster',
    meaning:
      'The API server there knows other tokens than this cluster issues. Each cluster needs an auth mount of its own.',
    shows: SILENT,
    detected: `${ORACLE}401 for a new token of this cluster, while it takes the stored one, or shows the certificate of an API server that this cluster’s CA did not sign.`,
    remedy: 'Point the mount at the cluster whose workloads log in there, or let them log in at the right mount.',
    links: ['https://developer.hashicorp.com/vault/docs/auth/kubernetes'],
  },
  caMismatch: {
    ...problem,
    code: 'ICE9112',
    title: 'The stored CA did not sign the certificate of the API server',
    meaning:
      'The CA is that of another cluster or of an earlier one of the same name, or a load balancer with a certificate of its own stands before the API server. Vault goes on over a connection that it has already, so it may take minutes to show.',
    shows: `${SILENT} There: \`x509: certificate signed by unknown authority\`.`,
    detected: `${ORACLE}\`x509: certificate signed by unknown authority\`. Without --probe: a handshake from here, where the cluster’s own CA proves the certificate and the stored one does not.`,
    remedy: 'Store the CA that signed the certificate which is shown at this address.',
    links: ['https://github.com/hashicorp/vault/issues/20306', 'https://github.com/operate-first/apps/issues/2508'],
  },
  caRotated: {
    ...problem,
    code: 'ICE9115',
    title: 'The CA of the API server was changed since the config was written',
    meaning:
      'The config stands as it was applied, when its CA was proven; the server has a certificate of another one since: the cluster’s CA was rotated, or what stands before it was replaced.',
    shows: 'Everything worked until the certificate was replaced, then `permission denied` at every login.',
    detected:
      'The CA does not prove the certificate any more, and the record says that the config was written with it, and proven.',
    remedy: 'Write the config with the CA of today.',
  },
  hostTLSName: {
    ...problem,
    code: 'ICE9117',
    title: 'The certificate of the API server is for other names',
    meaning:
      'The CA is right, and the stored host is not among the names of the certificate. Vault’s config knows neither another server name nor a way around the check.',
    shows: `${SILENT} There: \`x509: certificate is valid for …, not …\`.`,
    detected: `${ORACLE}that certificate and host do not fit.`,
    remedy:
      'Store a host that is among the names of the certificate, or have the host added to it (kubeadm: apiServer.certSANs).',
    links: [
      'https://github.com/hashicorp/vault-plugin-auth-kubernetes/issues/88',
      'https://github.com/hashicorp/vault/issues/8497',
    ],
  },
  tlsTooOld: {
    ...problem,
    code: 'ICE9118',
    title: 'The server speaks no version of TLS that Vault accepts',
    meaning: 'Vault accepts TLS 1.2 and later. What stands before the API server offers less.',
    shows: SILENT,
    detected: `${ORACLE}\`protocol version not supported\`.`,
    remedy: 'Let the front end speak TLS 1.2 or later, or store the address of the API server itself.',
    links: ['https://datatracker.ietf.org/doc/html/rfc8996'],
  },
  vaultProxy: {
    ...problem,
    code: 'ICE9119',
    title: 'A proxy stands between Vault and the API server',
    meaning:
      'Vault’s process has HTTPS_PROXY in its environment, and the API server’s host is not among NO_PROXY: the proxy cannot be reached, or does not let the connection through.',
    shows: `${SILENT} Everybody else reaches the API server.`,
    detected: `${ORACLE}\`proxyconnect\`, or what a proxy says to CONNECT.`,
    remedy: 'Add the host of the API server to NO_PROXY in the environment of Vault, and restart it.',
    links: ['https://github.com/cert-manager/cert-manager/issues/3691'],
  },
  connectionPooled: {
    ...problem,
    code: 'ICE9125',
    title: 'Old connections and new ones meet different things',
    meaning:
      'Vault keeps a connection to the API server open for as long as it is used, and 90 seconds longer. Over that one logins go on working though the config is wrong by now, or go on failing though it is right.',
    shows: 'It works now and not in two minutes, or the other way round.',
    detected: 'The mount itself and a scratch mount with the same config meet different things at the API server.',
    remedy: 'Believe the new connection: mend what it shows. Where the old one fails, wait two minutes without logins.',
  },
} as const satisfies Record<string, CodeRecord>
