import { DOCTOR, IceError } from '../../catalogue/index.js'
import { authConfigFields } from '../../kinds/auth-config-fields.js'
import type { AuthConfigMark } from '../../kinds/auth-config-mark.js'
import { vaultAddress } from '../../kinds/address.js'
import { fingerprint, observedValues, readable } from '../../kinds/fields.js'
import { inventoryOf } from '../../reconcile/inventory-place.js'
import { openInventory } from '../../reconcile/inventory-store.js'
import type { Inventory } from '../../reconcile/inventory.js'
import { fact } from '../contract.js'
import type { MountSubject } from '../subject.js'
import { version } from './cluster.js'
import { writtenConfig } from './mount.js'

/** The record of what the file made. @throws IceError DOCTOR.notThere where there is no file */
export const record = fact({
  what: 'the record of what the file made',
  key: () => '',
  from: 'operator',
  async fetch(_subject: unknown, { ask, scene }): Promise<Inventory> {
    const { file, isWritten } = scene
    if (!isWritten) throw new IceError(DOCTOR.notThere, { message: 'Without a file there is no record.' })
    const { cluster, namespace } = inventoryOf(file)
    await ask(version, { cluster })
    return (await openInventory(scene.cluster(cluster), namespace, file.name)).inventory
  },
})

/** What was recorded when auth/MOUNT/config was last written; undefined: it was not by this file. */
export interface WrittenConfig {
  readonly mark: AuthConfigMark
  /** The config stands as it was written, as far as it can be read. */
  readonly isUnchanged: boolean
}

export const recordedConfig = fact({
  what: 'what is recorded of the config',
  key: ({ mount }: Pick<MountSubject, 'mount' | 'method' | 'cluster'>) => mount,
  from: 'operator',
  async fetch(subject, { ask }): Promise<WrittenConfig | undefined> {
    const [{ objects }, config] = await Promise.all([ask(record, undefined), ask(writtenConfig, subject)])
    const mark = objects[vaultAddress(`auth/${subject.mount}/config`)]?.mark as AuthConfigMark | undefined
    if (mark === undefined) return undefined
    const values = observedValues(authConfigFields, config)
    return { mark, isUnchanged: fingerprint(readable(authConfigFields, values)) === mark.fingerprint }
  },
})
