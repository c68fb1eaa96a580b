import { freshIo } from '../reconcile/observe.js'
import { runVerify } from '../verify/run.js'
import { serversOf } from './describe.js'
import type { VerifyFileOptions } from './options.js'
import type { VerifyRunResult } from './results.js'
import { openSession } from './session.js'
import { recordVerified } from './verified.js'

/** Proves, as the workloads, that what the file allows works and what it does not is refused. */
export async function verify(options: VerifyFileOptions): Promise<VerifyRunResult> {
  const began = performance.now()
  const session = await openSession(options)
  try {
    const result = await runVerify(session.file, freshIo(session.io), {
      roles: options.roles,
      sample: options.sample ?? Infinity,
      positiveOnly: options.positiveOnly,
      patience: 0,
      stop: session.stop,
    })
    if (options.roles.length === 0 && !options.positiveOnly) await recordVerified(session, result)
    return {
      operation: 'verify',
      file: session.file.name,
      servers: serversOf(session),
      verify: result,
      interrupted: options.stop.aborted,
      seconds: (performance.now() - began) / 1000,
    }
  } finally {
    await session.close()
  }
}
