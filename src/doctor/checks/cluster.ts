import { KUBERNETES } from '../../catalogue/index.js'
import { check, maybe, type AnyCheck } from '../contract.js'
import { version } from '../facts/cluster.js'
import { ofError } from './of-error.js'

/** The operator’s way to the cluster. */
export const clusterChecks: readonly AnyCheck[] = [
  check({
    records: Object.values(KUBERNETES) as never,
    subject: 'cluster',
    wants: { version: maybe(version) },
    judge: (_cluster, { version }) => (version.known ? [] : [ofError(version.why)]),
  }),
]
