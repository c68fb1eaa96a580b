import { agent } from './agent.js'
import { certManager } from './cert-manager.js'
import type { Integration } from './contract.js'
import { csi } from './csi.js'
import { eso } from './eso.js'
import { injector } from './injector.js'
import { vso } from './vso.js'

/** Every way, in the order in which they are shown. */
export const WAYS: readonly Integration[] = [agent, injector, csi, vso, eso, certManager]

export type * from './contract.js'
export { certificatesOf, contextsOf, podAddress, type Selection } from './context.js'
export { comment, yamlStream, yamlText } from './yaml.js'
export { JOB_PLACES, jobDocs, type JobCommand, type JobContext, type JobSettings } from './job.js'
export { jobName } from './names.js'
