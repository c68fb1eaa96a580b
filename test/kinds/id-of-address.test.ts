import { expect, test } from '@jest/globals'
import { idOfAddress } from '../../src/kinds/id-of-address.js'
import { KINDS, type Address, type Json } from '../../src/kinds/index.js'

const ENGINES = ['kv', 'team/kv', 'db', 'transit']
const idOf = (kind: string, address: Address, mark?: Json) =>
  idOfAddress(address, { kind, ...(mark !== undefined && { mark }) }, ENGINES)

test.each<[kind: string, address: Address, mark: Json | undefined, id: object]>([
  ['AuthMount', 'vault:sys/auth/team/demo', {}, { mount: 'team/demo' }],
  ['EngineMount', 'vault:sys/mounts/team/kv', {}, { mount: 'team/kv' }],
  ['Policy', 'vault:sys/policies/acl/team/app', {}, { name: 'team/app' }],
  ['AuthRole', 'vault:auth/demo/role/app', {}, { mount: 'demo', name: 'app' }],
  ['AuthRole', 'vault:auth/a/role/b/role/app', {}, { mount: 'a/role/b', name: 'app' }],
  ['AuthJWTRole', 'vault:auth/demo/role/app', {}, { mount: 'demo', name: 'app' }],
  ['DatabaseConnection', 'vault:db/config/main', {}, { mount: 'db', name: 'main' }],
  ['DatabaseRole', 'vault:db/roles/app', {}, { mount: 'db', name: 'app' }],
  ['DatabaseStaticRole', 'vault:db/static-roles/app', {}, { mount: 'db', name: 'app' }],
  ['TransitKey', 'vault:transit/keys/app', {}, { mount: 'transit', name: 'app' }],
  // Its engine is off the record.
  ['TransitKey', 'vault:some/where/keys/app', {}, { mount: 'some/where', name: 'app' }],
  ['KVSecret', 'vault:team/kv/data/a/b', { version: '1' }, { mount: 'team/kv', path: 'a/b', version: 2 }],
  ['KVSecret', 'vault:kv/data/a', {}, { mount: 'kv', path: 'data/a', version: 1 }],
  ['KVSecret', 'vault:kv/app', {}, { mount: 'kv', path: 'app', version: 1 }],
  ['KVSecret', 'vault:kv/app', undefined, { mount: 'kv', path: 'app', version: 1 }],
])('%s at %s', (name, address, mark, id) => {
  expect(idOf(name, address, mark)).toEqual(id)
  // The same way back.
  expect(KINDS.find(({ kind }) => kind === name)?.address(id)).toBe(address)
})

test.each<[kind: string, address: Address, mark: Json | undefined]>([
  // Of which cluster?
  ['AuthConfig', 'vault:auth/demo/config', {}],
  ['AuthJWTConfig', 'vault:auth/demo/config', {}],
  // Where does the mount end?
  ['KVSecret', 'vault:gone/data/app', { version: '1' }],
  // Version 1 or 2?
  ['KVSecret', 'vault:kv/data/app', undefined],
  ['Policy', 'vault:sys/auth/x', {}],
  ['SomethingNew', 'vault:sys/auth/x', {}],
])('%s at %s with %j does not tell', (kind, address, mark) => {
  expect(idOf(kind, address, mark)).toBeUndefined()
})
