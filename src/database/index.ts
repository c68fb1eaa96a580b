export { proveCredential } from './prove.js'
