import { IceError, KUBERNETES } from '../catalogue/index.js'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context, File } from '../config/file.js'
import type { AccessQuery, Cluster, KubernetesObject, ObjectRef } from '../kubernetes/index.js'
import { kubernetesAddress, type Address } from './address.js'
import { jsonParts, type CommandLine, type Programs } from './command-line.js'
import type { ApiCall, Change, Draft, Field, Io, Json, Kind, Owner, Removal, Stages } from './contract.js'
import { canonical } from './fields.js'
import { kubernetesExport } from './kubernetes-object-export.js'

export const MANAGED_BY = 'app.kubernetes.io/managed-by'
/** The name of the file that owns the object. */
export const FILE_LABEL = 'vault-icebreaker/file'
/** Also the name under which server-side apply owns fields. */
export const TOOL = 'icebreaker'

export interface ObjectId {
  readonly cluster: string
  readonly namespace?: string
  readonly name: string
}

/** What of an object is ours to say: top-level members and metadata, as they are applied. */
export type Manifest = Readonly<Record<string, Json | undefined>>

export interface ObservedObject {
  readonly uid: string
  readonly fields: Manifest
  readonly labels: Readonly<Record<string, string>>
  readonly managers: readonly string[]
  /** The labels and annotations that we applied: those that the file no longer has are to go. */
  readonly applied: Readonly<Record<MapField, readonly string[]>>
}

type MapField = 'labels' | 'annotations'

export interface ObjectMark {
  readonly [key: string]: string
  readonly uid: string
}

interface KubernetesKind {
  readonly kind: string
  readonly title: string
  readonly about: string
  readonly sections: readonly string[]
  readonly fields: Readonly<Record<string, Field>>
  readonly ownership: 'labels' | 'shared'
  ref(id: ObjectId): ObjectRef
  expand(file: File, context: Context): Iterable<Draft<ObjectId, Manifest>>
  stages(desired: Manifest): Stages<Manifest>
  /** What a write asks for besides, of the API server. */
  needs?(id: ObjectId): readonly AccessQuery[]
  readonly removal?: Pick<Removal<ObjectId, ObservedObject>, 'contents'>
  /** What must be awaited after the write. */
  settle?(id: ObjectId, cluster: Cluster, io: Io): Promise<void>
}

/** One request, however many kinds look at the object in a round of reading. */
export function readObject(cluster: string, ref: ObjectRef, io: Io): Promise<KubernetesObject | undefined> {
  const address = kubernetesAddress(cluster, ref.kind, ref.name, ref.namespace)
  return io.shared(address, () => io.cluster(cluster).get(ref))
}

export function ownLabels(file: string): Record<string, string> {
  return { [MANAGED_BY]: TOOL, [FILE_LABEL]: file }
}

export function ownerOf(labels: Readonly<Record<string, string>>): string | undefined {
  return labels[MANAGED_BY] === TOOL ? labels[FILE_LABEL] : undefined
}

/**
 * Objects that are applied with server-side apply and compared only in the members that we apply. `metadata.labels` and
 * `metadata.annotations` of the manifest are ours too, other labels and annotations are not.
 */
export function kubernetesKind(spec: KubernetesKind): Kind<ObjectId, Manifest, ObservedObject, ObjectMark> {
  const access = (id: ObjectId, verb: string): ApiCall => {
    const { apiVersion, resource, namespace, name } = spec.ref(id)
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
    return {
      api: 'kubernetes',
      cluster: id.cluster,
      access: { verb, group, resource, name, ...(namespace === undefined ? {} : { namespace }) },
    }
  }
  return {
    kind: spec.kind,
    title: spec.title,
    about: spec.about,
    sections: spec.sections,
    fields: spec.fields,
    ownership: spec.ownership,
    expand: (file, context) => spec.expand(file, context),
    address: (id): Address => kubernetesAddress(id.cluster, spec.kind, id.name, id.namespace),
    // Server-side apply of a missing object asks for create and patch.
    calls: (id) => ({
      read: [access(id, 'get')],
      write: [
        access(id, 'create'),
        access(id, 'patch'),
        ...(spec.needs?.(id) ?? []).map((query): ApiCall => ({
          api: 'kubernetes',
          cluster: id.cluster,
          access: query,
        })),
      ],
    }),
    async read(id, io): Promise<ObservedObject | undefined> {
      const object = await readObject(id.cluster, spec.ref(id), io)
      return object && observe(object, Object.keys(spec.fields))
    },
    diff: (desired, observed): Change[] => diffManifest(spec, desired, observed),
    stages: (desired) => spec.stages(desired),
    async write(id, desired, observed, io): Promise<ObjectMark> {
      const cluster = io.cluster(id.cluster)
      const written = await cluster.apply(spec.ref(id), objectOf(spec.ref(id), ownManifest(spec, desired, observed)))
      await spec.settle?.(id, cluster, io)
      return { uid: written.metadata.uid ?? '' }
    },
    commands: (id, desired, observed, programs) => [
      kubectlApply(id.cluster, objectOf(spec.ref(id), ownManifest(spec, desired, observed)), programs),
    ],
    export: kubernetesExport(
      spec.kind,
      (id, desired) => objectOf(spec.ref(id), desired),
      (label) => label === MANAGED_BY || label === FILE_LABEL,
    ),
    removal: {
      calls: (id) => [access(id, 'delete')],
      ...spec.removal,
      async remove(id, { uid }, io) {
        const [cluster, ref] = [io.cluster(id.cluster), spec.ref(id)]
        await cluster.delete(ref, { uid })
        await untilGone(cluster, ref, uid, io.signal)
      },
    },
    fits: (observed, mark) => mark.uid === '' || observed.uid === mark.uid,
    intended: () => ({ uid: '' }),
    settled: ({ uid }) => ({ uid }),
    owner: (observed): Owner => ({ file: ownerOf(observed.labels), managers: observed.managers }),
  }
}

/** What is applied. */
function objectOf({ apiVersion, kind, namespace, name }: ObjectRef, desired: Manifest): Manifest {
  const { labels, annotations, ...members } = desired
  const metadata = { name, ...(namespace !== undefined && { namespace }), labels, annotations }
  return { apiVersion, kind, metadata, ...members }
}

/** The same as `Cluster.apply`: with our field manager, never forced. JSON is YAML that can be misread by nobody. */
function kubectlApply(cluster: string, object: Manifest, { kubectl }: Programs): CommandLine {
  return {
    words: [...kubectl(cluster), 'apply', '--server-side', `--field-manager=${TOOL}`, '--filename', '-'],
    input: jsonParts(object),
  }
}

/** Only what we may speak of: never a Secret's data, never a status. */
function observe({ metadata, ...object }: KubernetesObject, members: readonly string[]): ObservedObject {
  const labels = metadata.labels ?? {}
  const own = Object.fromEntries(members.map((member) => [member, object[member] as Json | undefined]))
  const managed: readonly ManagedFields[] = metadata.managedFields ?? []
  return {
    uid: metadata.uid ?? '',
    labels,
    fields: { ...own, labels, annotations: metadata.annotations ?? {} },
    managers: [...new Set(managed.map((entry) => entry.manager ?? '?'))],
    applied: { labels: appliedKeys(managed, 'f:labels'), annotations: appliedKeys(managed, 'f:annotations') },
  }
}

/** https://kubernetes.io/docs/reference/using-api/server-side-apply/: a key that is ours stands as `f:KEY`. */
interface ManagedFields {
  readonly manager?: string
  readonly operation?: string
  readonly fieldsV1?: { readonly 'f:metadata'?: Readonly<Record<string, object | undefined>> }
}

function appliedKeys(managed: readonly ManagedFields[], map: 'f:labels' | 'f:annotations'): string[] {
  const entry = managed.find(({ manager, operation }) => manager === TOOL && operation === 'Apply')
  return Object.keys(entry?.fieldsV1?.['f:metadata']?.[map] ?? {}).flatMap((key) =>
    key.startsWith('f:') ? [key.slice(2)] : [],
  )
}

function diffManifest(spec: KubernetesKind, desired: Manifest, observed: ObservedObject | undefined): Change[] {
  const foreign = isForeign(spec, desired, observed)
  const changes: Change[] = []
  for (const field of Object.keys(spec.fields)) {
    const seen = observed?.fields[field]
    const mapped = field === 'labels' || field === 'annotations'
    const to = mapped ? wanted(desired[field], foreign) : desired[field]
    const applied = mapped && !foreign ? (observed?.applied[field] ?? []) : []
    const from = mapped ? pick(seen, [...Object.keys(to as object), ...applied]) : seen
    if (observed === undefined ? field === 'labels' || isEmpty(to) : canonical(from) === canonical(to)) continue
    const mode = spec.fields[field]?.mode
    changes.push({ field, from: observed && from, to, ...(mode === undefined || mode === 'readWrite' ? {} : { mode }) })
  }
  return changes
}

/** A shared object that this file did not make is as good as ours: our labels of ownership are not missed on it. */
const isForeign = ({ ownership }: KubernetesKind, desired: Manifest, observed: ObservedObject | undefined): boolean =>
  ownership === 'shared' &&
  observed !== undefined &&
  ownerOf(observed.labels) !== (desired['labels'] as Record<string, string>)[FILE_LABEL]

/**
 * What we apply to it. A shared object of others gets what the file says of it and no more: it does not become ours to
 * remove. What stands there under our field manager stays, since another file may have put it there.
 */
function ownManifest(spec: KubernetesKind, desired: Manifest, observed: ObservedObject | undefined): Manifest {
  if (observed === undefined || !isForeign(spec, desired, observed)) return desired
  const both = (field: MapField): Json => ({
    ...(pick(observed.fields[field], observed.applied[field]) as object),
    ...(wanted(desired[field], true) as object),
  })
  return { ...desired, labels: both('labels'), annotations: both('annotations') }
}

function wanted(map: Json | undefined, foreign: boolean): Json {
  if (!foreign) return map ?? {}
  const { [MANAGED_BY]: _tool, [FILE_LABEL]: _file, ...others } = (map ?? {}) as Record<string, Json>
  return others
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
}

/** Of a map the members of these names: labels of others are not ours to compare. */
function pick(map: Json | undefined, keys: readonly string[]): Json {
  const all = (map ?? {}) as Record<string, Json>
  return Object.fromEntries(keys.flatMap((key) => (all[key] === undefined ? [] : [[key, all[key]]])))
}

const GONE_SECONDS = 30

/** Finalizers, and a namespace's contents, take a moment. @throws IceError KUBERNETES.stillThere where it takes longer */
export async function untilGone(cluster: Cluster, ref: ObjectRef, uid: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + GONE_SECONDS * 1000
  for (let pause = 10; Date.now() < deadline; pause = Math.min(pause * 2, 500)) {
    if ((await cluster.get(ref))?.metadata.uid !== uid) return
    await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
  throw new IceError(KUBERNETES.stillThere, {
    message: `${ref.kind} ${ref.name} was deleted, but is still there after ${GONE_SECONDS} seconds: a finalizer holds it.`,
    evidence: { cluster: cluster.name },
  })
}
