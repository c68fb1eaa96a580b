import { EXIT, type CodeRecord } from './record.js'

const usage = { severity: 'error', exit: EXIT.usage } as const

/** Ways to bring secrets to pods. */
export const INTEGRATE = {
  noWorkload: {
    ...usage,
    code: 'ICE8001',
    title: 'No workload to write this for',
    meaning:
      'What is written for pods is written for a service account that a role lets in. No role of the file names one that fits what was asked for; a wildcard names nobody.',
    remedy: 'Name the workload with --workload NAMESPACE/SERVICEACCOUNT, and see `icebreaker integrate list`.',
  },
  noPodAddress: {
    ...usage,
    code: 'ICE8002',
    title: 'It is not known at which address pods reach Vault',
    meaning:
      'Pods may reach Vault at another address than this machine. The file says none for them, or only a loopback address, which in a pod means the pod itself.',
    remedy: 'Say `vault.podAddress` in the file, or --pod-address URL.',
  },
  noCertificate: {
    ...usage,
    code: 'ICE8003',
    title: 'No certificate in the CA file of Vault',
    meaning:
      'Pods need the CA that signed the certificate of Vault, as PEM. Only certificates are taken from the file, never keys.',
    remedy: 'Name a PEM file with the CA in `vault.caFile` or --vault-ca-file.',
  },
  doesNotFit: {
    ...usage,
    code: 'ICE8004',
    title: 'This way does not fit the workload',
    meaning: 'What the role of the workload may read, or how it may log in, cannot be brought to it in this way.',
    remedy: 'See with `icebreaker integrate list` which ways fit, and why.',
  },
  sameFile: {
    ...usage,
    code: 'ICE8005',
    title: 'Two secrets that would be one file',
    meaning:
      'Each secret is rendered to a file named by its path. Two of these are in the way of each other, or are more than one file can be.',
    remedy: 'Give the workload one of them only, by another role or policy.',
  },
  notInPod: {
    ...usage,
    code: 'ICE8006',
    title: 'The file cannot be run in a pod as it stands',
    meaning:
      'A Job has the account of its own cluster, the login that goes with it, and nobody to ask. Part of the file needs something else, or means something else there than on this machine.',
    remedy: 'Say in the file what the message names; what needs a machine or a person, run from there.',
  },
} as const satisfies Record<string, CodeRecord>
