export { proveCredential, tryLogin, type Credential, type Proof, type Target } from './prove.js'
export { INSPECTED, inspectUser, type Unseen, type UserFacts } from './inspect.js'
export { databaseUsers, type DatabaseUsers } from './users.js'
