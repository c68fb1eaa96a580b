import { EXIT, type CodeRecord } from './record.js'
import { FILE } from './file.js'
import { VAULT } from './vault.js'
import { KUBERNETES } from './kubernetes.js'
import { APPLY } from './apply.js'
import { VERIFY } from './verify.js'
import { SANDBOX } from './sandbox.js'
import { USAGE } from './usage.js'
import { ACCESS } from './access.js'
import { LINT } from './lint.js'

export { EXIT, FILE, VAULT, KUBERNETES, APPLY, VERIFY, SANDBOX, USAGE, ACCESS, LINT }
export type { CodeRecord, ExitCode, Severity } from './record.js'
export { IceError, IceErrors, isIceError, isIceErrors, worstExit, type ErrorDetails, type Origin } from './error.js'

/** Every code, in order. */
export const CATALOGUE: readonly CodeRecord[] = [FILE, USAGE, VAULT, KUBERNETES, APPLY, VERIFY, SANDBOX, ACCESS, LINT]
  .flatMap((area) => Object.values<CodeRecord>(area))
  .sort((a, b) => a.code.localeCompare(b.code))
