import type { DoctorResult } from '../operations/doctor/types.js'
import type { Handover } from '../secrets/index.js'
import { resultDocument } from './json.js'
import { tell } from './told.js'

/** A report for a ticket: what JSON output holds, with what it was made by. */
export function bundleText(result: DoctorResult, version: string): Handover {
  const made = {
    icebreaker: version,
    node: process.version,
    platform: process.platform,
    time: new Date().toISOString(),
  }
  return { ...made, report: resultDocument(tell(result)) as unknown as Handover }
}
