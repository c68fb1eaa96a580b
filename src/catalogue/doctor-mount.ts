import { EXIT, type CodeRecord } from './record.js'

const problem = { severity: 'error', exit: EXIT.problems } as const

/** An auth mount, its config, and the way from Vault to the API server. */
export const DOCTOR_MOUNT = {
  mountAbsent: {
    ...problem,
    code: 'ICE9101',
    title: 'There is no auth mount at this path',
    meaning:
      'Nothing is mounted there, or it is mounted in another Vault namespace. A login at a path that does not exist is taken for a request that needs a token.',
    shows: '`permission denied` or `missing client token` at every login.',
    detected: 'The table of auth mounts does not have the path.',
    remedy: 'Enable the method at this path, or log in at the path that exists.',
    links: [
      'https://github.com/hashicorp/vault-plugin-auth-kubernetes/issues/41',
      'https://github.com/hashicorp/vault-plugin-auth-kubernetes/issues/109',
    ],
  },
  mountWrongType: {
    ...problem,
    code: 'ICE9102',
    title: 'Another auth method is mounted at this path',
    meaning:
      'Something is mounted there, and it is not the method that the file or the caller means: another way to log in, with another API.',
    shows: 'Answers of 400 and 404 that speak of fields and paths nobody has asked about.',
    detected: 'The type in the table of auth mounts.',
    remedy:
      'Name another path, or the method that is there: a mount is never changed into another type, and disabling it ends all its logins.',
    links: ['https://github.com/hashicorp/vault-k8s/issues/75'],
  },
  configNeverWritten: {
    ...problem,
    code: 'ICE9103',
    title: 'The auth mount was never configured',
    meaning: 'The method is enabled, and nobody has told it which cluster it is for.',
    shows: '`could not load backend configuration`, with status 500.',
    detected: 'Reading auth/MOUNT/config finds nothing though the mount is there.',
    remedy: 'Write the config.',
  },
  hostMalformed: {
    ...problem,
    code: 'ICE9104',
    title: 'The stored address of the API server cannot be used',
    meaning:
      'Vault puts the path behind the stored text as it stands, so it must be a URL with its scheme; it is not checked when it is written.',
    shows: '`permission denied` at every login.',
    detected: 'kubernetes_host is no https or http URL, or Vault says `unsupported protocol scheme`.',
    remedy: 'Store a URL, such as https://10.0.0.1:6443.',
  },
} as const satisfies Record<string, CodeRecord>
