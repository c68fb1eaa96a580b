import { authRoleFields, authRoleSchema } from '../../kinds/auth-role.js'
import { stepFields } from '../step-fields.js'
import { enableFirst } from './auth.js'
import type { StepObject } from './object.js'

/** A role of the cluster's auth mount. */
export const role: StepObject = {
  kinds: ['AuthRole', 'AuthJWTRole'],
  fields: stepFields(authRoleSchema, { omit: ['clusters', 'jwt'], table: authRoleFields }),
  needs: [
    { field: 'namespaces', unless: ['namespaceSelector'] },
    { field: 'audience', unless: [{ field: 'accept', value: 'noAudience' }] },
  ],
  first: enableFirst,
  parts: (name, section) => ({
    sections: ({ cluster }) => ({ roles: { [name]: { ...section, clusters: [cluster] } } }),
  }),
  existing: async (name, options) => (await import('../role-section.js')).existingRole(name, options),
}
