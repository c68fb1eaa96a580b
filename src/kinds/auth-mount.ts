import { mountKind } from './mount.js'
import { authMountFields } from './mount.js'
import { authMountExport } from './mount-export.js'
import { desiredValues } from './fields.js'
import { rolesOf } from './removal.js'

/** The auth method `kubernetes` or `jwt`, one mount for each cluster. */
export const authMount = mountKind({
  kind: 'AuthMount',
  title: 'auth mount',
  about:
    'The door in Vault through which the workloads of one cluster log in: the auth method `kubernetes` or `jwt`, at a path of its own.',
  sections: ['clusters.auth.kubernetes', 'clusters.auth.jwt'],
  table: 'sys/auth',
  fields: authMountFields,
  export: authMountExport(authMountFields),
  removal: { endsLogins: true, contents: ({ mount }, io) => rolesOf(mount, io) },
  *expand(file) {
    for (const [name, cluster] of Object.entries(file.clusters)) {
      yield {
        id: { mount: cluster.auth.path },
        desired: { ...desiredValues(authMountFields, cluster.auth), type: cluster.auth.method },
        after: [],
        from: ['clusters', name, 'auth'],
      }
    }
  },
})
