import { EXIT } from '../catalogue/index.js'
import { durationText } from '../kinds/atoms.js'
import { JOB_PLACES, type JobCommand, type JobContext, type JobSettings } from './job-contract.js'

/** The user of the image (templates/image/Dockerfile), who is not root. */
const USER = 65532
/** Seconds that Kubernetes gives a pod that has to end: a run then gives back what it has borrowed. */
const GRACE = 60
/** Seconds of the deadline that a run leaves for its own end. */
const RESERVE = 60
/** Seconds, the shortest that Kubernetes gives a token for; a run logs in once, at its beginning. */
const TOKEN = 600

/** Running again mends none of these: the file is wrong, there are findings, something is not permitted, or not ours. */
const FINAL = [EXIT.usage, EXIT.problems, EXIT.notPermitted, EXIT.declined, EXIT.refused]

const NOTE = {
  policy: 'Kubernetes 1.26 and later. What the exit code says will not be better the next time is not tried again.',
  automount: 'For the API server: the rights above.',
  account: 'What it logs in to Vault with: a token for Vault alone, which the API server would refuse.',
  home: 'All that it writes, and nothing of it stays.',
  deadline: 'The run ends by itself a minute before, in order, and gives back what it has borrowed.',
} as const

/** A Job's spec, with notes for the members that do not speak for themselves; `at` is relative to the spec. */
export function jobSpec(context: JobContext) {
  const { settings, vault, files, account, login, variables } = context
  const own = { files: 'files', account: 'account', home: 'home' } as const
  const container = {
    name: 'icebreaker',
    image: settings.image,
    command: ['icebreaker'],
    args: argumentsOf(context.command, settings),
    env: [
      { name: 'HOME', value: JOB_PLACES.home },
      // A login goes only to the server that the environment names, too.
      { name: 'VAULT_ADDR', value: vault.address },
      ...variables.map((name) => ({
        name,
        valueFrom: { secretKeyRef: { name: settings.valuesSecret, key: name } },
      })),
    ],
    resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: own.files, mountPath: JOB_PLACES.files, readOnly: true },
      { name: own.account, mountPath: JOB_PLACES.account, readOnly: true },
      { name: own.home, mountPath: JOB_PLACES.home },
    ],
  }
  const spec = {
    backoffLimit: 2,
    podFailurePolicy: {
      rules: [
        { action: 'FailJob', onExitCodes: { containerName: container.name, operator: 'In', values: FINAL } },
        // A pod that a node lost is no failed run.
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      ],
    },
    activeDeadlineSeconds: settings.deadline,
    template: {
      metadata: { labels: labelsOf(context) },
      spec: {
        serviceAccountName: account.name,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: GRACE,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: USER,
          runAsGroup: USER,
          fsGroup: USER,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [container],
        volumes: [
          { name: own.files, configMap: { name: account.name } },
          {
            name: own.account,
            projected: {
              sources: [
                {
                  serviceAccountToken: {
                    ...(login.audience !== undefined && { audience: login.audience }),
                    expirationSeconds: TOKEN,
                    path: 'token',
                  },
                },
              ],
            },
          },
          { name: own.home, emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
        ],
      },
    },
  }
  const inPod = (...keys: readonly (string | number)[]) => ['template', 'spec', ...keys]
  const notes = [
    { at: ['podFailurePolicy'], text: NOTE.policy },
    { at: ['activeDeadlineSeconds'], text: NOTE.deadline },
    { at: inPod('automountServiceAccountToken'), text: NOTE.automount },
    { at: inPod('volumes', 0), text: Object.keys(files).join(', ') },
    { at: inPod('volumes', 1), text: NOTE.account },
    { at: inPod('volumes', 2), text: NOTE.home },
  ]
  return { spec, notes }
}

/** Of everything that belongs to one of these. */
export const labelsOf = ({ account, command }: Pick<JobContext, 'account' | 'command'>): Record<string, string> => ({
  'app.kubernetes.io/name': 'icebreaker',
  'app.kubernetes.io/instance': account.name,
  'app.kubernetes.io/component': command,
})

function argumentsOf(command: JobCommand, { deadline, ifExpiresWithin }: JobSettings): string[] {
  return [
    ...command.split('-'),
    `--file=${JOB_PLACES.file}`,
    `--timeout=${deadline - RESERVE}s`,
    ...(command === 'apply' ? ['--yes'] : []),
    ...(command === 'drift' ? ['--exit-code'] : []),
    ...(command === 'reviewer-rotate' ? [`--if-expires-within=${durationText(ifExpiresWithin)}`] : []),
    '--output=json',
  ]
}
