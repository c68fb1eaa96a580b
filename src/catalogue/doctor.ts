import { EXIT, type CodeRecord } from './record.js'

const open = { severity: 'info', exit: EXIT.done } as const

/** What keeps doctor from knowing; what it finds is in the files beside this one. */
export const DOCTOR_OPEN = {
  notProbed: {
    ...open,
    code: 'ICE9001',
    title: 'Not judged, since something would have to be made',
    meaning:
      'Doctor only reads unless it is told otherwise. Some verdicts need a role that lets nobody in, a short-lived token or a login, each removed again.',
    remedy: 'Add --probe; what would be made is said beforehand.',
  },
  clusterUnknown: {
    ...open,
    code: 'ICE9002',
    title: 'It is not known which cluster an auth mount is for',
    meaning:
      'No cluster of the file, and not the one of the kubeconfig, is the one whose workloads log in at this mount, so nothing can be asked there.',
    remedy: 'Name the cluster: a section under `clusters` with auth.path, or --context with --path.',
  },
  notThere: {
    ...open,
    code: 'ICE9003',
    title: 'What was to be looked at is not there',
    meaning: 'An object on which the verdict depends does not exist.',
    remedy: 'Look at the findings: one of them says what is missing.',
  },
  nothingToExamine: {
    severity: 'error',
    exit: EXIT.problems,
    code: 'ICE9004',
    title: 'Vault has no auth mount for any cluster',
    meaning:
      'No mount has the type kubernetes or jwt, so no workload can log in. Without a file doctor examines the mounts that Vault has.',
    remedy:
      'Introduce a cluster to this Vault with icebreaker init and icebreaker apply, or look into another Vault namespace.',
  },
} as const satisfies Record<string, CodeRecord>
