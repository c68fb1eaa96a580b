import * as v from 'valibot'
import { authConfigEntries, authConfigFields } from '../../kinds/auth-config-fields.js'
import { authMountEntries, authMountFields } from '../../kinds/mount.js'
import { stepFields } from '../step-fields.js'
import type { StepObject } from './object.js'
import { reviewerMembers } from './reviewer.js'

/** What makes the mount that a role or a config stands in. */
export const enableFirst = (_name: string, path: string | undefined): string =>
  `icebreaker auth enable${path === undefined ? '' : ` --path ${path}`}`

/** The cluster's auth mount. */
export const authMount: StepObject = {
  kinds: ['AuthMount'],
  fields: stepFields(v.strictObject(authMountEntries), { table: authMountFields }),
  parts: (_name, section) => ({ auth: section, sections: () => ({}) }),
}

const config = stepFields(v.strictObject(authConfigEntries), { table: authConfigFields, verbatim: ['pemKeys'] })
const reviewer = reviewerMembers('reviewer')

/** The whole config of the cluster's auth mount, with a reviewer that is there. */
export const authConfig: StepObject = {
  kinds: ['AuthConfig'],
  fields: [...reviewer, ...config],
  first: enableFirst,
  parts(_name, section) {
    const isReviewer = (name: string): boolean => reviewer.some((field) => field.name === name)
    const [ofReviewer, ofConfig] = [true, false].map((wanted) =>
      Object.fromEntries(Object.entries(section).filter(([name]) => isReviewer(name) === wanted)),
    )
    return { auth: { ...ofConfig, reviewer: ofReviewer }, sections: () => ({}) }
  },
}
