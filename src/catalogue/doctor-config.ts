import { EXIT, type CodeRecord } from './record.js'

const problem = { severity: 'error', exit: EXIT.problems } as const
const warning = { severity: 'warning', exit: EXIT.done } as const
const info = { severity: 'info', exit: EXIT.done } as const

/** What stands in the config of an auth mount, as far as it can be told without the way from Vault to the API server. */
export const DOCTOR_CONFIG = {
  caNotPEM: {
    ...problem,
    code: 'ICE9113',
    title: 'The stored CA is no certificate',
    meaning:
      'What is stored as the CA of the API server holds no certificate that can be read: often base64 of a PEM, as kubeconfigs and Secrets hold it, or a PEM whose line breaks or indentation were mangled. OpenBao takes it without a word, HashiCorp Vault since 1.17 refuses it.',
    shows: '`permission denied` at every login; in the log `x509: certificate signed by unknown authority`.',
    detected: 'kubernetes_ca_cert is not empty, and no block of it is a certificate in PEM.',
    remedy: 'Store the PEM itself: the text that begins with `-----BEGIN CERTIFICATE-----`, with its line breaks.',
    links: ['https://github.com/hashicorp/vault/issues/17315'],
  },
  caExpiredOrNotCA: {
    ...problem,
    code: 'ICE9114',
    title: 'The stored CA is expired, or no CA',
    meaning:
      'Every certificate that is stored is outside its validity, or is the certificate of a server and not of the authority that signs it. The latter works for exactly that certificate, until it is renewed.',
    shows:
      '`permission denied` at every login; in the log `x509: certificate has expired or is not yet valid` or `certificate signed by unknown authority`.',
    detected: 'The dates and the basic constraints of the stored certificates; for one that is no CA, a TLS handshake.',
    remedy: 'Store the CA that signs the certificate of the API server.',
    links: ['https://github.com/hashicorp/vault/issues/27264'],
  },
  caMissing: {
    ...problem,
    code: 'ICE9116',
    title: 'No CA is stored, and Vault has none of its own that fits',
    meaning:
      'Without a stored CA Vault takes that of the pod it runs in, unless disable_local_ca_jwt says not to; HashiCorp Vault then takes the roots of its machine. A cluster’s own CA is in neither, unless Vault runs in a pod of that very cluster.',
    shows:
      '`open /var/run/secrets/kubernetes.io/serviceaccount/ca.crt: no such file or directory` (400 when the config is written, 500 at logins), or `permission denied`.',
    detected:
      'kubernetes_ca_cert is empty, and Vault, made to use the same config on a scratch mount, finds no CA or does not trust the certificate.',
    remedy: 'Store the CA, and disable_local_ca_jwt=true.',
    links: ['https://github.com/hashicorp/vault/issues/20306', 'https://github.com/hashicorp/vault/issues/29039'],
  },
  issuerEnforced: {
    ...problem,
    code: 'ICE9120',
    title: 'The config demands another issuer than the cluster’s',
    meaning:
      'disable_iss_validation is off and `issuer` is not the one that the cluster puts into its tokens. Mounts made before Vault 1.9 kept the check switched on. TokenReview checks the issuer anyway.',
    shows: '`invalid issuer (iss) claim`; in older versions `claim "iss" is invalid`.',
    detected: 'The stored issuer, compared with the one of the cluster’s OpenID discovery.',
    remedy:
      'Switch the check off (disable_iss_validation=true, the default), or store the issuer that the cluster has.',
    links: [
      'https://github.com/hashicorp/vault/issues/11953',
      'https://github.com/hashicorp/vault-plugin-auth-kubernetes/issues/125',
      'https://github.com/Azure/AKS/issues/2523',
    ],
  },
  issuerFalseSense: {
    ...info,
    code: 'ICE9121',
    title: 'The issuer is said to be checked, and is not',
    meaning:
      'disable_iss_validation is off, and `issuer` is empty. The servers then compare with nothing: the default issuer that their documentation names is not enforced.',
    shows: 'Tokens of any issuer pass this check. TokenReview still decides.',
    detected: 'Both fields of the config.',
    remedy: 'Store the issuer of the cluster, or switch the check off.',
    links: ['https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#disable_iss_validation'],
  },
  pemKeysStale: {
    ...problem,
    code: 'ICE9122',
    title: 'The stored public keys are not those of the cluster',
    meaning:
      'Where pem_keys holds something, a token must be signed by one of these keys before TokenReview is asked. The cluster signs with another key: it was rotated, or the keys are of another cluster.',
    shows: '`permission denied` at every login, though the cluster itself accepts the token.',
    detected: 'The stored keys, compared with those that the cluster publishes (/openid/v1/jwks).',
    remedy: 'Store the keys that the cluster publishes, or none: TokenReview checks the signature anyway.',
    links: ['https://github.com/hashicorp/web-unified-docs/issues/3251'],
  },
  pemKeysMultiBlock: {
    ...warning,
    code: 'ICE9123',
    title: 'Several keys in one element of pem_keys',
    meaning:
      'Of an element with several PEM blocks HashiCorp Vault uses the first and passes over the others in silence. OpenBao refuses to store it.',
    shows: 'Nothing, or `permission denied` for tokens that a key behind the first one signs.',
    detected: 'An element of pem_keys holds more than one PEM block.',
    remedy: 'Store each key as an element of its own.',
    links: ['https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#pem_keys'],
  },
  configWiped: {
    ...problem,
    code: 'ICE9124',
    title: 'Somebody wrote part of the config, and wiped the rest',
    meaning:
      'Every write replaces the config as a whole: fields that are left out fall back to their defaults, and the reviewer’s token, which nobody can read back, is erased. The user interface, Terraform and a `vault write` with one field do that.',
    shows: 'Everything worked until somebody changed one thing.',
    detected:
      'The config is not what the record says was applied, and several fields that the file sets are at their defaults.',
    remedy: 'Write the whole config, with a token of the reviewer.',
    links: ['https://github.com/hashicorp/vault/issues/32034'],
  },
} as const satisfies Record<string, CodeRecord>
