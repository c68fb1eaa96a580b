import type { IceError } from '../../catalogue/index.js'
import type { Problem } from '../contract.js'

/** What kept something from being found out, as the problem that it is. */
export const ofError = (error: IceError): Problem => ({
  record: error.record,
  message: error.message,
  evidence: error.details.evidence ?? {},
  remedy: { manual: error.next },
})
