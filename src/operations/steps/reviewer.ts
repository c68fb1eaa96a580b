import { reviewerSchema } from '../../kinds/reviewer.js'
import { stepFields, type StepField } from '../step-fields.js'
import type { StepObject } from './object.js'

/** What is said of a reviewer; where nothing is, it is the file's, or `vault-auth/vault-reviewer`. */
export const reviewerMembers = (prefix?: string): StepField[] =>
  stepFields(reviewerSchema, { known: ['namespace', 'serviceAccount'], ...(prefix !== undefined && { prefix }) })

/** Where each client asks for itself there is none to be made. */
const withAccount = ({ options = [], ...field }: StepField): StepField => ({
  ...field,
  options: options.filter((mode) => mode !== 'client'),
})

/** The account, its binding, and a Secret for its token. */
export const reviewer: StepObject = {
  kinds: ['ServiceAccount', 'ClusterRoleBinding', 'Secret'],
  ensure: ['Namespace'],
  fields: reviewerMembers()
    .filter(({ name }) => name !== 'expiration')
    .map((field) => (field.name === 'token' ? withAccount(field) : field)),
  parts: (_name, section) => ({ auth: { reviewer: section }, sections: () => ({}) }),
}
