import { inTime } from '../http/in-time.js'
import { untilGone } from '../kinds/kubernetes-object.js'
import { refs } from '../kubernetes/index.js'
import type { Session } from './session.js'

/**
 * A run that was killed may have told the cluster to delete the namespace in which the record lies: nothing can be kept or
 * locked there any more. Waits until it is gone.
 * @returns was it so? Then the session is closed, since its record is of before
 * @throws IceError KUBERNETES.stillThere where a finalizer holds it
 */
export async function awaitEnding(session: Session): Promise<boolean> {
  const { io, inventory: home, stop } = session
  let stays = false
  try {
    const cluster = io.cluster(home.cluster)
    const ref = refs.namespace(home.namespace)
    const { uid, deletionTimestamp } = (await cluster.get(ref))?.metadata ?? {}
    stays = uid === undefined || deletionTimestamp === undefined
    if (uid !== undefined && !stays) await inTime(untilGone(cluster, ref, uid, io.signal), stop)
    return !stays
  } finally {
    if (!stays) await session.close()
  }
}
