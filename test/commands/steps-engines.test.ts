import { expect, test } from '@jest/globals'
import type { Command } from '@oclif/core/command'
import DatabaseConfigure from '../../src/commands/database/configure.js'
import DatabaseRole from '../../src/commands/database/role.js'
import KvEnable from '../../src/commands/kv/enable.js'
import TransitEnable from '../../src/commands/transit/enable.js'
import TransitKey from '../../src/commands/transit/key.js'
import { databaseConnectionFields } from '../../src/kinds/database-connection-fields.js'
import { databaseRoleFields } from '../../src/kinds/database-role.js'
import { databaseStaticRoleFields } from '../../src/kinds/database-static-role.js'
import { kvConfigFields } from '../../src/kinds/kv-config.js'
import { engineMountFields } from '../../src/kinds/mount.js'
import { transitKeyFields } from '../../src/kinds/transit-key.js'
import { flagName } from '../../src/operations/step-fields.js'

const { type: _type, ...mount } = engineMountFields
const { version: _version, ...unversioned } = mount

test.each<[string, typeof Command, object]>([
  ['kv enable', KvEnable, { ...mount, ...kvConfigFields }],
  ['transit enable', TransitEnable, unversioned],
  ['transit key', TransitKey, transitKeyFields],
  ['database configure', DatabaseConfigure, { ...databaseConnectionFields, username: {}, password: {}, options: {} }],
  ['database role', DatabaseRole, { ...databaseRoleFields, ...databaseStaticRoleFields }],
])('%s has a flag for each field of its kind', (_, command, fields) => {
  expect(Object.keys(command.flags)).toEqual(expect.arrayContaining(Object.keys(fields).map(flagName)))
})
