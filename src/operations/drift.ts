import { freshIo } from '../reconcile/observe.js'
import { runVerify } from '../verify/run.js'
import { serversOf } from './describe.js'
import type { FileOptions } from './options.js'
import { planOn } from './plan.js'
import type { DriftResult } from './results.js'
import { openSession } from './session.js'

export interface DriftOptions extends FileOptions {
  /** Also proves, by use, what cannot be read back. It borrows tokens and credentials, and gives them back. */
  readonly prove: boolean
}

/**
 * What is no longer as it was applied. Every readable field is compared; what cannot be read is proven by use and never by
 * sending it again: a login of each role proves the reviewer's token, a credential of each granted database role the
 * password that Vault holds. Every login is fresh, so nothing that is cached answers for it.
 */
export async function drift(options: DriftOptions): Promise<DriftResult> {
  const began = performance.now()
  const session = await openSession(options)
  try {
    const { plan } = await planOn(session)
    const verify =
      options.prove && !session.stop.aborted
        ? await runVerify(session.file, freshIo(session.io), {
            roles: [],
            sample: 1,
            positiveOnly: true,
            patience: 0,
            stop: session.stop,
          })
        : undefined
    return {
      operation: 'drift',
      file: session.file.name,
      servers: serversOf(session),
      plan,
      ...(verify && { verify }),
      interrupted: options.stop.aborted,
      seconds: (performance.now() - began) / 1000,
    }
  } finally {
    await session.close()
  }
}
