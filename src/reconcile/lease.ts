import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { APPLY, IceError, isIceError, KUBERNETES } from '../catalogue/index.js'
import { ownLabels } from '../kinds/kubernetes-object.js'
import { refs, type Cluster, type KubernetesObject } from '../kubernetes/index.js'
import { redact } from '../secrets/index.js'
import { inventoryName } from './inventory-store.js'

const SECONDS = 30

interface LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
}

export interface HeldLease {
  /** Aborted, with an IceError, when another run has taken it: nothing more may be written. */
  readonly lost: AbortSignal
  /** Never fails: one that cannot be deleted ends by itself. */
  release(): Promise<void>
}

/**
 * Keeps two runs of one file apart, with a coordination.k8s.io/v1 Lease. It is renewed while the run lasts; one whose
 * holder stopped renewing is taken over after 30 seconds.
 * @throws IceError APPLY.locked with who holds it since when
 */
export async function acquireLease(
  cluster: Cluster,
  namespace: string,
  file: string,
  { now = Date.now, renewEvery = (SECONDS * 1000) / 3 } = {},
): Promise<HeldLease> {
  const ref = refs.lease(namespace, inventoryName(file))
  const acquireTime = micro(now())
  const holderIdentity = `${userName()}@${safe(hostname())} (${randomUUID().slice(0, 8)})`
  const build = (from: KubernetesObject | undefined): object => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: ref.name,
      namespace,
      labels: ownLabels(file),
      ...(from?.metadata.resourceVersion !== undefined && { resourceVersion: from.metadata.resourceVersion }),
    },
    spec: { holderIdentity, leaseDurationSeconds: SECONDS, acquireTime, renewTime: micro(now()) } satisfies LeaseSpec,
  })

  const lost = new AbortController()
  let lease = await take()
  let renewing: Promise<void> = Promise.resolve()
  const renewal = setInterval(() => {
    renewing = renew()
  }, renewEvery)
  renewal.unref()

  return {
    lost: lost.signal,
    async release() {
      clearInterval(renewal)
      await renewing
      const { uid, resourceVersion } = lease.metadata
      await forgiving(
        cluster.delete(ref, {
          ...(uid !== undefined && { uid }),
          ...(resourceVersion !== undefined && { resourceVersion }),
        }),
      )
    },
  }

  async function take(): Promise<KubernetesObject> {
    try {
      // Almost always there is none: one request instead of two.
      return await cluster.create(ref, build(undefined))
    } catch (error) {
      if (!isIceError(error) || error.code !== KUBERNETES.exists.code) throw error
    }
    const found = await cluster.get(ref)
    requireExpired(found, cluster, namespace, file, now())
    try {
      return await (found === undefined ? cluster.create(ref, build(undefined)) : cluster.replace(ref, build(found)))
    } catch (error) {
      if (!isIceError(error) || !OVERTAKEN.includes(error.code)) throw error
      throw new IceError(APPLY.locked, { message: `Another run has just begun to hold ${file}.` })
    }
  }

  async function renew(): Promise<void> {
    const failed = await forgiving(
      cluster.replace(ref, build(lease)).then((renewed) => {
        lease = renewed
      }),
    )
    // A renewal that was missed is made up by the next; but we may have slept so long that we were taken for dead.
    if (failed !== undefined && OVERTAKEN.includes(failed.code)) await forgiving(look())
  }

  async function look(): Promise<void> {
    const found = await cluster.get(ref)
    if (found !== undefined && (found['spec'] as LeaseSpec).holderIdentity === holderIdentity) {
      // Our own renewal, whose answer was lost.
      lease = found
      return
    }
    clearInterval(renewal)
    lost.abort(new IceError(APPLY.locked, { message: `Another run has taken over ${file}; this one ended there.` }))
  }
}

/**
 * Is another run at work on this file? What it has half done looks like somebody else's.
 * @throws IceError APPLY.locked with who holds it since when
 */
export async function requireFree(cluster: Cluster, namespace: string, file: string): Promise<void> {
  requireExpired(await cluster.get(refs.lease(namespace, inventoryName(file))), cluster, namespace, file, Date.now())
}

function requireExpired(
  found: KubernetesObject | undefined,
  cluster: Cluster,
  namespace: string,
  file: string,
  now: number,
): void {
  const spec = (found?.['spec'] ?? {}) as LeaseSpec
  const expires = Date.parse(spec.renewTime ?? '') + (spec.leaseDurationSeconds ?? 0) * 1000
  if (found === undefined || !(expires > now)) return
  const { name } = found.metadata
  throw new IceError(APPLY.locked, {
    message: `Another run holds ${file} since ${shown(spec.acquireTime)}: ${shown(spec.holderIdentity)}.`,
    evidence: { lease: `${namespace}/${name}`, cluster: cluster.name },
    next: [
      'Wait for it to end.',
      `If it is dead, its lease ends by itself at ${new Date(expires).toISOString()}; to break it now: kubectl -n ${namespace} delete lease ${name}`,
    ],
  })
}

/** What a write is told where somebody else was faster. */
const OVERTAKEN: readonly string[] = [KUBERNETES.exists.code, KUBERNETES.changed.code, KUBERNETES.notFound.code]

async function forgiving(work: Promise<void>): Promise<IceError | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    if (isIceError(error)) return error
    throw error
  }
}

/** A container may run as a user that has no name. */
function userName(): string {
  try {
    return safe(userInfo().username)
  } catch {
    return String(process.getuid?.() ?? '?')
  }
}

const shown = (text: string | undefined): string => redact(text ?? '?')

/** MicroTime, as the API wants it. */
const micro = (time: number): string => new Date(time).toISOString().replace('Z', '000Z')
const safe = (name: string): string => name.replace(/[^\w.-]/g, '_')
