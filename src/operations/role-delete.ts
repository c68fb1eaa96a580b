import { authRole, type RoleId } from '../kinds/auth-role.js'
import type { Json } from '../kinds/contract.js'
import { freshIo } from '../reconcile/observe.js'
import { APPLY, IceError } from '../catalogue/index.js'
import { removeUnwanted, type RemovalOptions } from './removals.js'
import type { RemovalResult } from './results.js'
import { openSession } from './session.js'

export interface RoleDeleteOptions extends RemovalOptions {
  readonly role: string
  /** Also one that icebreaker did not make. */
  readonly foreign: boolean
}

/** Removes one role of the cluster's auth mount: nobody logs in by it any more. */
export async function roleDelete(options: RoleDeleteOptions): Promise<RemovalResult> {
  const session = await openSession(options)
  try {
    const { file, store } = session
    const mount = session.mount ?? ''
    const id: RoleId = { mount, name: options.role }
    const address = authRole.address(id)
    const entry = store.inventory.objects[address] ?? (await adopted(id, freshIo(session.io)))
    const foreign = store.inventory.objects[address] === undefined
    if (foreign && entry !== undefined && !options.foreign) {
      throw new IceError(APPLY.notOurs, {
        message: `${address} was not made by the file named ${file.name}; it was left as it is.`,
        next: ['Add --foreign to delete it all the same.'],
      })
    }
    const inventory = {
      ...store.inventory,
      objects: { ...store.inventory.objects, ...(entry && { [address]: entry }) },
    }
    const addresses = entry === undefined ? [] : [address]
    // Whoever names one role means that one, whatever has become of it.
    return await removeUnwanted(
      session,
      { operation: 'role delete', inventory, addresses, ...(foreign && { foreign }) },
      { ...options, changedToo: true },
    )
  } finally {
    await session.close()
  }
}

/** What the record would say of a role that stands there. */
async function adopted(id: RoleId, io: Parameters<typeof authRole.read>[1]) {
  const observed = await authRole.read(id, io)
  return observed && { kind: authRole.kind, id: id as unknown as Json, mark: authRole.intended(id, observed) as Json }
}
