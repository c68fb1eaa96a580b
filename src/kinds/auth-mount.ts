import { mountKind } from './mount.js'
import { authMountFields } from './mount.js'
import { desiredValues } from './fields.js'

/** The `kubernetes` auth method, one mount for each cluster. */
export const authMount = mountKind({
  kind: 'AuthMount',
  title: 'auth mount',
  table: 'sys/auth',
  fields: authMountFields,
  *expand(file) {
    for (const [name, cluster] of Object.entries(file.clusters)) {
      yield {
        id: { mount: cluster.auth.path },
        desired: { ...desiredValues(authMountFields, cluster.auth), type: 'kubernetes' },
        after: [],
        from: ['clusters', name, 'auth'],
      }
    }
  },
})
