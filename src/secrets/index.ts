export { Secret } from './secret.js'
export { redact } from './redact.js'
export { secretSource, describeSource, type SecretSource } from './source.js'
export { createResolver, type SecretResolver } from './resolve.js'
