import { EXIT, type CodeRecord } from './record.js'

const failed = { severity: 'error', exit: EXIT.failed } as const
const usage = { severity: 'error', exit: EXIT.usage } as const

export const SANDBOX = {
  badName: {
    ...usage,
    code: 'ICE6001',
    title: 'A sandbox name that cannot be used',
    meaning: 'The name becomes a folder and a cluster name, so it is kept to what is safe in both.',
    remedy: 'Use 1 to 40 lower-case letters, digits and `-`, beginning with a letter or a digit.',
  },
  unknown: {
    ...usage,
    code: 'ICE6002',
    title: 'No such sandbox',
    meaning:
      'No sandbox of that name has been brought up by this user on this machine, or its first start never finished.',
    remedy: 'Run `icebreaker sandbox status` to see what there is, or `icebreaker sandbox up --name NAME` to make it.',
  },
  unknownContext: {
    ...usage,
    code: 'ICE6003',
    title: 'The kubeconfig has no such context',
    meaning:
      '`--context` names a throw-away cluster that exists already; the kubeconfig that was read does not know it.',
    remedy:
      'Choose one of the contexts of the kubeconfig, or leave `--context` away: the sandbox then starts a cluster.',
  },
  otherCluster: {
    ...usage,
    code: 'ICE6004',
    title: 'The sandbox was made for another cluster',
    meaning: 'A sandbox keeps the cluster, and the Vault product, with which it was first brought up.',
    remedy: 'Use another `--name`, or remove this sandbox first: `icebreaker sandbox down --name NAME --purge`.',
  },
  brokenState: {
    ...failed,
    code: 'ICE6005',
    title: "The sandbox's state cannot be read",
    meaning:
      'The file that records which processes were started is damaged or was written by another version, so nothing is stopped or started on its word.',
    remedy: 'Stop the processes by hand if they still run, then delete the folder named here.',
  },
  serverFailed: {
    ...failed,
    code: 'ICE6006',
    title: 'A sandbox server did not start',
    meaning: 'The process ended, or did not answer in time. Its log says why; its last lines are shown.',
    remedy:
      'Mend what the log names, then run `icebreaker sandbox up` again: it goes on where it stopped. `icebreaker sandbox down --purge` starts afresh.',
  },
  serverRefused: {
    ...failed,
    code: 'ICE6007',
    title: 'A sandbox server runs but does not do what it must',
    meaning: 'The server answered, but not as a server does that was just set up by the sandbox.',
    remedy: 'Read the log that is named; `icebreaker sandbox down --purge` and `up` start afresh.',
  },
  willNotStop: {
    ...failed,
    code: 'ICE6008',
    title: 'A sandbox server does not stop',
    meaning:
      'The process was asked to end and then killed, and is still there: usually it waits for a disk or belongs to another user.',
    remedy: 'Look at the process by its pid, then run `icebreaker sandbox down` again.',
  },
  noPackage: {
    ...failed,
    code: 'ICE6009',
    title: 'No pinned package of a server for this platform',
    meaning:
      'Servers that are not on PATH come from packages whose checksums are pinned; there is none for this operating system and processor.',
    remedy: 'Install the server with your own package manager, so that it is on PATH, and run the command again.',
  },
  toolMissing: {
    ...failed,
    code: 'ICE6010',
    title: 'A tool that is needed to install the servers is missing',
    meaning: 'Servers that are not on PATH are installed once, with Python and pip, Go or npm.',
    remedy: 'Install the tool that is named, or the server itself, so that it is on PATH.',
  },
  installFailed: {
    ...failed,
    code: 'ICE6011',
    title: 'A server could not be installed',
    meaning:
      'Fetching or building it failed, or what was fetched is not what was pinned. Nothing was left in the cache.',
    remedy: 'Read the log that is named, mend the cause (network, disk space, an old Go), and run the command again.',
  },
  noUser: {
    ...failed,
    code: 'ICE6012',
    title: 'PostgreSQL does not run as root, and there is no other user for it',
    meaning: 'As root the sandbox runs PostgreSQL as the user `postgres` or `nobody`; this machine has neither.',
    remedy: 'Create a user `postgres`, or run the sandbox as an ordinary user.',
  },
  files: {
    ...failed,
    code: 'ICE6013',
    title: "The sandbox's files cannot be read or written",
    meaning:
      'A sandbox keeps its state in the XDG state folder and its servers in the XDG cache folder; the system refused one of them.',
    remedy:
      'Look at the path that is named: its owner, its mode, the space on its disk. XDG_STATE_HOME and XDG_CACHE_HOME move the folders.',
  },
} as const satisfies Record<string, CodeRecord>
