import { createHash } from 'node:crypto'
import type { Doc, Manifest } from './contract.js'
import type { JobContext, JobRule } from './job-contract.js'
import { jobSpec, labelsOf } from './job-pod.js'

export { JOB_PLACES, type JobCommand, type JobContext, type JobSettings } from './job-contract.js'

const RBAC = 'rbac.authorization.k8s.io'

/** All objects of a Job or CronJob, in the order in which a cluster needs them. Pure. */
export function jobDocs(context: JobContext): readonly Doc[] {
  const before = [...namespaces(context), account(context), ...rights(context), files(context)]
  const { argocd } = context.settings
  return [
    // What a hook needs before anything else is synced has to be one, too, and earlier.
    ...(argocd === 'PreSync' ? before.map((doc) => hooked(doc, argocd, -1)) : before),
    job(context),
  ]
}

function namespaces({ namespaces: all }: JobContext): readonly Doc[] {
  return all.map((object) => ({
    object,
    comment: ['A Role lives in its namespace, so that has to be there before it.'],
  }))
}

function account({ account: { namespace, name }, login, command }: JobContext): Doc {
  return {
    object: {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace },
      automountServiceAccountToken: false,
    },
    comment: [
      `As whom icebreaker ${typed(command)} runs; in Vault it has the role ${login.role} of auth/${login.mount}.`,
    ],
  }
}

const typed = (command: string): string => command.replace('-', ' ')

/** What is needed on the whole cluster, and in each namespace. */
function rights(context: JobContext): readonly Doc[] {
  const { rules, account: subject, file, command } = context
  const wide = rules.filter(({ namespace }) => namespace === undefined)
  const inNamespaces = [...Map.groupBy(rules, ({ namespace }) => namespace)].flatMap(([namespace, of]) =>
    namespace === undefined ? [] : [{ namespace, of }],
  )
  const clusterWide = `icebreaker:${file}:${command}`
  return [
    ...(wide.length === 0 ? [] : bound('ClusterRole', { name: clusterWide }, wide, subject)),
    ...inNamespaces.flatMap(({ namespace, of }) => bound('Role', { name: subject.name, namespace }, of, subject)),
  ]
}

function bound(
  kind: 'Role' | 'ClusterRole',
  metadata: { readonly name: string; readonly namespace?: string },
  rules: readonly JobRule[],
  subject: JobContext['account'],
): readonly Doc[] {
  const where = metadata.namespace === undefined ? 'on the whole cluster' : `in the namespace ${metadata.namespace}`
  return [
    {
      object: {
        apiVersion: `${RBAC}/v1`,
        kind,
        metadata,
        rules: rules.map(({ apiGroup, resource, names, verbs }) => ({
          apiGroups: [apiGroup],
          resources: [resource],
          ...(names.length > 0 && { resourceNames: [...names] }),
          verbs: [...verbs],
        })),
      },
      comment: [`What it needs ${where}, and nothing else.`],
      notes: rules.map(({ why }, index) => ({ at: ['rules', index], text: reason(why) })),
    },
    {
      object: {
        apiVersion: `${RBAC}/v1`,
        kind: `${kind}Binding`,
        metadata,
        roleRef: { apiGroup: RBAC, kind, name: metadata.name },
        subjects: [{ kind: 'ServiceAccount', ...subject }],
      },
      comment: [],
    },
  ]
}

const MOST = 3

/** `policy static, policy dynamic and 4 more` */
const reason = (why: readonly string[]): string =>
  why.length <= MOST ? why.join(', ') : `${why.slice(0, MOST - 1).join(', ')} and ${why.length - MOST + 1} more`

function files({ account: { namespace, name }, files: data, vault }: JobContext): Doc {
  return {
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data },
    comment: [
      'The file, and what it names, as the pod needs them: with the way to Vault and to the API server from there.',
      `Made anew by the same command whenever the file changes. No secret stands in it. Vault: ${vault.address}.`,
    ],
  }
}

function job(context: JobContext): Doc {
  const { account: owner, settings, command } = context
  const { spec, notes } = jobSpec(context)
  const { schedule, argocd } = settings
  if (schedule !== undefined) {
    const at = ['spec', 'jobTemplate', 'spec']
    return {
      object: {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: labelled(owner.name, context),
        spec: {
          schedule,
          concurrencyPolicy: 'Forbid',
          startingDeadlineSeconds: settings.deadline,
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 3,
          jobTemplate: { metadata: { labels: labelsOf(context) }, spec },
        },
      },
      comment: [
        `Runs icebreaker ${typed(command)} again and again. Now: kubectl create job --from=cronjob/${owner.name} NAME`,
      ],
      notes: [
        {
          at: ['spec', 'concurrencyPolicy'],
          text: 'Two runs would only wait for each other: a Lease keeps them apart.',
        },
        { at: ['spec', 'startingDeadlineSeconds'], text: 'A run that could not begin in time is left out.' },
        ...notes.map((note) => ({ ...note, at: [...at, ...note.at] })),
      ],
    }
  }
  // A Job cannot be changed: what runs something else has another name. A hook is made anew by Argo CD itself.
  const name = argocd === undefined ? `${owner.name}-${checksum([spec, context.files])}` : owner.name
  const doc: Doc = {
    object: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: labelled(name, context),
      spec,
    },
    comment: [
      `Runs icebreaker ${typed(command)} once.`,
      ...(argocd === undefined
        ? ['Its name changes with the file and the settings, so that a change runs it again.']
        : []),
    ],
    notes: notes.map((note) => ({ ...note, at: ['spec', ...note.at] })),
  }
  return argocd === undefined ? doc : hooked(doc, argocd, 0)
}

function labelled(name: string, context: JobContext): Manifest['metadata'] {
  const metadata = { name, namespace: context.account.namespace, labels: labelsOf(context) }
  return metadata
}

const checksum = (what: unknown): string => createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 8)

/** https://argo-cd.readthedocs.io/en/stable/user-guide/resource_hooks/ */
function hooked({ object, ...doc }: Doc, hook: 'PreSync' | 'PostSync', wave: number): Doc {
  const annotations = {
    'argocd.argoproj.io/hook': hook,
    'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
    ...(wave !== 0 && { 'argocd.argoproj.io/sync-wave': String(wave) }),
  }
  const metadata = { ...object.metadata, annotations }
  return { ...doc, object: { ...object, metadata } }
}
