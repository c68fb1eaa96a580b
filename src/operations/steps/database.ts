import { databaseConnectionFields, databaseConnectionSchema } from '../../kinds/database-connection-fields.js'
import { databaseRoleFields, databaseRoleSchema } from '../../kinds/database-role.js'
import { databaseStaticRoleFields, databaseStaticRoleSchema } from '../../kinds/database-static-role.js'
import { secretSourceOf, stepFields, type StepField } from '../step-fields.js'
import type { Section, StepObject } from './object.js'
import { mountAndName } from './target.js'

const STATEMENTS = ['creation', 'revocation', 'rollback', 'renewal', 'rotationStatements', 'rootRotationStatements']

const connectionFields = stepFields(databaseConnectionSchema, {
  // Where verify reaches the database: nothing of Vault's.
  omit: ['probeAddress'],
  verbatim: [...STATEMENTS, 'tlsCA'],
  table: { ...databaseConnectionFields, username: { api: 'username' }, password: { api: 'password' } },
})

/** A user's name is mostly no secret, so what is no SOURCE is the name itself. */
const asText = (field: StepField): StepField =>
  field.name === 'username'
    ? { ...field, type: 'text', description: 'As whom Vault logs in: the name, or a SOURCE as for the password' }
    : field

/** A database connection, in an engine that is mounted where it is missing. */
export const databaseConnectionStep: StepObject = {
  kinds: ['DatabaseConnection'],
  ensure: ['EngineMount'],
  fields: connectionFields.map(asText),
  needs: [
    { field: 'url', unless: ['options'] },
    { field: 'username', unless: ['options'] },
  ],
  parts(target, section) {
    const { mount, name } = mountAndName(target, 'CONNECTION')
    const { username, ...rest } = section
    const connection = { ...rest, ...(username !== undefined && { username: nameSource(username) }) }
    return { sections: () => ({ engines: { [mount]: { type: 'database', connections: { [name]: connection } } } }) }
  },
  existing: async (target, options) =>
    (await import('../database-connection.js')).existingConnection(mountAndName(target, 'CONNECTION'), options),
}

const nameSource = (said: unknown): unknown =>
  typeof said === 'string' && !/^(?:env|file|kubernetes|literal|generate|prompt)(?::|$)/.test(said)
    ? { literal: said }
    : typeof said === 'string'
      ? secretSourceOf(said)
      : said

const roleFields = stepFields(databaseRoleSchema, { table: databaseRoleFields, verbatim: STATEMENTS })
const staticFields = stepFields(databaseStaticRoleSchema, { table: databaseStaticRoleFields, verbatim: STATEMENTS })

/** A role whose users are made for the asking. */
export const databaseRoleStep: StepObject = {
  kinds: ['DatabaseRole'],
  fields: roleFields,
  needs: [{ field: 'creation', unless: [] }],
  parts: (target, section) => inEngine(target, 'roles', section),
  existing: async (target, options) =>
    (await import('../database-connection.js')).existingRole(mountAndName(target, 'ROLE'), 'roles', options),
}

/** A role for a user that the database has. */
export const databaseStaticRoleStep: StepObject = {
  kinds: ['DatabaseStaticRole'],
  fields: staticFields,
  needs: [{ field: 'rotationPeriod', unless: ['rotationSchedule'] }],
  parts: (target, section) => inEngine(target, 'staticRoles', section),
  existing: async (target, options) =>
    (await import('../database-connection.js')).existingRole(mountAndName(target, 'ROLE'), 'staticRoles', options),
}

function inEngine(target: string, part: 'roles' | 'staticRoles', section: Section) {
  const { mount, name } = mountAndName(target, 'ROLE')
  return { sections: () => ({ engines: { [mount]: { type: 'database', [part]: { [name]: section } } } }) }
}

/** What both sorts of role have as flags; of a field that both have, the choices of either. */
export const anyRoleFields: readonly StepField[] = [
  ...roleFields.map((field) => merged(field, staticFields)),
  ...staticFields.filter(({ flag }) => !roleFields.some((field) => field.flag === flag)),
]

function merged(field: StepField, others: readonly StepField[]): StepField {
  const other = others.find(({ flag }) => flag === field.flag)
  if (field.options === undefined || other?.options === undefined) return field
  return { ...field, options: [...new Set([...field.options, ...other.options])] }
}
