import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import { anyRoleFields, databaseRoleStep, databaseStaticRoleStep } from '../../operations/steps/database.js'
import type { StepObject } from '../../operations/steps/object.js'
import { mountAndName } from '../../operations/steps/target.js'
import { fieldFlags } from '../base/field-flags.js'
import { withVariables } from '../base/flags.js'
import { StepCommand, stepFlags } from '../base/step-command.js'

export default class DatabaseRole extends StepCommand {
  static override summary = 'Write a database role: how users are made for workloads, or whose password is rotated.'

  static override description = `Makes the role or changes it; fields that no flag speaks of stay as they are. A statement that begins with @ is read from that file.
Where the connection does not allow the role, it is told to if it is ours; otherwise the command that does is shown.
With --static the role is for a user that the database has: Vault takes over its password, mostly at once.`

  static override examples = [
    {
      description: 'A user for each workload that asks',
      command:
        '<%= config.bin %> database role postgres/app --connection main --creation @create.sql --revocation @drop.sql --default-ttl 1h --max-ttl 24h',
    },
    {
      description: 'A user that is there',
      command:
        '<%= config.bin %> database role postgres/reports --static --connection main --username reports --rotation-period 24h',
    },
  ]

  static override args = {
    role: Args.string({ required: true, ignoreStdin: true, description: 'MOUNT/NAME of the role.' }),
  }

  static override flags = {
    ...stepFlags,
    ...withVariables(
      { static: Flags.boolean({ description: 'For a user that the database has, whose password Vault rotates.' }) },
      'ICEBREAKER_DATABASE',
    ),
    ...fieldFlags(anyRoleFields, {}, 'ICEBREAKER_DATABASE'),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DatabaseRole)
    const { role } = args
    const object = flags.static ? databaseStaticRoleStep : databaseRoleStep
    requireFields(object, flags, flags.static)
    await this.step(object, role, flags, async (options) => {
      const { databaseRole } = await import('../../operations/database-role.js')
      const part = flags.static ? 'staticRoles' : 'roles'
      return databaseRole(options, { ...mountAndName(role, 'ROLE'), part })
    })
  }
}

/** A field of the other sort of role would be passed over in silence. */
function requireFields({ fields }: StepObject, flags: object, isStatic: boolean): void {
  const given = Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [flag]))
  const strange = anyRoleFields.find(({ flag }) => given.includes(flag) && !fields.some((field) => field.flag === flag))
  if (strange === undefined) return
  throw new IceError(USAGE.wrongUsage, {
    message: `--${strange.flag}: ${isStatic ? 'a static role has no such field.' : 'only a static role has this field: add --static.'}`,
  })
}
