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
import { INTEGRATE } from './integrate.js'
import { DOCTOR_OPEN } from './doctor.js'
import { DOCTOR_CONSUMERS } from './doctor-consumers.js'
import { DOCTOR_ENGINES } from './doctor-engines.js'
import { DOCTOR_MOUNT } from './doctor-mount.js'
import { DOCTOR_ROLE } from './doctor-role.js'
import { DOCTOR_TOKEN } from './doctor-token.js'
import { DOCTOR_CONFIG } from './doctor-config.js'
import { DOCTOR_PATH } from './doctor-path.js'
import { DOCTOR_REVIEWER } from './doctor-reviewer.js'
import { DOCTOR_VAULT } from './doctor-vault.js'

/** All that doctor says. */
export const DOCTOR = {
  ...DOCTOR_OPEN,
  ...DOCTOR_VAULT,
  ...DOCTOR_CONFIG,
  ...DOCTOR_MOUNT,
  ...DOCTOR_PATH,
  ...DOCTOR_REVIEWER,
  ...DOCTOR_ENGINES,
  ...DOCTOR_CONSUMERS,
  ...DOCTOR_ROLE,
  ...DOCTOR_TOKEN,
} as const

export { EXIT, FILE, VAULT, KUBERNETES, APPLY, VERIFY, SANDBOX, USAGE, ACCESS, LINT, INTEGRATE }
export type { CodeRecord, ExitCode, Severity } from './record.js'
export { IceError, IceErrors, isIceError, isIceErrors, worstExit, type ErrorDetails, type Origin } from './error.js'

/** Every code, in order. */
export const CATALOGUE: readonly CodeRecord[] = [
  FILE,
  USAGE,
  VAULT,
  KUBERNETES,
  APPLY,
  VERIFY,
  SANDBOX,
  ACCESS,
  LINT,
  INTEGRATE,
  DOCTOR,
]
  .flatMap((area) => Object.values<CodeRecord>(area))
  .sort((a, b) => a.code.localeCompare(b.code))
